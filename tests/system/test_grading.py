"""Releasing and grading, the whole way: right, wrong, blank, damaged and hostile submissions in one course."""

import csv
import math
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from fractions import Fraction
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tests.support import needs
from tests.support.answers import known_answers, solution_answers, tasks
from tools import cli as course_tool
from tools.course.places import EXERCISES, SOLUTIONS
from tools.grading import database, execute, gradebook, run, sandbox, submissions
from tools.grading.session import Session
from tools.grading.text import nbgrader_id

ASSIGNMENT = "05_build_he"
PATH = SOLUTIONS / f"{ASSIGNMENT}.ipynb"
TASKS = tasks(PATH)
HOSTILE_CELLS = Path(__file__).parents[1] / "support" / "hostile.py"
HOSTILE = dict(re.findall(r"(?ms)^# %% (.+?)\n(.*?)(?=^# %% |\Z)", HOSTILE_CELLS.read_text(encoding="utf-8")))
FULL, NOTHING = 10, 0
# One of each kind; the whole set is graded by hand with --all-submissions (see tests/conftest.py).
FEW_WRONG = ("fans swapped", "never returns", "raises", "not squared", "zero is alive", "reason")


@pytest.fixture(scope="session", autouse=True)
def sandbox_is_here():
    needs.linux("students' code is graded in bubblewrap's sandbox")
    try:
        sandbox.check_sandbox()
    except sandbox.NoSandbox as told:
        needs.missing(str(told))


class Listener:
    """Somebody who listens on this machine, and hears of every connection."""

    def __init__(self):
        self.heard = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.heard.append(connection)


def be_short(course):
    """Let cells end after 2 s: what never ends shall not make the tests long."""
    with (course.root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("c.SandboxedExecute.cell_seconds, c.SandboxedExecute.call_seconds = 2, 2\n")


# Submissions: a released notebook with other sources in its cells.


def released(course):
    return nbformat.read(course.notebook("release", ASSIGNMENT), as_version=4)


def put_answers(notebook, sources):
    """Write answers, {exercise: source}, into their cells."""
    for name, source in sources.items():
        cell_with(notebook, TASKS[name].cell).source = source
    return notebook


def cell_with(notebook, grade_id):
    return next(cell for cell in notebook.cells if submissions.mark_of(cell) == grade_id)


def put_cell(notebook, source):
    """Put a cell of the student's own behind the import cell."""
    place = next(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source))
    return notebook


RIGHT = {answer.exercise: answer.source for answer in solution_answers(PATH)}


def right(course):
    return put_answers(released(course), RIGHT)


def hand_in(course, student, notebook, name=f"{ASSIGNMENT}.ipynb", encoding="utf-8"):
    path = course.root / "submitted" / student / ASSIGNMENT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def hostile_cell(course, name, port):
    names = repr([name for task in TASKS.values() for name in task.names])
    source = HOSTILE[name].replace("ROOT", str(SOLUTIONS.parents[1])).replace("COURSE", str(course.root))
    return source.replace("PORT", str(port)).replace("NAMES", names)


def without_tests(notebook):
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    return notebook


def with_points_of_its_own(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["nbgrader"]["points"] = 1000
            cell.source = "pass"
    own = nbformat.v4.new_code_cell("1000")
    own.metadata["nbgrader"] = cell_with(notebook, "left_after_20-check").metadata["nbgrader"] | {"grade_id": "bonus"}
    notebook.cells.append(own)
    return notebook


def with_tests_as_answers(notebook):
    """Mark the answer cells as graded, so that they would be run where the tests are."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.metadata["nbgrader"] |= {"grade": True, "solution": False, "points": 10}
            cell.source = "raise SystemExit"
    return notebook


@pytest.fixture(scope="module")
def released_course(tmp_path_factory):
    """A course with exercise 05 released, and nothing handed in."""
    course = gradebook.Course(tmp_path_factory.mktemp("released"))
    assert course_tool.main(["release", "05", "--course", str(course.root)]) == 0
    be_short(course)
    return course


def copy_of(course, root):
    for name in ("source", "release", "gradebook.db", "nbgrader_config.py"):
        old = course.root / name
        (shutil.copytree if old.is_dir() else shutil.copy)(old, root / name)
    (root / "submitted").mkdir()
    return gradebook.Course(root)


@pytest.fixture(scope="module")
def graded(released_course, tmp_path_factory, request):
    """A course with every kind of submission, graded by the command; grades by student, and what was printed."""
    course, listener = copy_of(released_course, tmp_path_factory.mktemp("course")), Listener()
    root = course.root
    hand_in(course, "right", right(course))
    hand_in(course, "blank", released(course))
    every = request.config.getoption("--all-submissions")
    for answer in known_answers(PATH):
        if every or answer.right or answer.label in FEW_WRONG:
            hand_in(course, student_of(answer), put_answers(released(course), RIGHT | {answer.exercise: answer.source}))
    for name in HOSTILE:
        hand_in(course, f"hostile-{name}", put_cell(released(course), hostile_cell(course, name, listener.port)))
    hand_in(course, "hostile-deletes its tests", without_tests(released(course)))
    hand_in(course, "hostile-gives itself points", with_points_of_its_own(released(course)))
    hand_in(course, "hostile-marks answers as tests", with_tests_as_answers(released(course)))
    solution = course.notebook("source", ASSIGNMENT)
    link = course.root / "submitted" / "hostile-links to the solution" / ASSIGNMENT / solution.name
    link.parent.mkdir(parents=True)
    link.symlink_to(solution)
    before = {path: path.read_bytes() for path in (root / "submitted").rglob("*.ipynb")}
    code = course_tool.main(["grade", "05", "--course", str(root)])
    with (root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return Graded(course, rows, code, before, listener)


class Graded:
    def __init__(self, course, rows, code, before, listener):
        self.course, self.rows, self.code, self.before, self.listener = course, rows, code, before, listener

    def points(self, student):
        """Return a student's points by graded cell."""
        return gradebook.given(self.course, gradebook.source_from(PATH), student).points

    def outputs(self, student):
        """Return all that a student's cells wrote, as a text."""
        path = self.course.notebook("autograded", ASSIGNMENT, nbgrader_id(student))
        cells = nbformat.read(path, as_version=4).cells
        return "".join(str(output) for cell in cells for output in cell.get("outputs", []))


def student_of(answer):
    return f"{answer.exercise}-{'right' if answer.right else 'wrong'}-{re.sub('[^a-z0-9]+', '-', answer.label.lower())}"


def test_right_and_blank(graded):
    assert float(graded.rows["right"]["points"]) == FULL
    assert float(graded.rows["blank"]["points"]) == NOTHING
    assert "○" in graded.rows["blank"]["failed"]


def test_each_known_answer_gets_what_it_earned(graded):
    students = {student_of(answer): answer for answer in known_answers(PATH)}
    seen = [student for student in students if student in graded.rows]
    assert len(seen) >= 10
    for student in seen:
        answer = students[student]
        points = graded.points(student)
        for name in TASKS:
            earned = answer.right or name != answer.exercise
            assert (points[f"{name}-check"] > 0) == earned, f"{student}: {name}"


@pytest.mark.parametrize(
    "name",
    [*HOSTILE, "deletes its tests", "gives itself points", "marks answers as tests"],
)
def test_hostile_submission_gains_nothing(graded, name):
    row = graded.rows[f"hostile-{name}"]
    assert row["points"] == "0"
    assert row["failed"]


def test_a_linked_submission_is_refused(graded):
    row = graded.rows["hostile-links to the solution"]
    assert row["points"] == ""
    assert "link" in row["note"]
    assert graded.code == 1


def test_hostile_submissions_leave_no_trace(graded):
    assert graded.listener.heard == []
    assert {path: path.read_bytes() for path in graded.before} == graded.before
    assert not list(graded.course.root.rglob("defaced"))
    assert not (sandbox.HELPERS / "defaced").exists()
    seen = graded.outputs("hostile-reads the solution and the gradebook")
    assert "read: []" in seen
    assert "home: None" in seen
    seen = graded.outputs("hostile-looks for tests in other processes")
    assert "read: []" in seen
    assert "True" not in seen
    assert "left: False" in graded.outputs("hostile-makes a sandbox of its own")


def test_outputs_stay_small_and_run_in_no_browser(graded):
    for name in ("1 GB of output", "1 GB of output past Python", "answers with a flood"):
        assert len(graded.outputs(f"hostile-{name}")) < 200_000
    student = "hostile-writes what a browser would run"
    feedback = graded.course.root / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "<script>alert" not in feedback.read_text(encoding="utf-8")


def test_every_graded_submission_has_feedback_without_hidden_tests(graded):
    for student, row in graded.rows.items():
        if row["points"]:
            text = (graded.course.root / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text("utf-8")
            assert "HIDDEN TESTS" not in text
            assert ".insist(" not in text


def test_the_page_of_feedback_describes_pictures_and_names_what_was_not_answered(own_course):
    drawing = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    notebook = put_cell(put_answers(released(own_course), {"left_after_20": RIGHT["left_after_20"]}), drawing)
    hand_in(own_course, "anna", notebook)
    grade(own_course, "anna")
    page = (own_course.root / "feedback" / "anna" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(encoding="utf-8")
    pictures = re.findall(r"<img[^>]*>", page, re.DOTALL)
    assert len(pictures) == 1
    assert f'alt="{execute.ALTERNATIVE}"' in pictures[0]
    assert page.count("No response.") == len(TASKS) - 1


def test_the_released_notebook_has_no_solution_and_no_hidden_test(graded):
    text = graded.course.notebook("release", ASSIGNMENT).read_text(encoding="utf-8")
    for secret in ("BEGIN", "insist", "2 * keep", "np.all(z"):
        assert secret not in text


# Accidents: graded or refused, and said so.


@pytest.fixture
def own_course(tmp_path, released_course):
    """A fresh copy of the released course, with nothing handed in."""
    return copy_of(released_course, tmp_path)


def grade(course, student):
    return run.grade_one(course, gradebook.read_source(course.notebook("source", ASSIGNMENT)), student)


def test_a_renamed_file_is_graded_and_told(own_course):
    hand_in(own_course, "renamed", right(own_course), name="05_build_he (1).ipynb")
    got = grade(own_course, "renamed")
    assert got.total == FULL
    assert "05_build_he (1).ipynb" in got.notes[0]


def test_two_renamed_files_are_refused_unless_they_are_the_same(own_course):
    for name in ("one.ipynb", "two.ipynb"):
        hand_in(own_course, "two", right(own_course), name=name)
    assert grade(own_course, "two").total == FULL
    hand_in(own_course, "two", released(own_course), name="two.ipynb")
    assert (
        "05_build_he/one.ipynb, 05_build_he/two.ipynb. Rename that one to 05_build_he.ipynb"
        in grade(own_course, "two").refused
    )


def test_nothing_in_the_folder_is_refused(own_course):
    (own_course.root / "submitted" / "none" / ASSIGNMENT).mkdir(parents=True)
    (own_course.root / "submitted" / "nobody").mkdir()
    assert "ask for 05_build_he.ipynb" in grade(own_course, "none").refused
    assert "nothing was handed in" in grade(own_course, "nobody").refused


def test_a_missing_graded_cell_is_put_back(own_course):
    hand_in(own_course, "honest", without_tests(right(own_course)))
    assert grade(own_course, "honest").total == FULL


def test_a_missing_answer_cell_is_told_and_the_rest_is_graded(own_course):
    notebook = right(own_course)
    notebook.cells.remove(cell_with(notebook, "left_after_20"))
    hand_in(own_course, "missing", notebook)
    got = grade(own_course, "missing")
    assert got.total == FULL - 2
    (note,) = got.notes
    assert "left_after_20" in note


def test_of_a_copied_cell_the_last_counts(own_course):
    notebook = right(own_course)
    wrong = nbformat.from_dict(cell_with(notebook, "left_after_20"))
    wrong.source, wrong.id = "left_after_20 = 5", "copy"
    place = notebook.cells.index(cell_with(notebook, "left_after_20"))
    notebook.cells.insert(place, wrong)
    hand_in(own_course, "copied", notebook)
    got = grade(own_course, "copied")
    assert got.total == FULL
    assert any("more than once" in note for note in got.notes)


def test_a_syntax_error_costs_its_exercise_and_no_other(own_course):
    hand_in(own_course, "typo", put_answers(right(own_course), {"left_after_20": "left_after_20 = 0.5 **"}))
    got = grade(own_course, "typo")
    assert got.total == FULL - 2
    assert "SyntaxError" in own_course.notebook("autograded", ASSIGNMENT, "typo").read_text(encoding="utf-8")


def test_outputs_do_not_matter_however_large(own_course):
    notebook = right(own_course)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="x" * 10**6)]
    hand_in(own_course, "huge", notebook)
    assert grade(own_course, "huge").total == FULL


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_another_encoding_is_read(own_course, encoding):
    notebook = right(own_course)
    for cell in notebook.cells:  # what Windows' Latin letters have, and nothing else
        cell.source = cell.source.encode("cp1252", "ignore").decode("cp1252") if encoding == "cp1252" else cell.source
    notebook.cells[0].source += " café"
    hand_in(own_course, "encoded", notebook, encoding=encoding)
    got = grade(own_course, "encoded")
    assert got.total == FULL
    assert encoding == "utf-8-sig" or "UTF-8" in got.notes[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("this is no notebook", "no notebook"),
        ('{"nbformat": 4, "cells": [', "only a part"),
        ('{"a": 1}', "no notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": {}}', "damaged"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}', "none of the cells"),
        (nbformat.writes(nbformat.v4.new_notebook()), "none of the cells"),
    ],
)
def test_what_is_no_notebook_is_refused_and_never_0(own_course, text, told):
    hand_in(own_course, "odd", text)
    got = grade(own_course, "odd")
    assert told in got.refused
    assert got.points == {}


def test_another_assignments_notebook_is_refused(own_course):
    hand_in(own_course, "other", PATH.with_name("04_build_xavier.ipynb").read_text(encoding="utf-8"))
    assert "handed out" in grade(own_course, "other").refused


def test_a_submission_made_from_the_exercises_is_known_by_its_cells_ids(own_course):
    notebook = nbformat.read(EXERCISES / PATH.name, as_version=4)
    for name, source in RIGHT.items():
        next(cell for cell in notebook.cells if cell.id == TASKS[name].cell).source = source
    hand_in(own_course, "exercises", notebook)
    assert grade(own_course, "exercises").total == FULL


def test_a_cell_that_ends_the_process_costs_nobody_their_answers(own_course):
    hand_in(own_course, "exit", put_cell(right(own_course), "import os\nos._exit(0)"))
    assert grade(own_course, "exit").total == FULL


@pytest.mark.parametrize("path", sorted(SOLUTIONS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_assignment_is_ready(tmp_path, path):
    """The known solution gets all points and the untouched notebook none, the whole way through nbgrader."""
    course = gradebook.Course(tmp_path)
    course.create()
    run.check_source(course, gradebook.source_from(path))


# Who grades: the known solution first, each once, and on from where it stopped.


def test_nobody_is_graded_where_the_known_solution_fails(own_course, capsys):
    path = own_course.notebook("source", ASSIGNMENT)
    source = gradebook.read_source(path)
    cell_with(source.notebook, "left_after_20").source = "left_after_20 = 5"
    nbformat.write(source.notebook, path)
    hand_in(own_course, "right", right(own_course))
    assert course_tool.main(["grade", "05", "--course", str(own_course.root)]) == 2
    told = capsys.readouterr().err
    assert "the known solution gets 8 points, and should get 10" in told
    assert "left_after_20" in told
    assert not (own_course.root / "grades.csv").exists()


def test_nobody_is_graded_where_the_untouched_notebook_gets_points(own_course, capsys):
    path = own_course.notebook("source", ASSIGNMENT)
    source = gradebook.read_source(path)
    cell_with(source.notebook, "left_after_20-check").source = "# 2 points: for nothing"
    nbformat.write(source.notebook, path)
    assert course_tool.main(["grade", "05", "--course", str(own_course.root)]) == 2
    assert "the untouched gets 2 points, and should get 0" in capsys.readouterr().err


def test_a_second_run_grades_what_is_new_and_keeps_the_rest(own_course, capsys):
    command = ["grade", "05", "--course", str(own_course.root)]
    hand_in(own_course, "anna", right(own_course))
    assert course_tool.main(command) == 0
    autograded = own_course.notebook("autograded", ASSIGNMENT, "anna")
    first = autograded.stat().st_mtime_ns
    hand_in(own_course, "ben", released(own_course))
    capsys.readouterr()
    assert course_tool.main(command) == 0
    printed = capsys.readouterr().out
    assert "To grade: 1; graded before: 1" in printed
    assert autograded.stat().st_mtime_ns == first
    assert re.search(r"anna +10 of 10", printed)
    hand_in(own_course, "anna", released(own_course))  # a newer, worse one
    course_tool.main(command)
    assert "anna: 0 of 10, was 10" in capsys.readouterr().out
    ledger = run.read_ledger(run.ledger_path(own_course, ASSIGNMENT))
    assert [(given.student, given.total) for given in ledger] == [("anna", 10), ("ben", 0), ("anna", 0)]
    hand_in(own_course, "anna", "damaged")
    course_tool.main(command)
    rows = list(csv.DictReader((own_course.root / "grades.csv").open(encoding="utf-8-sig", newline="")))
    assert [(row["student"], row["points"]) for row in rows] == [("anna", "0"), ("ben", "0")]
    assert "newer submission is not graded" in rows[0]["note"]


def test_grades_csv_keeps_other_assignments_and_puts_another_programs_file_aside(own_course):
    source = gradebook.read_source(own_course.notebook("source", ASSIGNMENT))
    row = [ASSIGNMENT, "anna", "10", "10", "", ""]
    path = own_course.root / "grades.csv"
    path.write_text("assignment,score\n05_build_he,7\n", encoding="utf-8")
    run.write_csv(own_course, source, [row])
    assert (own_course.root / "put-aside" / "grades-1.csv").read_text(encoding="utf-8").startswith("assignment,score")
    path.write_text(path.read_text(encoding="utf-8") + "04_build_xavier,ben,3,10,,\n", encoding="utf-8")
    run.write_csv(own_course, source, [[*row[:2], "8", *row[3:]]])
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[1:] == ["04_build_xavier,ben,3,10,,", "05_build_he,anna,8,10,,"]


def test_an_interrupted_ledger_goes_on_behind_its_last_whole_line(tmp_path):
    path = tmp_path / "grading" / "05.jsonl"
    run.append(path, run.Grade("anna", {"a": 1.0}))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"student": "ben", "poi')
    run.append(path, run.Grade("carl", {"a": 0.0}))
    assert [given.student for given in run.read_ledger(path)] == ["anna", "carl"]


def test_points_given_by_hand_stay(own_course):
    source = gradebook.read_source(own_course.notebook("source", ASSIGNMENT))
    hand_in(own_course, "anna", released(own_course))
    run.append(run.ledger_path(own_course, ASSIGNMENT), grade(own_course, "anna"))
    with gradebook.Gradebook(own_course.database) as book:
        found = book.find_grade("left_after_20-check", ASSIGNMENT, ASSIGNMENT, "anna")
        found.manual_score = 1.5
        book.db.commit()
    grade(own_course, "anna")  # again
    (row,) = run.rows(own_course, source, {})
    assert row[2] == "1.5"


def test_grading_what_is_not_released_says_what_to_do_first(tmp_path, capsys):
    assert course_tool.main(["grade", "04", "--course", str(tmp_path)]) == 2
    assert "First: step-zero release 04" in capsys.readouterr().err


def test_without_the_sandbox_nobody_is_graded(own_course, monkeypatch, capsys):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    assert course_tool.main(["grade", "05", "--course", str(own_course.root)]) == 2
    told = capsys.readouterr().err
    assert "apt install bubblewrap" in told
    assert "--unsafe-no-sandbox" in told


def test_without_a_sandbox_by_name(own_course, monkeypatch, capsys):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    hand_in(own_course, "anna", right(own_course))
    assert course_tool.main(["grade", "05", "--course", str(own_course.root), "--unsafe-no-sandbox"]) == 0
    assert "WARNING: no sandbox" in capsys.readouterr().out


def test_a_checkout_that_the_sandbox_would_show_is_refused(monkeypatch):
    monkeypatch.setattr(sandbox, "SYSTEM", ("/usr", str(sandbox.HERE.parents[2])))
    with pytest.raises(sandbox.NoSandbox, match="move it"):
        sandbox.check_sandbox()


def test_release_keeps_what_the_instructor_changed(own_course, capsys):
    path = own_course.notebook("source", ASSIGNMENT)
    source = gradebook.read_source(path)
    source.notebook.cells[0].source += "\n\nHand in by Friday."
    nbformat.write(source.notebook, path)
    command = ["release", "05", "--course", str(own_course.root)]
    course_tool.main(command)
    assert "is released as it is there" in capsys.readouterr().out
    assert "by Friday" in own_course.notebook("release", ASSIGNMENT).read_text(encoding="utf-8")
    course_tool.main([*command, "--fresh"])
    assert "by Friday" not in own_course.notebook("release", ASSIGNMENT).read_text(encoding="utf-8")
    (kept,) = (own_course.root / "put-aside").iterdir()
    assert "by Friday" in Path(kept).read_text(encoding="utf-8")


def test_a_release_fails_as_a_whole(own_course, capsys):
    path = own_course.notebook("source", ASSIGNMENT)
    before = own_course.notebook("release", ASSIGNMENT).read_bytes()
    source = gradebook.read_source(path)
    cell_with(source.notebook, "left_after_20-check").metadata["nbgrader"].pop("points")
    cell_with(source.notebook, "dead_share").source = "### BEGIN SOLUTION\ndead_share = 1"
    cell_with(source.notebook, "sick_start").metadata["nbgrader"]["grade_id"] = "dead_share-check"
    nbformat.write(source.notebook, path)
    changed = path.read_bytes()
    assert course_tool.main(["release", "05", "--course", str(own_course.root)]) == 2
    told = capsys.readouterr().err
    assert "Mend this first" in told
    assert "(left_after_20-check) is graded, and does not say for how many points" in told
    assert "(dead_share): ### BEGIN SOLUTION has no end" in told
    assert "2 cells are called dead_share-check" in told
    assert own_course.notebook("release", ASSIGNMENT).read_bytes() == before
    assert path.read_bytes() == changed
    path.write_text("no notebook", encoding="utf-8")
    assert course_tool.main(["release", "05", "--course", str(own_course.root)]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "no notebook"
    assert course_tool.main(["release", "05", "--course", str(own_course.root), "--fresh"]) == 0
    (kept,) = (own_course.root / "put-aside").iterdir()
    assert kept.read_text(encoding="utf-8") == "no notebook"


def test_nothing_is_put_aside_where_the_new_release_fails(own_course, monkeypatch, capsys):
    path = own_course.notebook("source", ASSIGNMENT)
    source = gradebook.read_source(path)
    source.notebook.cells[0].source += " Mine."
    nbformat.write(source.notebook, path)
    monkeypatch.setattr(gradebook.Source, "complaints", lambda self: ["it is Sunday"])
    assert course_tool.main(["release", "05", "--course", str(own_course.root), "--fresh"]) == 2
    assert "it is Sunday" in capsys.readouterr().err
    assert "Mine." in path.read_text(encoding="utf-8")
    assert not (own_course.root / "put-aside").exists()


def test_a_zip_unpacks_to_no_more_than_one_notebook_may_have(own_course, monkeypatch):
    with zipfile.ZipFile(hand_in(own_course, "zip", "", name="all.zip"), "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.ipynb", f"{number}" * 400)
    source = gradebook.read_source(own_course.notebook("source", ASSIGNMENT))
    monkeypatch.setattr(submissions, "LARGEST_FILE", 1000)
    (path,) = (own_course.root / "submitted" / "zip" / ASSIGNMENT).iterdir()
    found = submissions.found_in_zip(path, own_course.root / "submitted")
    assert [one.name for one in found] == ["0.ipynb", "1.ipynb"]
    with pytest.raises(submissions.Refused, match="which of these notebooks counts"):
        submissions.find(own_course.root / "submitted", "zip", source)


def test_a_graded_cell_needs_no_line_of_points(own_course, capsys):
    path = own_course.notebook("source", ASSIGNMENT)
    source = gradebook.read_source(path)
    check = cell_with(source.notebook, "left_after_20-check")
    check.source = check.source.partition("\n")[2]
    nbformat.write(source.notebook, path)
    assert course_tool.main(["release", "05", "--course", str(own_course.root)]) == 0
    assert "2 points  left_after_20-check" in capsys.readouterr().out


def test_nothing_that_a_run_left_in_the_source_is_handed_out(own_course):
    path = own_course.notebook("source", ASSIGNMENT)
    notebook = gradebook.read_source(path).notebook
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"picture": "SOLUTION"}}}
    cell = cell_with(notebook, "he_with_dropout")
    cell.outputs = [nbformat.v4.new_output("stream", text="SOLUTION")]
    cell.metadata["seen"] = "SOLUTION"
    nbformat.write(notebook, path)
    course_tool.main(["release", "05", "--course", str(own_course.root)])
    assert "SOLUTION" not in own_course.notebook("release", ASSIGNMENT).read_text(encoding="utf-8")


# Points that are given by hand, and in part.


def with_an_essay(course):
    """Add an answer in code and one in words to the source, both to be graded by hand, and release it again."""
    path = course.notebook("source", ASSIGNMENT)
    notebook = gradebook.read_source(path).notebook
    for name, kind, points in (("by_hand", "code", 2), ("essay", "markdown", 3)):
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        mark = {"grade": True, "solution": True, "locked": False, "task": False, "points": points, "schema_version": 3}
        cell = new("Write your answer here.", id=name) if kind == "markdown" else new("mine = ...", id=name)
        cell.metadata["nbgrader"] = mark | {"grade_id": name, "cell_type": kind}
        notebook.cells.append(cell)
    nbformat.write(notebook, path)
    assert course_tool.main(["release", "05", "--course", str(course.root)]) == 0
    return course


def test_a_students_code_runs_outside_of_the_sandbox_in_no_cell(own_course, tmp_path, monkeypatch):
    """Whatever the marks say: neither in an answer that is graded by hand, nor with nbgrader's own command."""
    course = with_an_essay(own_course)
    trace = tmp_path / "outside"
    for own in (False, True):
        notebook = right(course)
        for cell in notebook.cells:
            if cell.cell_type == "code" and submissions.mark_of(cell) != "imports":
                cell.source += f"\nopen({str(trace)!r}, 'w').write('outside')"
        cell_with(notebook, "by_hand").metadata["nbgrader"] |= {"points": 0, "locked": True, "solution": own}
        hand_in(course, f"writes {own}", notebook)
    grade(course, "writes False")
    command = ["autograde", ASSIGNMENT, "--student=writes True"]
    told = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=course.root, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert not trace.exists()
    seen = course.notebook("autograded", ASSIGNMENT, "writes True").read_text(encoding="utf-8")
    assert "No such file or directory" in seen  # it ran, inside


def test_points_by_hand_are_asked_for_and_kept(own_course, capsys):
    course = with_an_essay(own_course)
    command = ["grade", "05", "--course", str(course.root)]
    notebook = right(course)
    cell_with(notebook, "essay").source = "Since the mean of squares counts."
    cell_with(notebook, "by_hand").source = "mine = 3"
    hand_in(course, "anna", notebook)
    capsys.readouterr()
    assert course_tool.main(command) == 0
    printed = capsys.readouterr().out
    assert "does the known solution get 10 points" in printed
    assert "anna: 10 of 15" in printed
    assert "to be graded by hand: 5 points (by_hand, essay)" in " ".join(printed.split())
    with gradebook.Gradebook(course.database) as book:
        for name, points in (("essay", 2.5), ("by_hand", 2)):
            found = book.find_grade(name, ASSIGNMENT, ASSIGNMENT, "anna")
            found.manual_score, found.needs_manual_grade = points, False
        book.db.commit()
    assert course_tool.main(command) == 0
    (row,) = csv.DictReader((course.root / "grades.csv").open(encoding="utf-8-sig", newline=""))
    assert (row["points"], row["note"]) == ("14.5", "")


@pytest.mark.parametrize("credit", ["2 * np.mean([left_after_20 < 1, left_after_20 < 0.01])", "left_after_20 and 1"])
def test_points_in_part_are_read_as_values(own_course, capsys, credit):
    """The known solution gets all; of a wrong answer, what it earned; a displayed np.float64(1.0) is a number."""
    path = own_course.notebook("source", ASSIGNMENT)
    source = gradebook.read_source(path)
    cell_with(
        source.notebook, "left_after_20-check"
    ).source = f"# 2 points: in part\nimport numpy as np\nassert left_after_20 is not ...\n{credit}"
    nbformat.write(source.notebook, path)
    course_tool.main(["release", "05", "--course", str(own_course.root)])
    hand_in(own_course, "half", put_answers(right(own_course), {"left_after_20": "left_after_20 = 0.5"}))
    capsys.readouterr()
    code = course_tool.main(["grade", "05", "--course", str(own_course.root)])
    if "mean" in credit:
        assert code == 0
        assert "half: 9 of 10" in capsys.readouterr().out
        assert "1 of 2 points" in (own_course.root / "grades.csv").read_text(encoding="utf-8")
    else:  # 1 of 2 points at best
        assert code == 2
        assert "left_after_20-check gives 1 points, and should give 2: 1 of 2 points" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "credit"),
    [
        (np.float64(1.0), 1),
        (np.float32(0.5), 0.5),
        (np.array(2), 2),
        (1, 1),
        (Fraction(1, 2), 0.5),
        (True, None),
        (np.True_, None),
        (None, None),
        ("text", None),
    ],
)
def test_what_counts_as_points_in_part(value, credit):
    assert execute.credit_of(value, 2) == credit


@pytest.mark.parametrize("value", [-1, 2.5, math.nan, np.float64("inf"), False, np.False_])
def test_what_can_be_no_points_in_part(value):
    with pytest.raises(ValueError, match="the last line"):
        execute.credit_of(value, 2)


# Late ones, nbgrader's own command, and other ways to lose a grade.


def test_a_late_submission_is_known_to_nbgrader(own_course):
    with (own_course.root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(
            "from nbgrader.plugins import BasePlugin\n\n\nclass AnHourIsAPoint(BasePlugin):\n"
            "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
            "        return total_seconds_late // 3600\n\n\n"
            "c.AssignLatePenalties.plugin_class = AnHourIsAPoint\n"
        )
    with gradebook.Gradebook(own_course.database) as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate="2026-11-01 12:00:00 UTC")
    path = hand_in(own_course, "late", right(own_course))
    (path.parent / "timestamp.txt").write_text("2026-11-01 15:30:00 UTC", encoding="utf-8")
    assert course_tool.main(["grade", "05", "--course", str(own_course.root)]) == 0
    (row,) = csv.DictReader((own_course.root / "grades.csv").open(encoding="utf-8-sig", newline=""))
    assert (row["points"], row["note"]) == ("7", "3 points less, since it was late")


def test_nbgraders_own_command_holds_at_a_copied_cell(own_course):
    notebook = right(own_course)
    copied = nbformat.from_dict(cell_with(notebook, "dead_share-check"))
    copied.id = "copied"
    notebook.cells.append(copied)
    hand_in(own_course, "anna copied", notebook)
    hand_in(own_course, "ben behind", right(own_course))
    command = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT]
    told = subprocess.run(command, cwd=own_course.root, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    source = gradebook.read_source(own_course.notebook("source", ASSIGNMENT))
    for student in ("anna copied", "ben behind"):
        assert gradebook.given(own_course, source, student).total == FULL


def ends_for_two(course, source, student, unsafe):
    """Grade a student, or end this process at one who is called two."""
    if student == "two":
        os._exit(1)
    return run.Grade(student, {"a": 1.0})


def test_a_process_that_ends_costs_the_one_who_ends_it_and_nobody_else(own_course):
    source = gradebook.read_source(own_course.notebook("source", ASSIGNMENT))
    said = []
    grades = run.grade_all(own_course, source, ["one", "two", "three"], tell=said.append, grader=ends_for_two)
    assert {grade.student: bool(grade.refused) for grade in grades} == {"one": False, "two": True, "three": False}
    given = run.read_ledger(run.ledger_path(own_course, ASSIGNMENT))
    assert sorted(grade.student for grade in given) == ["one", "three"]
    assert len(said) == 3


def test_where_nobody_is_to_be_graded_no_process_is_started(own_course, monkeypatch):
    monkeypatch.setattr(run, "processes", lambda *_: pytest.fail("it takes seconds to start one"))
    source = gradebook.read_source(own_course.notebook("source", ASSIGNMENT))
    assert run.grade_all(own_course, source, []) == []


def test_the_hint_of_one_student_is_not_made_stronger_by_another(own_course):
    first = []
    for student in ("anna", "ben"):
        hand_in(own_course, student, put_answers(right(own_course), {"left_after_20": "left_after_20 = 0.72"}))
        grade(own_course, student)
        notebook = nbformat.read(own_course.notebook("autograded", ASSIGNMENT, student), as_version=4)
        first.append([output.get("text") for output in cell_with(notebook, "left_after_20-check").outputs])
    assert first[0] == first[1]


def test_the_printed_commands_can_be_typed(tmp_path, capsys):
    folder = tmp_path / "my course; it's [new]"
    assert course_tool.main(["grade", "05", "--course", str(folder)]) == 2
    printed = capsys.readouterr().err.strip()
    assert shlex.split(printed.rpartition("First: ")[2])[-2:] == ["--course", str(folder)]
    course_tool.main(["release", "05", "--course", str(folder)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Then")]
    assert shlex.split(line)[-2:] == ["--course", str(folder)]


LEAKS = """
import builtins, ctypes, os, random, sys, threading
import numpy as np
builtins.leaked = np.leaked = os.leaked = True
np.mean = lambda *_, **__: 0.0
os.environ["LEAKED"] = "1"
sys.path.insert(0, "/tmp")
for place in ("/tmp/leaked", "/dev/shm/leaked", "/tmp/leaked.py", "/run/leaked", "/course/leaked"):
    try:
        open(place, "w").write("leaked = True")
    except OSError:
        pass
segment = ctypes.CDLL(None).shmget(4711, 100, 0o1666)
np.random.seed(1), random.seed(1)
"""

LOOKS = """
import builtins, ctypes, glob, os, random, sys
import numpy as np
segment = ctypes.CDLL(None).shmget(4711, 100, 0o666)
found = [hasattr(builtins, "leaked"), hasattr(np, "leaked"), hasattr(os, "leaked"), np.mean([2.0]) != 2, segment >= 0]
found += [name for name in os.environ if name == "LEAKED"] + glob.glob("/*/*leaked*") + glob.glob("/dev/shm/*")
found += [path for path in sys.path if path == "/tmp"]
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, 2, os.getpid())]
numbers = [np.random.random(), random.random()]
"""


def test_nothing_of_one_student_reaches_the_next_who_gets_a_copy_of_the_same_process():
    numbers = []
    with Session() as first:
        first.run(LEAKS)
        for _ in range(2):
            with Session() as second:  # also while the first one is there
                assert second.run(LOOKS) == ([], "")
                assert not any(second.look_up("found")), second.look_up("found")
                assert second.look_up("others") == []
                numbers.append(second.look_up("numbers"))
    assert numbers[0] != numbers[1]  # processes that are copied alike do not draw alike


def test_a_sandbox_made_ahead_is_used_once_and_replaced_where_it_has_ended():
    used = [sandbox.fresh_sandbox() for _ in range(2)]
    assert used[0].inside != used[1].inside
    (spare,) = sandbox.SPARE
    spare.wait()
    os.kill(spare.inside, signal.SIGKILL)
    spare.process.wait()
    used.append(sandbox.fresh_sandbox())
    assert used[2] is not spare
    assert used[2].process.poll() is None
    assert len(sandbox.SPARE) == 1
    for taken in used:
        taken.close()


def test_statements_are_compiled_for_the_first_student_alone(own_course):
    compiled = []
    for student in ("anna", "ben", "cleo"):
        hand_in(own_course, student, right(own_course))
        assert grade(own_course, student).total == FULL
        compiled.append(len(database.COMPILED))
    assert 0 < compiled[0] == compiled[1] == compiled[2]


PRIVILEGES = """
import ctypes, os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
capabilities = [status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
no_new = status["NoNewPrivs"].strip()
namespaces = {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")}
user, group = os.getuid(), os.getgid()
files = sorted(os.readlink(f"/proc/self/fd/{number}").partition(":")[0] for number in range(30)
               if os.path.lexists(f"/proc/self/fd/{number}"))
new_namespace = ctypes.CDLL(None).unshare(0x10000000)
parent = os.getppid()
"""


def test_what_enters_a_sandbox_keeps_no_privilege_no_file_and_no_namespace_of_outside():
    with Session() as session:
        assert session.run(PRIVILEGES) == ([], "")
        found = {name: session.look_up(name) for name in ("capabilities", "no_new", "namespaces", "files", "parent")}
        assert (session.look_up("user"), session.look_up("group")) == (1000, 1000)
        assert session.look_up("new_namespace") == -1
        hidden = [str(HOSTILE_CELLS), str(Path.home() / ".ssh")]
        session.run(f"import os\nseen = [os.path.exists(place) for place in {hidden}]")
        assert session.look_up("seen") == [False, False]
    assert found["capabilities"] == ["0" * 16] * 5
    assert found["no_new"] == "1"
    assert found["parent"] == 0  # outside, where it cannot be seen
    assert set(found["files"]) <= {"/dev/null", "pipe"}
    assert found["files"].count("pipe") == 2  # questions and answers
    ours = {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")}
    shared = {name for name in ours if found["namespaces"].get(name) == ours[name]}
    assert shared <= {"time", "time_for_children"}  # bubblewrap has none of its own for the clock
