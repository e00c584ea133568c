"""The pages say what is there: examples run, excerpts are from the files they name, links lead somewhere."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("pages/**/*.md")), *sorted(DOCS.glob("notebooks/*.md"))]


def excerpts() -> list:
    found = []
    for page in PAGES:
        for name, text in re.findall(
            r"<!-- from: (\S+) -->\n```python\n(.*?)```", page.read_text(), re.DOTALL
        ):
            found.append(pytest.param(name, text, id=f"{page.stem}-{name}-{len(found)}"))
    return found


@pytest.mark.parametrize(("name", "text"), excerpts())
def test_excerpts_are_from_the_files_they_name(name, text):
    """But for their indentation."""
    plain, file = ("".join(part.split()) for part in (text, (ROOT / name).read_text()))
    assert plain in file


def test_links_lead_to_files():
    """Those of the site are checked when it is built, but for the pages that are made of notebooks."""
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text())]
    places = [(page.parent / link).resolve() for page, link in links]
    made = {DOCS / "pages" / "notebooks" / text.name for text in DOCS.glob("notebooks/*.md")}
    assert [place for place in places if not place.exists() and place not in made] == []


def test_a_notebook_and_its_text_have_the_same_cells():
    """The text is what is written; the notebook is made of it, for Colab."""
    for text in sorted(DOCS.glob("notebooks/*.md")):
        cells = json.loads(text.with_suffix(".ipynb").read_text())["cells"]
        written = re.findall(r"```python\n(.*?)\n```", text.read_text(), re.DOTALL)
        assert ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"] == written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_are_named_are_there(page):
    text = page.read_text()
    named = re.findall(
        r"`((?:jaxgen|models|learners|training|transforms|losses|ops|metrics)/[a-z_0-9/]+\.py)`", text
    )
    missing = [name for name in named if not ((ROOT / name).exists() or (ROOT / "jaxgen" / name).exists())]
    assert not missing
