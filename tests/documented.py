"""Runs the examples of a page of the documentation, shortened, in the folder where it is called.

    python tests/documented.py docs/python.md digits.dat

Needs nothing but an installed jaxgen: this is how the wheel is tried out.
"""

import re
import sys
from pathlib import Path

STEPS = 12


def code(page: Path) -> str:
    """All blocks that stand behind <!-- run -->, with few updates."""
    blocks = re.findall(r"<!-- run -->\n```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks, f"no examples in {page}"
    return "\n".join(blocks).replace("20_000", str(STEPS))


def run(page: Path, data: Path) -> dict:
    """What the examples leave behind."""
    found: dict = {}
    exec(compile(code(page).replace("digits.dat", str(data)), str(page), "exec"), found)
    return found


if __name__ == "__main__":
    left = run(*(Path(name).resolve() for name in sys.argv[1:3]))
    print(left["run"], left["scores"], left["generator"], left["events"].shape, sep="\n")
