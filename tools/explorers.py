"""Take the Explorers out of a notebook, with the imports and helpers that they stand on, and nothing else."""

import json

from tools.structure import lesson_paths

NOTEBOOKS = lesson_paths()


def explorers_of(path):
    """Return the Explorers that a notebook's cells make, by cell id."""
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names = {}
    exec(source_of(cells[0]), names)
    explorers = {}
    for cell in cells[1:]:
        if any(tag.startswith("source:") for tag in cell["metadata"].get("tags", [])):
            exec(source_of(cell), names)
        elif source_of(cell).startswith("Explorer("):
            explorers[cell["id"]] = eval(source_of(cell), names)
    return explorers


def source_of(cell):
    return "".join(cell["source"])
