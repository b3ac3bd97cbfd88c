"""What a notebook is, to every tool: one reader, one writer, and a view of cells for the rules."""

import ast
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from itertools import count

import nbformat

from tools.course import NotebookError
from tools.course.code import parsed

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# The language alone would do for a kernel; by the other two, nbconvert --to script writes a .py file.
LANGUAGE_INFO = {"file_extension": ".py", "name": "python", "nbconvert_exporter": "python"}
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Cell:
    """One cell; `number` counts all cells from 1."""

    number: int
    kind: str
    source: str
    id: str
    metadata: dict
    outputs: list
    execution_count: int | None

    @property
    def tags(self):
        return self.metadata.get("tags", [])

    @property
    def tree(self):
        """The syntax tree of a code cell; of another cell, or of one that does not parse, an empty one."""
        try:
            return parsed(self.source if self.kind == "code" else "")
        except SyntaxError:
            return ast.Module([], [])


@dataclass(frozen=True)
class Notebook:
    """A notebook; `name` is its file's name and `size` the file's bytes."""

    name: str
    cells: list
    metadata: dict
    size: int = 0

    @property
    def code_cells(self):
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def markdown_cells(self):
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def at(self, cell):
        return f"{self.name}, cell {cell.number}"

    def after(self, cell):
        """Return the cell that follows `cell`, or None."""
        return self.cells[cell.number] if cell.number < len(self.cells) else None


def notebook_from(name, content, size=0):
    """Return the view of a notebook as nbformat reads it."""
    fields = {"source": "", "id": "", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [
        Cell(number, cell["cell_type"], *(cell.get(field, missing) for field, missing in fields.items()))
        for number, cell in enumerate(content["cells"], start=1)
    ]
    return Notebook(name, cells, content.get("metadata", {}), size)


def read_notebook(path):
    """Return the view of the notebook in `path`."""
    return notebook_from(path.name, read(path), path.stat().st_size)


# From a file to a notebook with stable ids, and back.


def read(path):
    """Return the notebook in `path` as it stands there, lines joined: what is wrong with an id, the rules tell."""
    return nbformat.reader.reads(path.read_text(encoding="utf-8"))  # nbformat.read would give new ids to such cells


def read_valid(path):
    """Return the notebook in `path` in format 4.5, every code cell non-empty and every cell with an id."""
    try:
        notebook = read(path)
        if notebook.get("nbformat") != 4:
            raise NotebookError(f"{path.name}: notebook format 4 is needed; got {notebook.get('nbformat')}")
        give_ids(notebook.cells)
        notebook.nbformat_minor = 5
        nbformat.validate(notebook)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path.name}: {error}") from error
    refuse_empty_cells(notebook, path.name)
    return notebook


def give_ids(cells):
    """Keep each cell's id; make a missing, unfit or repeated one from the source, alike on every machine."""
    seen = set()
    for cell in cells:
        identity = cell.get("id", "")
        if not CELL_ID.fullmatch(identity) or identity in seen:
            identity = new_id(cell["source"], seen)
        cell["id"] = identity
        seen.add(identity)


def new_id(source, taken):
    """Return an id that depends on `source` and is not in `taken`."""
    made = (hashlib.sha256(f"{number} {source}".encode()).hexdigest()[:8] for number in count())
    return next(identity for identity in made if identity not in taken)


def refuse_empty_cells(notebook, name):
    """Raise NotebookError for a code cell without code: it would have no execution count."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and not cell.source.strip():
            raise NotebookError(f"{name}, cell {number}: an empty code cell; delete it or fill it")


def written(notebook):
    """Return the text of the file that stores `notebook`."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def replace_file(path, text):
    """Write `text` to `path` in one step, so that an interrupted run leaves the old file whole."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


# What a cell shows.

PNG = "image/png"


def texts(outputs):
    """Return the texts among a cell's outputs, as nbval compares them."""
    return [output.get("text", output.get("data", {}).get("text/plain", "")) for output in outputs]


def pictures(outputs):
    """Return those of a cell's outputs that hold a PNG."""
    return [output for output in outputs if PNG in output.get("data", {})]
