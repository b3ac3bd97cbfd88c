"""Run notebooks and write them so that a diff shows only what really changed."""

import base64
import copy
import io
import os
import time

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image, ImageChops

from tools import ToolError
from tools.authoring.kernels import client_for, last_line
from tools.course import NotebookError
from tools.course.notebook import KERNELSPEC, LANGUAGE_INFO, PNG, pictures, read_valid, replace_file, written
from tools.course.places import EXERCISES, ROOT, SOLUTIONS, chosen, lesson_paths
from tools.course.solutions import student_cells

KEPT_CELL_METADATA = ("tags", "jupyter", "nbgrader")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PIXEL_TOLERANCE = 8  # of 255: more than another version's antialiasing, less than a moved line


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
    pictures_by_id = {cell.id: pictures(cell.get("outputs", [])) for cell in stored.cells}
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
    """Return `outputs` with neighbouring texts of one stream as one: where the kernel cut them is chance.

    By hand, because nbclient's coalesce_streams also joins texts between which a picture stands.
    """
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


def keep_same_pictures(cell, stored_pictures):
    """Put the stored bytes back where the new picture looks the same."""
    for new, stored in zip(pictures(cell.outputs), stored_pictures, strict=False):
        if same_picture(new.data[PNG], stored.data[PNG]):
            new.data[PNG] = stored.data[PNG]


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


def run_named(names, notebooks):
    """Execute and store the notebooks that are named, or all."""
    return run_all(chosen(names, sorted(notebooks.glob("*.ipynb")), notebooks))


def exercises(names, notebooks):
    """Make the exercises of the solutions that are named, or of all."""
    solutions = notebooks / SOLUTIONS.name
    return run_all(chosen(names, lesson_paths(solutions), solutions), make_exercises)


def check():
    """Run the tests of the rules; return pytest's exit code."""
    import pytest  # here, so that running notebooks does not need it

    return int(pytest.main(["--rootdir", str(ROOT), str(ROOT / "tests" / "tools" / "test_repository.py")]))


def run(path):
    """Execute the notebook in `path` and store it; return whether the file changed."""
    stored = read_valid(path)
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
    derived = read_valid(path)
    derived.cells = [nbformat.from_dict(cell) for cell in student_cells(derived.cells)]
    target = path.parents[1] / EXERCISES.name / path.name
    target.parent.mkdir(exist_ok=True)
    stored = read_valid(target) if target.exists() else derived
    return store(derived, stored, target) or changed


def run_all(paths, run=run):
    """Run each notebook, print a line for each, and return the exit code: 1 if any failed."""
    failed = False
    for path in paths:
        start = time.perf_counter()
        try:
            outcome = "changed" if run(path) else "unchanged"
        except ToolError as error:
            failed = True
            outcome = f"FAILED, file untouched\n  {error}"
        print(f"{path.name}: {time.perf_counter() - start:.1f} s, {outcome}", flush=True)
    return int(failed)
