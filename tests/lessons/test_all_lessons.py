"""What all lessons keep: folders and names that do not meet, import cells that stay short, sources that can be read."""

import importlib
import inspect
import re
from collections import Counter

import pytest
from IPython.core.oinspect import getsource

from tools.course.code import definitions, read_modules
from tools.course.notebook import read_notebook
from tools.course.places import lesson_paths

LESSONS = lesson_paths()
FOLDERS = {name.split(".")[1] for name in read_modules() if name.startswith("lessons.")}
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def test_each_notebook_has_a_folder_of_its_name_and_each_folder_a_notebook():
    assert {path.stem[3:] for path in LESSONS} == FOLDERS


def test_no_name_means_two_things():
    """A name at the top of a lesson's experiment, tables or views stands in no other lesson, and not in the subject."""
    modules = {name: tree for name, tree in read_modules().items() if not name.endswith((".checks", "exercise"))}
    counted = Counter(name for tree in modules.values() for name in definitions(tree) if name != "__all__")
    assert [name for name, count in counted.items() if count > 1] == []


@each_lesson
def test_the_import_cell_has_at_most_eight_lines(path):
    source = read_notebook(path).code_cells[0].source
    lines = [line for line in source.split("\n") if line.strip()]
    assert len(lines) <= 8
    assert all(re.match(r"import |from \S+ import [^(]+$", line) and ";" not in line for line in lines)
    assert max(map(len, lines)) <= 120


@each_lesson
def test_two_question_marks_show_the_source_of_what_a_lesson_runs(path):
    experiment = importlib.import_module(f"helpers.lessons.{path.stem[3:]}.experiment")
    code = "\n".join(cell.source for cell in read_notebook(path).code_cells)
    used = set(re.findall(r"\bexperiment\.((?:run|watch|measure|draw)_\w+)", code))
    assert used
    for name in used:
        function = getattr(experiment, name)
        assert inspect.isfunction(function)
        assert getsource(function).startswith(f"def {name}(")
        assert function.__doc__
