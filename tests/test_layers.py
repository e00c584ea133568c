"""Imports point one way: a lower layer knows nothing of a higher one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "jaxgen"
BOTTOM = {"base", "checks", "numerics", "collectives"}
TOOLS = BOTTOM | {"ops", "data", "physics"}
MIDDLE = {"models", "losses", "transforms", "metrics", "systems"}
ALLOWED = {
    **dict.fromkeys(BOTTOM, BOTTOM),
    **{name: BOTTOM | {name} for name in ("ops", "data", "physics")},
    **{name: TOOLS | {name} for name in ("models", "losses", "transforms")},
    "metrics": TOOLS | {"metrics", "systems"},
    "learners": TOOLS | MIDDLE | {"learners"},
    "training": TOOLS | MIDDLE | {"learners", "training"},
    "plots": TOOLS | {"metrics", "plots", "systems"},
    "report": TOOLS | {"metrics", "plots", "report"},
    "systems": TOOLS | MIDDLE | {"learners", "plots", "cli"},
    "run": TOOLS | MIDDLE | {"learners", "training", "plots", "report", "run", "cli"},
    "cli": TOOLS | MIDDLE | {"learners", "training", "plots", "report", "run", "cli"},
    "__init__": TOOLS | MIDDLE | {"learners", "training", "plots", "report"},
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
    assert "learners" in imported(ROOT / "cli" / "adversarial_flags.py")
    assert "systems" not in ALLOWED["ops"]
