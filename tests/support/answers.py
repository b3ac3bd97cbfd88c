"""Known answers to the exercises, right and wrong: tests/lessons/<name>/answers.py, a cell an answer."""

import ast
import importlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from tools.course.places import SOLUTIONS
from tools.course.solutions import is_answer, points_of, student_cells, without_region

LESSONS = Path(__file__).parents[1] / "lessons"
HEADER = re.compile(r"(?m)^# %% (\w+) \| (right|wrong): (.+)\n")


@dataclass(frozen=True)
class Answer:
    """What a reader wrote into the answer cell of `exercise`; `label` says which mistake it is, or how it is right."""

    notebook: str
    exercise: str
    right: bool
    label: str
    source: str

    def __str__(self):
        return f"{self.notebook}-{self.exercise}-{self.label}"


@dataclass(frozen=True)
class Task:
    """An exercise as its notebook asks it: the id of its answer cell, and the names that its check is called with."""

    exercise: object
    cell: str
    names: tuple


def solutions(path):
    """Return the code cells of a solutions notebook, as dictionaries whose source is one string."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == "code"]


def check_module(path):
    """Return the checks of a solutions notebook, helpers.lessons.<its name>.checks."""
    return importlib.import_module(f"helpers.lessons.{path.stem[3:]}.checks")


def tasks(path):
    """Return the Task of each exercise in a solutions notebook, by its name."""
    checks, cell_id, found = check_module(path), None, {}
    for cell in solutions(path):
        if is_answer(cell["source"]):
            cell_id = cell["id"]
        elif points_of(cell["source"]):
            for node in ast.walk(ast.parse(without_region(cell["source"], "HIDDEN TESTS"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    names = tuple(argument.id for argument in node.args)
                    found[node.func.attr] = Task(getattr(checks, node.func.attr), cell_id, names)
    return found


def known_answers(path):
    """Return the known answers to a notebook's exercises."""
    text = (LESSONS / path.stem[3:] / "answers.py").read_text(encoding="utf-8")
    _, *parts = HEADER.split(text)
    fields = zip(parts[0::4], parts[1::4], parts[2::4], parts[3::4], strict=True)
    return [Answer(path.stem, name, kind == "right", label, source) for name, kind, label, source in fields]


def solution_answers(path):
    """Return the answers that the solutions notebook itself gives."""
    cells = {cell["id"]: cell["source"] for cell in solutions(path)}
    return [Answer(path.stem, name, True, "the solution", cells[task.cell]) for name, task in tasks(path).items()]


def untouched_answers(path):
    """Return the answer cells as the student gets them."""
    cells = {cell["id"]: cell["source"] for cell in student_cells(solutions(path))}
    return [Answer(path.stem, name, False, "untouched", cells[task.cell]) for name, task in tasks(path).items()]


def values(answer):
    """Run an answer's cell, after its notebook's import cell, and return what its check is called with."""
    path = SOLUTIONS / f"{answer.notebook}.ipynb"
    names = {}
    exec(solutions(path)[0]["source"], names)
    exec(answer.source, names)
    return [names[name] for name in tasks(path)[answer.exercise].names]


ALL_SOLUTIONS = sorted(SOLUTIONS.glob("*.ipynb"))
KNOWN = [answer for path in ALL_SOLUTIONS for answer in known_answers(path)]
