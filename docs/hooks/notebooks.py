"""Executes the notebooks of docs/notebooks and makes pages of them, with outputs and a file to download.

With JAXGEN_NOTEBOOKS=plain in the environment they are shown without being executed.
"""

import os
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

FOLDER = Path(__file__).parent.parent / "notebooks"
AT_ONCE = 2  # each spends most of its time in compilation, on one core
LIMIT = 900  # seconds a cell
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_files(files, config):
    """Adds a page for each notebook, its figures, and the notebook itself."""
    notebooks = {text: jupytext.read(text) for text in sorted(FOLDER.glob("*.md"))}
    for text, notebook in notebooks.items():
        check_pair(notebook, text)
    if os.environ.get("JAXGEN_NOTEBOOKS") != "plain":
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(execute, notebooks.values(), [text.stem for text in notebooks]))
    for text, notebook in notebooks.items():
        for name, content in pages(notebook, text.stem):
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


def check_pair(notebook, text):
    """Raises unless the .ipynb beside the text has the same cells."""
    pair = text.with_suffix(".ipynb")
    ours, theirs = (
        [(cell.cell_type, cell.source) for cell in one.cells] for one in (notebook, nbformat.read(pair, 4))
    )
    if ours != theirs:
        raise PluginError(f"Expected the cells of {text} in {pair}; run jupytext --to ipynb {text}.")


def execute(notebook, name):
    """Runs all cells in an empty folder; an error in a cell ends the build."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        where = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=LIMIT, kernel_name="python3", resources=where).execute()
    print(f"Executed {name} in {time.monotonic() - started:.0f} s.", flush=True)


def pages(notebook, name):
    """Yields the files of a page: its Markdown, its figures and the notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
            for output in cell.outputs:
                readable(output)
    body, resources = MarkdownExporter().from_notebook_node(notebook, {"unique_key": name})
    link = f"[Download this notebook]({name}.ipynb), for Jupyter or Colab.\n\n"
    title, _, rest = body.partition("\n\n")
    yield f"{name}.md", f"{title}\n\n{link}{rest}"
    yield from resources["outputs"].items()
    yield f"{name}.ipynb", FOLDER.joinpath(f"{name}.ipynb").read_text(encoding="utf-8")


def joined(outputs):
    """The outputs of a cell, with text that was written in several pieces in one."""
    found = []
    for output in outputs:
        stream = output.get("name")
        if stream and found and found[-1].get("name") == stream:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def readable(output):
    """Keeps of text what a screen shows in the end; wraps HTML, which is not to be read as Markdown."""
    if output.output_type == "stream":
        lines = TERMINAL.sub("", output.text).rstrip().split("\n")
        output.text = "\n".join(line.rstrip("\r").rpartition("\r")[2].rstrip() for line in lines)
    html = output.get("data", {}).get("text/html")
    if html:
        output.data["text/html"] = f'<div class="output">{html}</div>'
