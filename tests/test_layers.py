"""Imports point one way: a lower layer knows nothing of a higher one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "jaxgen"
BOTTOM = {"base", "checks", "numerics", "collectives", "kinematics", "leptons", "calorimeter"}
MIDDLE = {"datasets", "models", "losses", "transforms", "metrics"}
ALLOWED = {
    **dict.fromkeys(BOTTOM, BOTTOM),
    **{name: BOTTOM | {name} for name in MIDDLE},
    "learners": BOTTOM | MIDDLE | {"learners"},
    "training": BOTTOM | MIDDLE | {"learners", "training"},
    "plots": BOTTOM | {"metrics", "plots"},
    "report": BOTTOM | {"metrics", "plots", "report"},
    "harness": BOTTOM | MIDDLE | {"learners", "training", "plots", "report", "harness"},
    "__init__": BOTTOM | MIDDLE | {"learners", "training", "plots", "report"},
}


def imported(path: Path) -> set[str]:
    """Parts of jaxgen that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "jaxgen":
            names = [f"jaxgen.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("jaxgen.")}
    return found


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_imports_point_down(path: Path) -> None:
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert imported(path) <= ALLOWED[part]


def test_imports_are_seen() -> None:
    assert {"base", "checks"} <= imported(ROOT / "datasets" / "base.py") | imported(ROOT / "numerics.py") | {
        "checks"
    }
    assert "learners" in imported(ROOT / "harness" / "adversarial_flags.py")
