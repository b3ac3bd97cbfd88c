"""What lies in submitted/: read, put right where it can be, or refused with a line that says what to do."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

LARGEST_FILE = 200 * 1024**2  # bytes
LONGEST_CELL = 100_000  # characters


class Refused(Exception):
    """A submission that cannot be graded as it is; the message says what to do."""


@dataclass
class Submission:
    """One student's notebook, ready to be graded; `notes` say what was put right on the way."""

    student: str
    path: Path
    notebook: object
    notes: list = field(default_factory=list)


def students(submitted):
    """Return the names of the folders in submitted/, whatever they hold."""
    if not submitted.is_dir():
        return []
    return sorted(folder.name for folder in submitted.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def read(folder, student, source):
    """Return the Submission in submitted/STUDENT/ASSIGNMENT, or raise Refused.

    Parameters
    ----------
    folder : Path
    student : str
    source : Source
        The assignment as the instructor has it.
    """
    path, notes = find(folder, source.name)
    notebook = parsed(path, notes)
    check_assignment(notebook, source, path)
    put_right(notebook, source, notes)
    return Submission(student, path, notebook, notes)


def find(folder, assignment):
    """Return the notebook's file and what must be said of its name."""
    wanted = folder / f"{assignment}.ipynb"
    if any(path.is_symlink() for path in (folder.parent, folder, *folder.glob("*"))):
        raise Refused(f"{folder.parent.name}/{folder.name} holds a link to somewhere else: ask for the file itself")
    if wanted.is_file():
        return wanted, []
    if not folder.is_dir():
        raise Refused(f"nothing was handed in: there is no folder {folder.parent.name}/{folder.name}")
    found = sorted(path for path in folder.rglob("*.ipynb") if not path.name.startswith("."))
    found = [path for path in found if ".ipynb_checkpoints" not in path.parts]
    if not found:
        raise Refused(f"no notebook in {folder.parent.name}/{folder.name}: ask for {wanted.name}")
    if len(found) > 1:
        listed = ", ".join(str(path.relative_to(folder)) for path in found)
        raise Refused(f"none of its notebooks is called {wanted.name}: {listed}. Rename the one that counts")
    return found[0], [f"graded {found[0].name}, which should be called {wanted.name}"]


def parsed(path, notes):
    """Return the notebook in `path`, in the present format, its code cells without outputs."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise Refused(
            f"{path.name} is of {size / 1e6:.0f} MB: ask for it with its outputs cleared (Edit, Clear Outputs)"
        )
    content = json_in(path, notes)
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise Refused(f"{path.name} is no notebook: ask for it again")
    try:
        for cell in content.get("cells", []):
            if cell.get("cell_type") == "code":
                cell["outputs"], cell["execution_count"] = [], None
        without_ids_twice(content.get("cells", []))
        notebook = nbformat.reads(json.dumps(content), as_version=4)
        notebook.nbformat_minor = 5
        without_ids_twice(notebook.cells)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds for a file that is no notebook
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Refused(f"{path.name} is a damaged notebook ({first[:100]}): ask for it again") from None
    return notebook


def json_in(path, notes):
    """Return the parsed JSON of a file in UTF-8, UTF-16, UTF-32, with a mark or without, or Windows' Latin letters."""
    raw = path.read_bytes()
    if not raw.strip():
        raise Refused(f"{path.name} is empty: ask for it again")
    for encoding in (json.detect_encoding(raw), "cp1252"):
        try:
            content = json.loads(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError) as error:
            raise Refused(f"{path.name} is no notebook, or only a part of one ({error}): ask for it again") from None
        if encoding not in ("utf-8", "utf-8-sig"):
            notes.append(f"read as {encoding}; notebooks are UTF-8")
        return content
    raise Refused(f"{path.name} is in an encoding that cannot be told: ask for it again, saved by Jupyter")


def without_ids_twice(cells):
    """Give a new id to each cell that has none, or another cell's."""
    seen = set()
    for number, cell in enumerate(cells):
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = f"cell-{number}"
        seen.add(cell["id"])


def grade_id(cell):
    nbgrader = cell.metadata.get("nbgrader")
    return nbgrader.get("grade_id", "") if isinstance(nbgrader, dict) else ""


def check_assignment(notebook, source, path):
    """Refuse another assignment's notebook, and one whose cells have lost the marks by which they are known."""
    ids = {grade_id(cell) for cell in notebook.cells} & set(source.marked)
    if not ids:
        raise Refused(
            f"{path.name} has none of the cells of {source.name}: is it another notebook, or not made from release/? "
            "Ask for the one that was handed out"
        )


def put_right(notebook, source, notes):
    """Make `notebook` one in which every marked cell of the source stands once, in the source's order for graded cells.

    Of a cell that stands twice the last is the marked one, and the others run as cells of the student's own. A graded
    cell that is missing is put back. An answer cell that is missing stays missing, and is told.
    """
    seen = set()
    for cell in reversed(notebook.cells):
        name = grade_id(cell)
        if not name:
            cell.metadata.pop("nbgrader", None)
            continue
        if name in seen or name not in source.marked:
            if name in seen:
                notes.append(f"the cell {name} stands more than once; the last one counts")
            cell.metadata.pop("nbgrader")
            continue
        seen.add(name)
        cell.metadata["nbgrader"] = dict(source.marked[name].metadata["nbgrader"])
        if cell.cell_type != source.marked[name].cell_type:
            notes.append(f"the cell {name} had been changed into {cell.cell_type}")
            become(cell, source.marked[name].cell_type)
    for name, original in source.marked.items():
        if name in seen:
            continue
        if original.metadata["nbgrader"]["grade"]:
            notebook.cells.append(nbformat.from_dict(original))
        else:
            notes.append(f"the answer cell {name} is missing; a name that another cell defines counts all the same")
    for cell in notebook.cells:
        if len(cell.source) > LONGEST_CELL:
            notes.append(f"a cell of {len(cell.source):,} characters was cut")
            cell.source = cell.source[:LONGEST_CELL]


def become(cell, kind):
    """Turn a cell into a code cell, or out of one."""
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
