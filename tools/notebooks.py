"""Run notebooks and write them so that a diff shows only what really changed.

python -m tools.notebooks run [NAME ...]    NAME is 00, 00_start_here or a path; none means all of them
python -m tools.notebooks exercises [NAME ...]    make the student's exercises from the solutions, and run both
python -m tools.notebooks check             the rules of tools/structure.py, without running any notebook
python -m tools.notebooks reseed [--offsets 1-20] [--cheap] [NAME ...]    does each claim hold from other seeds?
python -m tools.notebooks claims [--offsets 1-20] [NAME ...]    the same, and what was measured to reports/claims.md
"""

import argparse
import base64
import copy
import hashlib
import io
import json
import os
import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image, ImageChops

from tools import ledger
from tools.exercises import EXERCISES, SOLUTIONS, RegionError, student_cells
from tools.kernels import NotebookError, client_for, last_line
from tools.seeds import offsets_from, sweep
from tools.structure import CELL_ID, KERNELSPEC, LANGUAGE_INFO, NOTEBOOKS, ROOT, lesson_paths

KEPT_CELL_METADATA = ("tags", "jupyter", "nbgrader")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PNG = "image/png"
PIXEL_TOLERANCE = 8  # of 255: more than another version's antialiasing, less than a moved line


# From a file to a notebook with stable ids, and back.


def read(path):
    """Return the notebook in `path` in format 4.5, every code cell non-empty and every cell with an id."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.get("nbformat") != 4:
        raise NotebookError(f"{path.name}: notebook format 4 is needed; got {content.get('nbformat')}")
    give_ids(content["cells"])
    content["nbformat_minor"] = 5
    notebook = nbformat.reads(json.dumps(content), as_version=4)
    nbformat.validate(notebook)
    refuse_empty_cells(notebook, path.name)
    return notebook


def give_ids(cells):
    """Keep each cell's id; make a missing, unfit or repeated one from the source, alike on every machine."""
    seen = set()
    for cell in cells:
        identity = cell.get("id", "")
        if not CELL_ID.fullmatch(identity) or identity in seen:
            identity = new_id("".join(cell["source"]), seen)
        cell["id"] = identity
        seen.add(identity)


def new_id(source, taken):
    """Return an id that depends on `source` and is not in `taken`."""
    number = 0
    while True:
        identity = hashlib.sha256(f"{number} {source}".encode()).hexdigest()[:8]
        if identity not in taken:
            return identity
        number += 1


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


# Execution.


def execute(notebook, path, variables=()):
    """Run all cells of `notebook` in a fresh kernel that stands in the folder of `path`.

    `variables` are environment variables that the kernel gets beside those of this process.
    """
    current = 0

    def remember(cell, cell_index):
        nonlocal current
        current = cell_index

    client = client_for(notebook, path, on_cell_start=remember)
    try:
        client.execute(env=kernel_environment() | dict(variables))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        first_line = notebook.cells[current].source.strip().splitlines()[0]
        place = f"{path.name}, cell {current + 1} ({first_line})"
        raise NotebookError(f"{place}: {last_line(error)}") from error


def kernel_environment():
    """Return this process's environment without the seeds' offset: stored outputs belong to offset 0."""
    return {name: value for name, value in os.environ.items() if name != "STEP_ZERO_SEED"}


# What is left out, or made the same each time, before a notebook is written.


def clean(notebook, stored):
    """Leave in `notebook` only what its author or its code decided.

    Pictures that look as they did in `stored` keep their stored bytes.
    """
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    pictures_by_id = {cell.id: pictures(cell) for cell in stored.cells}
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if cell.metadata.get(key)}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs = merged_streams(without_widget_views(cell.outputs))
            keep_same_pictures(cell, pictures_by_id.get(cell.id, []))
    number_code_cells(notebook)


def without_widget_views(outputs):
    """Return `outputs` without widget views, so that a page without a kernel shows the picture instead."""
    for output in outputs:
        output.get("data", {}).pop(WIDGET_VIEW, None)
    return [output for output in outputs if output.get("data") != {}]


def merged_streams(outputs):
    """Return `outputs` with neighbouring texts of one stream as one: where the kernel cut them is chance."""
    merged = []
    for output in outputs:
        is_stream = output.output_type == "stream"
        if is_stream and merged and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def number_code_cells(notebook):
    """Number the code cells, and the results they show, 1 … n."""
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number


def pictures(cell):
    """Return the PNGs of `cell`'s outputs, in order, as stored: base64 text."""
    return [output.data[PNG] for output in cell.get("outputs", []) if PNG in output.get("data", {})]


def keep_same_pictures(cell, stored_pictures):
    """Put the stored bytes back where the new picture looks the same."""
    new = [output for output in cell.outputs if PNG in output.get("data", {})]
    for output, stored in zip(new, stored_pictures, strict=False):
        if same_picture(output.data[PNG], stored):
            output.data[PNG] = stored


def same_picture(one, other):
    """Say whether two base64 PNGs have one size, and no pixel that differs by more than PIXEL_TOLERANCE."""
    first, second = decoded(one), decoded(other)
    if first.size != second.size:
        return False
    extrema = ImageChops.difference(first, second).getextrema()
    return max(largest for _, largest in extrema) <= PIXEL_TOLERANCE


def decoded(png):
    return Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")


# The commands.


def run(path):
    """Execute the notebook in `path` and store it; return whether the file changed."""
    stored = read(path)
    return store(copy.deepcopy(stored), stored, path)


def store(notebook, stored, path):
    """Execute `notebook` and write it to `path`, where `stored` lies; return whether the file changed."""
    execute(notebook, path)
    clean(notebook, stored)
    text = written(notebook)
    if path.exists() and text == path.read_text(encoding="utf-8"):
        return False
    replace_file(path, text)
    return True


def make_exercises(path):
    """Run the solutions in `path`, derive the student's notebook and run that; return whether a file changed."""
    changed = run(path)
    derived = read(path)
    derived.cells = [nbformat.from_dict(cell) for cell in student_cells(derived.cells)]
    target = path.parents[1] / EXERCISES.name / path.name
    target.parent.mkdir(exist_ok=True)
    stored = read(target) if target.exists() else derived
    return store(derived, stored, target) or changed


def run_all(paths, run=run):
    """Run each notebook, print a line for each, and return the exit code: 1 if any failed."""
    failed = False
    for path in paths:
        start = time.perf_counter()
        try:
            outcome = "changed" if run(path) else "unchanged"
        except (NotebookError, RegionError, nbformat.ValidationError, json.JSONDecodeError) as error:
            failed = True
            outcome = f"FAILED, file untouched\n  {error}"
        print(f"{path.name}: {time.perf_counter() - start:.1f} s, {outcome}", flush=True)
    return int(failed)


def reseed(paths, offsets, cheap=False, report=None):
    """Run each notebook at each offset, and print how its claims did; return the exit code: 1 if any failed.

    With `report`, the path of a file, the sections of these notebooks are written there anew.
    """
    failures, sections = [], {}
    for path in paths:
        try:
            found = sweep(read(path), path, offsets, cheap)
        except (NotebookError, nbformat.ValidationError, json.JSONDecodeError) as error:
            failures.append(f"{path.name}: {error}")
            continue
        rows = ledger.rows_of(found.claims)
        print(ledger.listing(found.notebook, rows), flush=True)
        failures += found.failures
        if rows:
            sections[found.notebook] = ledger.section(found.notebook, offsets, rows)
    if report:
        ledger.write(report, sections)
    print(*failures, f"offsets {ledger.span(offsets)}: {len(failures)} failures", sep="\n")
    return int(bool(failures))


def with_solutions(paths):
    """Return `paths`, each followed by the solutions to its exercises where there are any."""
    return [
        path for lesson in paths for path in (lesson, lesson.parent / SOLUTIONS.name / lesson.name) if path.is_file()
    ]


def find(name, folder):
    """Return the notebook that `name` means: a path, a file's name with or without .ipynb, or its number."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    available = sorted(folder.glob("*.ipynb"))
    for candidate in available:
        if name in (candidate.name, candidate.stem) or candidate.stem.startswith(f"{name}_"):
            return candidate
    listed = ", ".join(candidate.stem for candidate in available) or "none"
    raise NotebookError(f"no notebook named {name!r}; available: {listed}")


def check():
    """Run the tests of the notebooks' structure; return pytest's exit code."""
    import pytest  # here, so that running notebooks does not need it

    return int(pytest.main(["--rootdir", str(ROOT), str(ROOT / "tests" / "test_structure.py")]))


def main(arguments=None, folder=NOTEBOOKS):
    parser = argparse.ArgumentParser(
        prog="python -m tools.notebooks", description="Run or check the course's notebooks."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser("run", help="execute notebooks and store their outputs")
    run_parser.add_argument("names", nargs="*", metavar="NAME", help="00, 00_start_here or a path; none: all")
    exercises_parser = commands.add_parser("exercises", help="make the exercises from the solutions, and run both")
    exercises_parser.add_argument("names", nargs="*", metavar="NAME", help="as for run; none: all")
    commands.add_parser("check", help="test the notebooks' structure without running them")
    for name, what in (
        ("reseed", "try the claims at other seeds"),
        ("claims", "the same, and write the ledger of them"),
    ):
        seeds_parser = commands.add_parser(name, help=what)
        seeds_parser.add_argument("names", nargs="*", metavar="NAME", help="as for run; none: all, with the solutions")
        seeds_parser.add_argument("--offsets", default="1-20", help="for example 1-20 or 3,7")
        if name == "reseed":
            seeds_parser.add_argument("--cheap", action="store_true", help="after the first offset, only what is fast")
    options = parser.parse_args(arguments)
    if options.command == "check":
        return check()
    if options.command == "exercises":
        folder = folder / SOLUTIONS.name
    everything = sorted(folder.glob("*.ipynb")) if options.command == "run" else lesson_paths(folder)
    try:
        paths = [find(name, folder) for name in options.names] or everything
        offsets = offsets_from(getattr(options, "offsets", "0"))
    except (NotebookError, ValueError) as error:
        parser.error(str(error))
    if options.command == "reseed":
        return reseed(with_solutions(paths), offsets, options.cheap)
    if options.command == "claims":
        return reseed(with_solutions(paths), offsets, report=folder.parent / ledger.REPORT)
    return run_all(paths, make_exercises if options.command == "exercises" else run)


if __name__ == "__main__":
    sys.exit(main())
