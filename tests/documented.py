"""Runs the examples of pages of the documentation, shortened, in the folder where it is called.

    python tests/documented.py --digits=digits.dat docs/pages/start.md docs/pages/guides/python.md

Needs nothing but an installed jaxgen: this is how the wheel is tried out.
"""

import argparse
import re
from pathlib import Path

STEPS = 12
LONG = ("20_000", "6_000")
"""Numbers of updates that the pages give."""


def code(page: Path) -> str:
    """All blocks that stand behind <!-- run -->, with few updates."""
    blocks = re.findall(r"<!-- run -->\n```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks, f"no examples in {page}"
    text = "\n".join(blocks)
    for number in LONG:
        text = text.replace(f"steps={number}", f"steps={STEPS}")
    return text


def run(page: Path, digits: Path) -> dict:
    """What the examples leave behind; digits.dat is the file given."""
    found: dict = {}
    exec(compile(code(page).replace("digits.dat", str(digits)), str(page), "exec"), found)
    return found


def main() -> None:
    """The command of this file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--digits", type=Path, required=True)
    parser.add_argument("pages", type=Path, nargs="+")
    given = parser.parse_args()
    for page in given.pages:
        left = run(page.resolve(), given.digits.resolve())
        print(left["run"], left["scores"], left["generator"], left["events"].shape, sep="\n")


if __name__ == "__main__":
    main()
