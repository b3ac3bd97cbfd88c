"""What real use hands in (odd.py): in one run, each gets one row, the right points and a note, and leaves no trace."""

import csv
import json
import re
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from tests.support import needs, odd
from tools import cli as course_tool
from tools.grading import gradebook, run, sandbox, submissions
from tools.grading.text import harmless_in_csv, nbgrader_id, printable

MARKED = ("he_with_dropout", "left_after_20", "dead_share", "sick_start")


@pytest.fixture(scope="module", autouse=True)
def sandbox_is_here():
    needs.linux("students' code is graded in bubblewrap's sandbox")
    try:
        sandbox.check_sandbox()
    except sandbox.NoSandbox as told:
        needs.missing(str(told))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in a folder whose name is no plain one, with exercise 05 released and cells that end after 2 s."""
    root = tmp_path_factory.mktemp("spring [2026]") / "what? 100% #1"
    assert course_tool.main(["release", "05", "--course", str(root)]) == 0
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("c.SandboxedExecute.cell_seconds, c.SandboxedExecute.call_seconds = 2, 2\n")
        file.write("c.SandboxedExecute.own_seconds = 10\n")
    return gradebook.Course(root)


@pytest.fixture(scope="module")
def source(course):
    return gradebook.read_source(course.notebook("source", odd.ASSIGNMENT))


@pytest.fixture(scope="module")
def solved(course, source):
    """Return the text of the released notebook with right answers."""
    notebook = json.loads(course.notebook("release", odd.ASSIGNMENT).read_text(encoding="utf-8"))
    for name in MARKED:
        odd.cell(notebook, name)["source"] = source.marked[name].source
    return json.dumps(notebook)


def times_beside_this_file():
    """Return when each file of the checkout's folder of tests was last written, but what Python itself writes there."""
    return {path: path.stat().st_mtime_ns for path in Path(__file__).parent.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def graded(course, solved):
    """Return the rows of grades.csv for each odd submission, by its function's name, after one run of the command."""
    before = times_beside_this_file()
    names = {case: make(json.loads(solved), course.root / "submitted") for case, (make, _, _) in odd.ODD.items()}
    code = course_tool.main(["grade", "05", "--course", str(course.root)])
    assert code == 1  # some were refused
    assert times_beside_this_file() == before
    with (course.root / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(odd.ODD)
    by_student = {row["student"]: row for row in rows}
    return {case: by_student[harmless_in_csv(printable(name))] for case, name in names.items()}


@pytest.mark.parametrize("case", odd.ODD)
def test_each_gets_its_points_and_a_line_that_says_why(graded, case):
    _, points, mentioned = odd.ODD[case]
    row = graded[case]
    assert row["points"] == ("" if points is None else str(points)), row
    assert row["note"].startswith("NOT GRADED: ") == (points is None)
    assert (row["failed"] == "") == (points in (10, None))
    for words in mentioned:
        assert words in row["note"]


def test_nothing_outside_of_the_sandbox_is_touched(course, graded):
    for place in (course.root, Path(__file__).parent, *map(Path, ("/tmp", "/var/tmp", "/dev/shm"))):
        assert not (place / "step-zero-trace").exists()
    assert {path.name for path in course.root.parent.iterdir()} == {course.root.name}


def test_nothing_leaks_from_one_student_to_the_next(course, graded):
    seen = course.notebook("autograded", odd.ASSIGNMENT, "looks").read_text(encoding="utf-8")
    assert "traces: []" in seen


def test_feedback_is_where_it_is_looked_for(course, graded):
    for student in ("[late] anna", "anna*", "anna ", "loose"):
        assert (course.root / "feedback" / student / odd.ASSIGNMENT / f"{odd.ASSIGNMENT}.html").is_file()


def test_a_second_run_grades_none_of_them_again(course, graded, source):
    to_grade, done = run.waiting(course, source)
    refused = sum(points is None for _, points, _ in odd.ODD.values())
    assert (len(to_grade), len(done)) == (refused, len(odd.ODD) - refused)


# Whatever a student is called and hands in: one row, and everybody else's as it was.

NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=40).filter(
    lambda name: submissions.is_looked_at(name) and name not in (".", "..")
)
RAW_NAMES = st.binary(min_size=1, max_size=40).map(lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=("L", "Cs", "Cc", "Z"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["cell_type", "id", "metadata", "source", "outputs", "execution_count", "attachments"])
PLACES = st.integers(min_value=0, max_value=30)


@st.composite
def damaged(draw):
    """How to damage a notebook: values for keys of the notebook, and for keys of its cells."""
    whole = draw(
        st.dictionaries(st.sampled_from(["nbformat", "nbformat_minor", "metadata", "cells"]), JSON, max_size=1)
    )
    cells = draw(st.lists(st.tuples(PLACES, KEYS, JSON), max_size=6))
    return whole, cells


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(NAMES, min_size=1, max_size=5), raw=RAW_NAMES, damage=damaged())
def test_whatever_is_handed_in_is_read_or_refused(tmp_path_factory, solved, source, names, raw, damage):
    """The way from submitted/ to the notebook that is graded, which costs no sandbox and so can be tried often."""
    submitted = tmp_path_factory.mktemp("any") / "submitted"
    submitted.mkdir()
    students = []
    for name in [*names, raw.decode("utf-8", "surrogateescape")]:
        try:
            students.append(odd.put(submitted, name, damage_of(solved, damage)))
        except OSError:  # no name for a file here
            continue
        except UnicodeEncodeError:  # no name for a file anywhere
            continue
    found = submissions.students(submitted)
    assert set(found) <= set(students)
    assert len({nbgrader_id(student) for student in found}) == len(found)
    for student in found:
        assert re.fullmatch(r"[^*?\[\]/\n]{1,130}", nbgrader_id(student))
        try:
            submission = submissions.read(submitted, student, source)
        except submissions.Refused:
            continue
        gradebook.nbformat.validate(submission.notebook)
        gradebook.nbformat.writes(submission.notebook).encode()
        tests = [cell for cell in submission.notebook.cells if submissions.mark_of(cell) in source.tests]
        assert len(tests) == len(source.tests)


def damage_of(solved, damage):
    notebook = json.loads(solved)
    whole, cells = damage
    for place, key, value in cells:
        if place < len(notebook["cells"]):
            notebook["cells"][place][key] = value
    return notebook | whole


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=NAMES, damage=damaged(), text=st.text(st.characters(categories=("L", "Cs", "Cc", "Z", "P"))))
def test_the_whole_way_from_submitted_to_a_row(tmp_path_factory, course, solved, source, name, damage, text):
    root = tmp_path_factory.mktemp("whole")
    own = gradebook.Course(root)
    for part in ("source", "nbgrader_config.py", "gradebook.db"):
        (root / part).symlink_to(course.root / part)
    (root / "submitted").mkdir()
    notebook = damage_of(solved, damage)
    if isinstance(notebook.get("cells"), list):
        odd.at_end(notebook, f"print({text!r})", f"raise ValueError({text!r})")
    try:
        odd.put(root / "submitted", name, notebook)
    except (OSError, UnicodeEncodeError):
        return
    odd.put(root / "submitted", "somebody else", json.loads(solved))
    rows = []
    for student in submissions.students(root / "submitted"):
        grade = run.grade_one(own, source, student)
        assert "grading it failed" not in grade.refused
        if not grade.refused:
            run.append(run.ledger_path(own, source.name), grade)
        refusals = {student: grade.refused} if grade.refused else {}
        rows.append(run.row_of(own, source, student, None if grade.refused else grade, refusals))
    path = run.write_csv(own, source, rows)
    with path.open(encoding="utf-8-sig", newline="") as file:
        written = {row["student"]: row["points"] for row in csv.DictReader(file)}
    assert len(written) == len(rows)
    assert written["somebody else"] == "10"
