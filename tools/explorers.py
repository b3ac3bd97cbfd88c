"""Take the Explorers out of a notebook, with the imports and helpers that they stand on, and nothing else."""

import json

from tools.structure import lesson_paths

NOTEBOOKS = lesson_paths()


def explorer_cells(path):
    """Return a lesson's Explorer cells, by cell id: the code that must run before, and the cell's own."""
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    before = [source_of(cells[0])]
    found = {}
    for cell in cells[1:]:
        if any(tag.startswith("source:") for tag in cell["metadata"].get("tags", [])):
            before.append(source_of(cell))
        elif source_of(cell).startswith("Explorer("):
            found[cell["id"]] = "\n\n".join(before), source_of(cell)
    return found


def explorers_of(path):
    """Return the Explorers that a lesson's cells make, by cell id."""
    explorers = {}
    for name, (before, source) in explorer_cells(path).items():
        names = {}
        exec(before, names)
        explorers[name] = eval(source, names)
    return explorers


def source_of(cell):
    return "".join(cell["source"])
