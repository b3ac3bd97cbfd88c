"""What lies in submitted/: found, read, put right where it can be, or refused with a line that says what to do."""

import json
import os
import re
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from tools.course.notebook import CELL_ID, give_ids
from tools.grading.text import printable, without_surrogates

LARGEST_FILE = 200 * 1024**2  # bytes of a notebook
LARGEST_FILES = 1024**2  # bytes of all that lies beside it
LONGEST_CELL = 100_000  # characters
MOST_ENTRIES = 2_000  # files and folders of one student that are looked at
NOTEBOOKS = (".ipynb", ".ipynb.json", ".ipynb.txt")  # as browsers and mail programs rename them
TIMESTAMP = "timestamp.txt"  # nbgrader's: when it was handed in
LEFT_BY_SYSTEMS = ("__MACOSX", "__pycache__")
NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class Refused(Exception):
    """A submission that cannot be graded as it is; the message says what to do."""


@dataclass
class Found:
    """A file that may be a submission: where it lies, as a text, and what is in it."""

    label: str
    name: str
    raw: bytes = field(repr=False)
    files: dict = field(default_factory=dict, repr=False)  # what lies beside it: {name: content}


@dataclass
class Submission:
    """One student's notebook, ready to be graded; `notes` say what was put right on the way."""

    student: str
    notebook: object
    files: dict = field(default_factory=dict, repr=False)
    notes: list = field(default_factory=list)


def students(submitted):
    """Return the names of what lies in submitted/: a folder for each student, if all is as it should be."""
    if not submitted.is_dir():
        return []
    return sorted(path.name for path in submitted.iterdir() if is_looked_at(path.name))


def read(submitted, student, source, found=None, notes=None):
    """Return the Submission of a student, or raise Refused.

    Parameters
    ----------
    submitted : Path
        The folder submitted/.
    student : str
        The name of a folder in it.
    source : Source
        The assignment as the instructor has it.
    found : Found, optional
        What `find` has returned, with its `notes`.
    """
    if found is None:
        found, notes = find(submitted, student, source)
    notebook = parsed(found, notes)
    check_assignment(notebook, source, found)
    put_right(notebook, source, notes)
    return Submission(student, notebook, found.files, notes)


# Finding it: in its place, or where it was put instead.


def find(submitted, student, source):
    """Return the Found that is a student's submission, and notes on where and how it lay."""
    place = submitted / student
    if place.is_symlink():
        raise Refused(f"submitted/{student} is a link to somewhere else: ask for the files themselves")
    if not place.is_dir():
        raise Refused(
            f"{student} lies straight in submitted/, so whose it is cannot be known: put it into "
            f"submitted/STUDENT/{source.name}/"
        )
    own = place / source.name
    seen = look_into(own) if own.is_dir() or own.is_symlink() else []
    if not seen:
        seen = loose_in(place, source.name, {path.name for path in submitted.parent.glob("source/*/")})
    notebooks = [path for path in seen if is_notebook(path.name)]
    zips = [path for path in seen if path.suffix.lower() == ".zip"]
    candidates = [found_in(path, submitted) for path in notebooks]
    if not candidates:
        candidates = [found for path in zips for found in found_in_zip(path, submitted)]
    if not candidates:
        raise Refused(nothing_found(place, own, seen, source))
    chosen = chosen_of(candidates, source)
    wanted = f"submitted/{student}/{source.name}/{source.name}.ipynb"
    notes = [] if chosen.label == wanted else [f"found as {chosen.label.removeprefix(f'submitted/{student}/')}"]
    return chosen, notes


def look_into(folder):
    """Return the files in a folder and below it; raise Refused at a link, which may lead anywhere."""
    found, entries = [], 0
    if folder.is_symlink():
        raise Refused(f"{folder.parent.name}/{folder.name} is a link to somewhere else: ask for the file itself")
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if is_looked_at(name))
        for name in sorted([*names, *folders]):
            entries += 1
            mode = os.lstat(os.path.join(place, name)).st_mode
            if stat.S_ISLNK(mode):
                raise Refused(
                    f"{folder.parent.name}/{folder.name} holds a link to somewhere else: ask for the file itself"
                )
            if stat.S_ISREG(mode) and is_looked_at(name):
                found.append(Path(place, name))
        if entries > MOST_ENTRIES:
            raise Refused(
                f"{folder.parent.name}/{folder.name} holds more than {MOST_ENTRIES} files: ask for one notebook"
            )
    return found


def loose_in(place, assignment, others):
    """Return what a student handed in beside the assignments' own folders, as far as it can be this assignment."""
    seen = [(path, path.relative_to(place).parts) for path in look_into(place)]
    return [path for path, parts in seen if not any(parts[0].startswith(other) for other in others - {assignment})]


def is_looked_at(name):
    return not name.startswith(".") and name not in LEFT_BY_SYSTEMS


def is_notebook(name):
    return name.lower().endswith(NOTEBOOKS)


def found_in(path, submitted):
    """Return the Found that a file makes."""
    label = f"submitted/{path.relative_to(submitted)}"
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise Refused(
            f"{path.name} is of {size / 1e6:.0f} MB: ask for it with its outputs cleared (Edit, Clear Outputs)"
        )
    return Found(label, path.name, path.read_bytes(), small_files(path.parent, is_kept_beside))


def small_files(folder, is_kept):
    """Return the files in a folder that are kept by their names, {name: content}, as long as all are small."""
    found, left = {}, LARGEST_FILES
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size <= left and is_kept(path.name):
            found[path.name] = path.read_bytes()
            left -= status.st_size
    return found


def is_kept_beside(name):
    return bool(re.fullmatch(r"\w[\w .-]*", name)) and not is_notebook(name) and not name.lower().endswith(".zip")


def found_in_zip(path, submitted):
    """Return the notebooks in a zip file, and what lies beside them there. Nothing is unpacked."""
    label = f"submitted/{path.relative_to(submitted)}"
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist()[:MOST_ENTRIES] if not member.is_dir()]
            members = [member for member in members if all(map(is_looked_at, PurePosixPath(member.filename).parts))]
            read, left = {}, LARGEST_FILE
            for member in members:
                name = PurePosixPath(member.filename)
                largest = left if is_notebook(name.name) else min(left, LARGEST_FILES)
                with archive.open(member) as file:
                    content = file.read(largest + 1)
                if len(content) <= largest:
                    read[name] = content
                    left -= len(content)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as problem:
        raise Refused(f"{path.name} cannot be unpacked ({problem}): ask for the notebook itself") from None
    return [
        Found(f"{label}/{name}", name.name, content, beside_in_zip(name, read))
        for name, content in read.items()
        if is_notebook(name.name)
    ]


def beside_in_zip(name, read):
    return {
        other.name: content
        for other, content in read.items()
        if other.parent == name.parent and is_kept_beside(other.name) and len(content) <= LARGEST_FILES
    }


def chosen_of(candidates, source):
    """Return the one of several notebooks that counts; raise Refused where that is in doubt."""
    wanted = f"{source.name}.ipynb"
    named = [found for found in candidates if found.name.lower() == wanted.lower()]
    highest = min((found.label.count("/") for found in named), default=0)
    for group in ([found for found in named if found.label.count("/") == highest], named, candidates):
        if len({found.raw for found in group}) == 1:
            return group[0]
    ours = [found for found in candidates if belongs(found, source)]
    if len({found.raw for found in ours}) == 1:
        return ours[0]
    listed = ", ".join(found.label.split("/", 2)[-1] for found in candidates[:5])
    raise Refused(f"which of these notebooks counts? {listed}. Rename that one to {wanted}, or remove the others")


def belongs(found, source):
    """Say whether a file is a notebook with cells of this assignment."""
    try:
        return bool({name_of(cell, source) for cell in parsed(found, []).cells} & set(source.marked))
    except Refused:
        return False


def nothing_found(place, own, seen, source):
    """Return what to say where there is no notebook: what is there instead, and what to ask for."""
    where = f"submitted/{place.name}/{source.name}" if own.is_dir() else f"submitted/{place.name}"
    if not seen and not own.is_dir():
        return f"nothing was handed in: there is no folder {place.name}/{source.name}"
    there = ", ".join(str(path.relative_to(place)) for path in seen[:5]) or "nothing"
    return f"no notebook in {where} (found: {there}): ask for {source.name}.ipynb"


# Reading it.


def parsed(found, notes):
    """Return the notebook in a file, made of its cells' kinds, sources and marks, and of nothing else."""
    content = json_in(found, notes)
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise Refused(f"{found.name} is no notebook: ask for it again")
    odd = set()
    cells = [cell for item in cells_in(content, found) if (cell := cell_from(item, odd)) is not None]
    if odd:
        notes.append(f"not as a notebook should be, and read all the same: {', '.join(sorted(odd))}")
    give_ids(cells)
    return new_notebook(cells=cells)


def json_in(found, notes):
    """Return the parsed JSON of a file in UTF-8, UTF-16, UTF-32, with a mark or without, or Windows' Latin letters."""
    if not found.raw.strip():
        raise Refused(f"{found.name} is empty: ask for it again")
    for encoding in (json.detect_encoding(found.raw), "cp1252"):
        try:
            content = json.loads(found.raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError) as problem:
            raise Refused(f"{found.name} is no notebook, or only a part of one ({problem}): ask for it again") from None
        if encoding not in ("utf-8", "utf-8-sig"):
            notes.append(f"read as {encoding}; notebooks are UTF-8")
        return content
    raise Refused(f"{found.name} is in an encoding that cannot be recognized: ask for it again, saved by Jupyter")


def cells_in(content, found):
    """Return the cells of a notebook's JSON, of the present format or of one before it."""
    if content["nbformat"] < 4:
        sheets = content.get("worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    else:
        lists = [content.get("cells")]
    if not lists or not all(isinstance(cells, list) for cells in lists):
        raise Refused(f"{found.name} is a damaged notebook (it has no list of cells): ask for it again")
    return [cell for cells in lists for cell in cells]


def cell_from(item, odd):
    """Return a clean cell with the source and the mark of one in a notebook's JSON; None where that is no cell."""
    if not isinstance(item, dict):
        odd.add("something that is no cell")
        return None
    kind = item.get("cell_type")
    if not isinstance(kind, str) or kind not in NEW_CELL:
        odd.add(f"a cell of the kind {str(kind)[:20]!r}")
        kind = "raw"
    source = item.get("source", item.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        odd.add("a cell whose source is no text")
        source = ""
    if (clean := without_surrogates(source)) != source:
        odd.add("halves of characters")
        source = clean
    if kind != "code" and (item.get("outputs") or item.get("execution_count") is not None):
        odd.add(f"a {kind} cell with outputs")
    cell = NEW_CELL[kind](source)
    identity = item.get("id")
    if isinstance(identity, str) and CELL_ID.fullmatch(identity):
        cell.id = identity
    else:
        cell.id = ""
        if identity is not None:
            odd.add("a cell whose id has another form")
    metadata = item.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(mark, dict) and isinstance(mark.get("grade_id"), str):
        cell.metadata["nbgrader"] = {"grade_id": without_surrogates(mark["grade_id"])}
    attachments = item.get("attachments")
    if kind == "markdown" and isinstance(attachments, dict) and is_attachments(attachments):
        cell["attachments"] = attachments
    return cell


def is_attachments(attachments):
    """Say whether these are pictures in a markdown cell, as nbformat wants them."""
    try:
        nbformat.validate(new_notebook(cells=[new_markdown_cell(attachments=attachments)]))
        json.dumps(attachments, ensure_ascii=False).encode()
    except Exception:  # nbformat raises many kinds
        return False
    return True


# Putting it right.


def mark_of(cell):
    """Return the name by which nbgrader knows a cell, "" for one of the student's own."""
    mark = cell.metadata.get("nbgrader")
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return name if isinstance(name, str) else ""


def name_of(cell, source):
    """Return the name of the source's cell that this one is, by its mark or, without one, by its id."""
    if mark := mark_of(cell):
        return mark
    return source.by_id.get(cell.get("id"), "")


def check_assignment(notebook, source, found):
    """Refuse another assignment's notebook, and one whose cells have lost the marks by which they are known."""
    if not {name_of(cell, source) for cell in notebook.cells} & set(source.marked):
        raise Refused(
            f"{found.name} has none of the cells of {source.name}: is it another notebook, or not made from release/? "
            "Ask for the one that was handed out"
        )


def put_right(notebook, source, notes):
    """Make `notebook` one in which every marked cell of the source stands once, in the source's order for graded cells.

    Of a cell that stands twice the last is the marked one, and the others run as cells of the student's own. A graded
    cell that is missing is put back, and so is the import cell. An answer cell that is missing stays missing, and is
    noted.
    """
    seen = set()
    for cell in reversed(notebook.cells):
        name = name_of(cell, source)
        cell.metadata.pop("nbgrader", None)
        if name in seen:
            notes.append(f"the cell {name} stands more than once; the last one counts")
        if name in seen or name not in source.marked:
            continue
        seen.add(name)
        original = source.marked[name]
        cell.metadata["nbgrader"] = dict(original.metadata["nbgrader"])
        if cell.cell_type != original.cell_type:
            notes.append(f"the cell {name} had been changed into {cell.cell_type}")
            become(cell, original.cell_type)
    if "kernelspec" in source.notebook.metadata:
        notebook.metadata["kernelspec"] = dict(source.notebook.metadata["kernelspec"])
    put_back(notebook, source, seen, notes)
    for cell in notebook.cells:
        if len(cell.source) > LONGEST_CELL:
            notes.append(f"a cell of {len(cell.source):,} characters was cut")
            cell.source = cell.source[:LONGEST_CELL]
    notes[:] = [printable(note) for note in notes]


def put_back(notebook, source, seen, notes):
    """Put back what is missing of the source's graded cells, and its import cell."""
    for name, original in source.marked.items():
        if name not in seen and name in source.tests:
            notebook.cells.append(copy_of(original))
        elif name not in seen:
            notes.append(f"the answer cell {name} is missing; a name that another cell defines counts all the same")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not any(
        cell.get("id") == source.import_id or cell.source.strip() == source.import_cell.strip() for cell in code
    ):
        notebook.cells.insert(0, new_code_cell(source.import_cell))
        notes.append("the import cell was missing, and was put back")
    give_ids(notebook.cells)


def copy_of(cell):
    return nbformat.from_dict(json.loads(json.dumps(cell)))


def become(cell, kind):
    """Turn a cell into a code cell, or out of one."""
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
        cell.pop("attachments", None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
