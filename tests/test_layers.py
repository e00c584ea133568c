"""Imports point one way: core <- systems <- run, cli; no system knows another; absl is at home in cli."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "jaxgen"
BOTTOM = {
    "base",
    "checks",
    "numerics",
    "collectives",
    "settings",
    "display",
    "manifest",
    "hardware",
    "extras",
    "screen",
}
TOOLS = BOTTOM | {"ops", "data", "physics"}
MODELS = TOOLS | {"models", "losses", "transforms", "learners"}
CORE = MODELS | {"metrics", "plots", "reports", "training", "system", "recipe"}
ALLOWED = {
    **dict.fromkeys(BOTTOM, BOTTOM),
    **{name: BOTTOM | {name} for name in ("ops", "physics")},
    "data": TOOLS | {"plots"},
    **{name: TOOLS | {name} for name in ("models", "losses", "transforms")},
    "learners": MODELS,
    "training": TOOLS | {"training"},
    "metrics": TOOLS | {"metrics"},
    "plots": TOOLS | {"metrics", "plots"},
    "reports": TOOLS | {"metrics", "plots", "reports"},
    "system": TOOLS | {"metrics", "plots", "recipe", "system"},
    "recipe": TOOLS | {"system"},
    "systems": CORE | {"systems"},
    "run": CORE | {"systems", "run"},
    "cli": CORE | {"systems", "run", "cli"},
    "__init__": CORE | {"run"},
    "__main__": {"cli"},
}
"""Parts of jaxgen that a part may import, anywhere in its files."""


def imported(source: str) -> set[str]:
    """Names of all modules that a source imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def parts(source: str) -> set[str]:
    """Parts of jaxgen among them."""
    return {name.split(".")[1] for name in imported(source) if name.startswith("jaxgen.")}


def systems(source: str) -> set[str]:
    """Detectors among them."""
    names = (name.split(".") for name in imported(source) if name.startswith("jaxgen.systems."))
    return {name[2] for name in names} & {path.name for path in (ROOT / "systems").iterdir()}


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


FILES = sorted(ROOT.rglob("*.py"))
every_file = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])


@every_file
def test_imports_point_down(path: Path) -> None:
    assert parts(read(path)) <= ALLOWED[part_of(path)]


@every_file
def test_a_detector_is_known_to_itself_alone(path: Path) -> None:
    inside = path.relative_to(ROOT).parts
    own = {inside[1]} if inside[0] == "systems" and len(inside) > 2 else set()
    assert systems(read(path)) <= own


@every_file
def test_absl_is_at_home_in_the_command_line(path: Path) -> None:
    names = {name.split(".")[0] for name in imported(read(path))}
    assert "absl" not in names or part_of(path) == "cli"


def test_pmap_has_one_home() -> None:
    assert {path.name for path in FILES if "jax.pmap(" in read(path)} == {"parallel.py"}


def test_every_part_has_its_place() -> None:
    assert {part_of(path) for path in FILES} == set(ALLOWED)


@pytest.mark.parametrize(
    ("source", "found_parts", "found_systems"),
    [
        ("from jaxgen.systems.tpc_pads import data", {"systems"}, {"tpc_pads"}),
        ("def f():\n    import jaxgen.systems.calorimeter.cells", {"systems"}, {"calorimeter"}),
        ("from jaxgen.systems import four_leptons", {"systems"}, {"four_leptons"}),
        ("from jaxgen import learners, data", {"learners", "data"}, set()),
        ("from jaxgen.systems import get", {"systems"}, set()),
    ],
)
def test_forbidden_imports_are_seen(source, found_parts, found_systems) -> None:
    """The tests above can fail."""
    assert parts(source) == found_parts
    assert systems(source) == found_systems
    assert not parts("from jaxgen.systems.tpc_pads import data") <= ALLOWED["metrics"]
    assert "absl" in {name.split(".")[0] for name in imported("from absl import flags")}
