"""From solutions to exercises."""

import json

import pytest

from tests.support.notebooks import code, markdown, store
from tools import cli
from tools.course.places import ROOT
from tools.course.solutions import RegionError, for_students, points_of

ANSWER = """def half(x):
    y = ...
    ### BEGIN SOLUTION
    y = x / 2
    ### END SOLUTION
    return y"""
CHECK = """# 3 points: half of it
print("asked")
### BEGIN HIDDEN TESTS
assert half(2) == 1
### END HIDDEN TESTS"""
HIDDEN = """# 1 point: also of 0
### BEGIN HIDDEN TESTS
assert half(0) == 0
### END HIDDEN TESTS"""


def test_a_student_gets_no_solution_no_hidden_test_and_no_points():
    assert for_students(ANSWER) == "def half(x):\n    y = ...\n    return y"
    assert for_students(CHECK) == 'print("asked")'
    assert for_students(HIDDEN) == ""
    assert for_students("x = 1") == "x = 1"
    assert points_of(CHECK) == (3, "half of it")
    assert points_of(HIDDEN) == (1, "also of 0")
    assert points_of(ANSWER) is None


@pytest.mark.parametrize(
    "text",
    [
        "### BEGIN SOLUTION\nx = 1",
        "x = 1\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ],
)
def test_a_region_that_is_not_whole_is_refused(text):
    with pytest.raises(RegionError):
        for_students(text)


def test_exercises_are_made_from_solutions_and_both_are_run(tmp_path, capsys):
    cells = [markdown("# Exercises"), code(ANSWER), code(CHECK), code(HIDDEN), markdown("The end.")]
    source = store(tmp_path / "solutions", "05_half", *cells)
    assert cli.main(["exercises", "05"], tmp_path) == 0
    assert "changed" in capsys.readouterr().out
    derived = json.loads((tmp_path / "exercises" / "05_half.ipynb").read_text(encoding="utf-8"))
    assert [joined_source(cell) for cell in derived["cells"]] == [
        "# Exercises",
        "def half(x):\n    y = ...\n    return y",
        'print("asked")',
        "The end.",
    ]
    assert derived["cells"][2]["outputs"][0]["text"] == ["asked\n"]
    assert json.loads(source.read_text(encoding="utf-8"))["cells"][3]["execution_count"] == 3
    assert cli.main(["exercises"], tmp_path) == 0
    assert "unchanged" in capsys.readouterr().out


def test_a_failing_solution_makes_no_exercises(tmp_path, capsys):
    store(tmp_path / "solutions", "05_half", code(ANSWER.replace("x / 2", "x")), code(CHECK))
    assert cli.main(["exercises"], tmp_path) == 1
    assert "AssertionError" in capsys.readouterr().out
    assert not (tmp_path / "exercises" / "05_half.ipynb").exists()


def joined_source(cell):
    return "".join(cell["source"])


def test_check_runs_the_structure_tests_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(pytest, "main", lambda arguments: asked.append(arguments) or 5)
    assert cli.main(["check"]) == 5
    assert asked[0][-1] == str(ROOT / "tests" / "tools" / "test_repository.py")
