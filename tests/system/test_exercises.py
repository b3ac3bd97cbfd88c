"""The exercises: each check accepts every right answer and names the mistake of every wrong one, at 20 seeds."""

import functools
import json

import numpy as np
import pytest

from helpers import exercise as base
from tests.support.answers import (
    ALL_SOLUTIONS,
    KNOWN,
    check_module,
    solution_answers,
    solutions,
    tasks,
    untouched_answers,
    values,
)
from tools.course.places import EXERCISES
from tools.course.solutions import points_of, student_cells

SEEDS = range(20)
RIGHT = [answer for path in ALL_SOLUTIONS for answer in solution_answers(path)] + [
    answer for answer in KNOWN if answer.right
]
WRONG = [answer for answer in KNOWN if not answer.right]
UNTOUCHED = [answer for path in ALL_SOLUTIONS for answer in untouched_answers(path)]
values_of = functools.cache(values)


@functools.cache
def tasks_of(notebook):
    return tasks(next(path for path in ALL_SOLUTIONS if path.stem == notebook))


def exercise_of(answer):
    return tasks_of(answer.notebook)[answer.exercise].exercise


def verdict(answer, seed):
    return exercise_of(answer).judge(*values_of(answer), rng=np.random.default_rng(seed))


@pytest.mark.parametrize("answer", RIGHT, ids=str)
def test_right_answer_passes(answer):
    said = [verdict(answer, seed) for seed in SEEDS]
    assert said == [base.Verdict("✓", f"{answer.exercise}: {exercise_of(answer).means}")] * len(SEEDS)


@pytest.mark.parametrize("answer", WRONG, ids=str)
def test_wrong_answer_gets_its_own_hint(answer, monkeypatch):
    if answer.label == "never returns":
        monkeypatch.setattr(base, "PATIENCE", 0.1)  # each seed takes all of it
    for seed in SEEDS:
        said = verdict(answer, seed)
        assert (said.mark, said.mistake) == ("✗", answer.label), str(said)


@pytest.mark.parametrize("answer", UNTOUCHED, ids=str)
def test_untouched_answer_is_not_attempted(answer):
    assert str(verdict(answer, 0)) == f"○ {answer.exercise}: not attempted"


@pytest.mark.parametrize("path", ALL_SOLUTIONS, ids=lambda path: path.stem)
def test_every_mistake_that_a_check_names_is_known(path):
    for name, task in tasks(path).items():
        known = {answer.label for answer in WRONG if (answer.notebook, answer.exercise) == (path.stem, name)}
        assert set(task.exercise.hints) <= known, f"{name}: no wrong answer shows {set(task.exercise.hints) - known}"
        assert len(known) >= 3


@pytest.mark.parametrize("path", ALL_SOLUTIONS, ids=lambda path: path.stem)
def test_every_check_of_the_module_is_asked(path):
    defined = {name for name, value in vars(check_module(path)).items() if isinstance(value, base.Exercise)}
    assert set(tasks(path)) == defined
    assert 3 <= len(defined) <= 5


@pytest.mark.parametrize("path", ALL_SOLUTIONS, ids=lambda path: path.stem)
def test_ten_points_and_hidden_tests_in_each_graded_cell(path):
    graded = [cell["source"] for cell in solutions(path) if points_of(cell["source"])]
    assert sum(points_of(source)[0] for source in graded) == 10
    assert all("### BEGIN HIDDEN TESTS" in source for source in graded)
    for name in tasks(path):
        assert any(f"check.{name}.insist(" in source for source in graded)


@pytest.mark.parametrize("path", ALL_SOLUTIONS, ids=lambda path: path.stem)
def test_the_students_notebook_is_what_the_solutions_make(path):
    def parts(cells):
        return [(cell["cell_type"], cell["id"], "".join(cell["source"]), cell["metadata"]) for cell in cells]

    def cells_in(file):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        return [{**cell, "source": "".join(cell["source"])} for cell in cells]

    stored = EXERCISES / path.name
    assert stored.exists(), "run: step-zero exercises"
    assert parts(cells_in(stored)) == parts(student_cells(cells_in(path))), "run: step-zero exercises"


def test_no_exercise_is_left_without_its_solutions():
    assert [path.name for path in sorted(EXERCISES.glob("*.ipynb"))] == [path.name for path in ALL_SOLUTIONS]


def test_the_students_notebook_says_not_attempted_for_each():
    for path in ALL_SOLUTIONS:
        cells = json.loads((EXERCISES / path.name).read_text(encoding="utf-8"))["cells"]
        printed = "".join("".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", []))
        assert printed.count("○") == len(tasks(path))
        assert "✓" not in printed
        assert "✗" not in printed


def test_hints_can_be_written():
    """Each hint is a text of its own, and asks for no number that the check does not tell."""
    for path in ALL_SOLUTIONS:
        for task in tasks(path).values():
            for first, second in task.exercise.hints.values():
                assert first
                assert second
                assert first != second
