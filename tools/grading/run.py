"""Grade all that lies in submitted/, two at a time, each once; an interruption loses no grade that was given.

What one student handed in, or is called, costs no other student anything: each is found, read and graded in a `try` of
their own, and has one row in grades.csv.
"""

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, fields
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import nbformat

from tools.grading import gradebook, submissions
from tools.grading.sandbox import fork_server
from tools.grading.submissions import Refused
from tools.grading.text import harmless_in_csv, printable, say

KNOWN_SOLUTION, UNTOUCHED = "known-solution", "untouched"


@dataclass
class Grade:
    """What one student's submission got, or why it could not be graded (`refused`)."""

    student: str
    points: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    refused: str = ""
    seconds: float = 0.0
    digest: str = ""
    source: str = ""
    penalty: float = 0.0

    @property
    def total(self):
        return sum(self.points.values()) - self.penalty


class NotReady(RuntimeError):
    """Nobody is graded: the message says what to mend first."""


def grade_one(course, source, student, unsafe=False):
    """Grade one student's submission; what cannot be graded comes back refused, with what to do."""
    start = time.perf_counter()
    grade = Grade(student, source=digest_of(course.notebook("source", source.name).read_bytes()))
    try:
        found, notes = submissions.find(course.root / "submitted", student, source)
        grade.digest = digest_of_found(found)
        submission = submissions.read(course.root / "submitted", student, source, found, notes)
        gradebook.autograde(course, submission, source, unsafe)
        given = gradebook.given(course, source, student)
        notebook = gradebook.graded_notebook(course, source, student)
        grade.points, grade.penalty = given.points, given.penalty
        grade.failed = {name: printable(text) for name, text in gradebook.reasons(source, notebook).items()}
        grade.notes = [*submission.notes, *gradebook.notes_in(notebook)]
    except Refused as refusal:
        grade.refused = printable(str(refusal))
    except Exception as error:  # never a silent 0, and never the end of everybody's grading
        grade.points = {}
        place = course.root / "submitted" / student
        grade.refused = printable(
            f"grading it failed ({type(error).__name__}: {first_line(error)}). Look at {place}, and report this"
        )
    grade.seconds = time.perf_counter() - start
    return grade


def first_line(error):
    return (str(error).strip().splitlines() or ["no words"])[0][:200]


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


def digest_of_found(found):
    """Return a digest of a submission, of the notebook alone where nothing lies beside it."""
    digest = hashlib.sha256(found.raw)
    for name, content in sorted(found.files.items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


# What was given, a line each, never changed: an interrupted run goes on behind the last line.


def ledger_path(course, assignment):
    return course.root / "grading" / f"{assignment}.jsonl"


def read_ledger(path):
    """Return the grades that were given, oldest first. A last line that was cut off by an interruption is left out."""
    if not path.exists():
        return []
    known = {item.name for item in fields(Grade)}
    grades = []
    for line in path.read_bytes().split(b"\n"):  # and not at what Python takes for the end of a line besides
        try:
            written = json.loads(line)
            grades.append(Grade(**{name: value for name, value in written.items() if name in known}))
        except (ValueError, TypeError, AttributeError):
            continue
    return grades


def append(path, grade):
    """Write a grade behind the others, whole, before anything else happens."""
    path.parent.mkdir(exist_ok=True)
    cut_off = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="ascii") as file:  # JSON can write any name in ASCII
        file.write(("\n" if cut_off else "") + json.dumps(asdict(grade)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def latest(grades):
    """Return each student's last grade."""
    return {grade.student: grade for grade in grades}


# All of them.


def check_source(course, source, unsafe=False):
    """Raise NotReady unless the known solution gets all points that are given here, and the untouched notebook none.

    Both go the whole way that a submission goes, in a course folder of their own.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = gradebook.Course(Path(folder))
        trial.create(beside=course)
        try:
            released = nbformat.read(gradebook.release(trial, source), as_version=4)
        except gradebook.BadSource as problem:
            raise NotReady(str(problem)) from problem
        got = {}
        for student, notebook in ((KNOWN_SOLUTION, source.notebook), (UNTOUCHED, released)):
            path = trial.notebook("submitted", source.name, student)
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
            got[student] = grade_one(trial, source, student, unsafe=unsafe)
    most = {name: gradebook.points_in(cell) for name, cell in source.tests.items()}
    check_points(got[KNOWN_SOLUTION], most, most)
    check_points(got[UNTOUCHED], dict.fromkeys(most, 0), most)


def check_points(grade, wanted, most):
    """Raise NotReady, with the reasons, unless each test gave the points that are wanted."""
    got = {name: grade.points.get(name, 0) for name in wanted}
    if not grade.refused and got == wanted:
        return
    why = [grade.refused] if grade.refused else []
    for name in wanted:
        if got[name] != wanted[name]:
            said = f": {grade.failed[name]}" if name in grade.failed else ""
            why.append(f"{name} gives {got[name]:g} points, and should give {wanted[name]:g}{said}")
    raise NotReady(
        f"the {grade.student.replace('-', ' ')} gets {sum(got.values()):g} points, and should get "
        f"{sum(wanted.values()):g} of {sum(most.values()):g}. Nobody was graded. Mend this first:\n  "
        + "\n  ".join(why)
    )


def waiting(course, source, again=False):
    """Return the students whose submission has no grade yet, and those who have one that stands."""
    given = latest(read_ledger(ledger_path(course, source.name)))
    to_grade, graded = [], []
    for student in submissions.students(course.root / "submitted"):
        stands = student in given and not again and given[student].digest == digest_now(course, source, student)
        (graded if stands else to_grade).append(student)
    return to_grade, graded


def digest_now(course, source, student):
    """Return the digest of what a student has handed in, None where it cannot be read: grading it says why."""
    try:
        return digest_of_found(submissions.find(course.root / "submitted", student, source)[0])
    except (Refused, OSError, ValueError):
        return None


def grade_all(course, source, students, *, at_once=2, unsafe=False, tell=say, grader=grade_one, pool=None):
    """Grade these students, tell of each as it is done, and return the grades. Ctrl-C ends it after those under way.

    `pool` is what `processes` has returned, where it was begun before.
    """
    path = ledger_path(course, source.name)
    before = latest(read_ledger(path))
    grades, left = [], list(students)

    def take(grade):
        if not grade.refused:
            append(path, grade)
        grades.append(grade)
        left.remove(grade.student)
        tell(f"[{len(grades)}/{len(students)}] {progress_line(grade, source, before.get(grade.student))}")

    try:
        if students:
            grade_together(course, source, students, pool or processes(at_once, unsafe), unsafe, grader, take)
        for student in list(left):  # a process has ended, and which of them ended it cannot be known: one at a time
            grade_together(course, source, [student], processes(1, unsafe), unsafe, grader, take)
            if student in left:
                take(Grade(student, refused="it ends the process that grades it. Look at it, and report this"))
    except KeyboardInterrupt:
        tell("Stopped after the submissions under way. What is graded stays; the same command goes on from here.")
        raise
    return grades


def grade_together(course, source, students, pool, unsafe, grader, take):
    """Grade these students and `take` each grade. Where a process ends, the others are left out."""
    with pool:
        under_way = {pool.submit(grader, course, source, student, unsafe): student for student in students}
        taken = set()
        try:
            for done in as_completed(under_way):
                taken.add(done)
                take(done.result())
        except BrokenProcessPool:
            return
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for done in under_way:
                if done not in taken and not done.cancelled():
                    take(done.result())
            raise


def processes(at_once, unsafe=False):
    """Return a pool of processes that grade, which begin to get ready now: it takes each of them seconds."""
    if "forkserver" in get_all_start_methods():
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__])  # imported once, and not in each
    else:
        context = get_context("spawn")
    pool = ProcessPoolExecutor(at_once, context, initializer=get_ready, initargs=(unsafe,))
    pool.submit(os.getpid)  # a pool starts its processes when there is work
    return pool


def get_ready(unsafe):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not unsafe:
        fork_server().start()


def progress_line(grade, source, before=None):
    """Return the line of progress for a grade."""
    student = printable(grade.student)
    if grade.refused:
        return f"{student}: not graded. {grade.refused}"
    was = f", was {before.total:g}" if before and before.total != grade.total else ""
    return f"{student}: {grade.total:g} of {source.most_points:g}{was}, {grade.seconds:.1f} s"


# grades.csv: what the gradebook holds now, so that points given by hand count.

COLUMNS = ("assignment", "student", "points", "of", "failed", "note")


def rows(course, source, refusals):
    """Return the rows of an assignment: the graded ones as the gradebook has them now, then those without a grade."""
    graded = latest(read_ledger(ledger_path(course, source.name)))
    return [row_of(course, source, student, graded.get(student), refusals) for student in sorted(graded | refusals)]


def row_of(course, source, student, grade, refusals):
    most = f"{source.most_points:g}"
    if grade is None:
        return [source.name, printable(student), "", most, "", f"NOT GRADED: {refusals[student]}"]
    notes = list(grade.notes)
    if student in refusals:
        notes.append(f"a newer submission is not graded: {refusals[student]}")
    try:
        given = gradebook.given(course, source, student)
    except Exception as problem:  # the gradebook was taken away, or holds another release
        notes.append(f"as it was graded; the gradebook has nothing now ({type(problem).__name__})")
        given = gradebook.Given(grade.points, [], grade.penalty)
    if given.waiting:
        points = sum(gradebook.points_in(source.by_hand[name]) for name in given.waiting)
        notes.append(f"to be graded by hand: {points:g} points ({', '.join(given.waiting)})")
    if given.penalty:
        notes.append(f"{given.penalty:g} points less, since it was late")
    failed = "; ".join(f"{name}: {text}" for name, text in grade.failed.items())
    return [source.name, printable(student), f"{given.total:g}", most, failed, "; ".join(notes)]


def put_aside(path, course):
    """Move a file into put-aside/, under a name that is free, and return where it is."""
    folder = course.root / "put-aside"
    folder.mkdir(exist_ok=True)
    number = 1
    while (kept := folder / f"{path.stem}-{number}{path.suffix}").exists():
        number += 1
    return Path(shutil.move(path, kept))


def write_csv(course, source, new_rows):
    """Write grades.csv in one step; rows of other assignments stay, and another program's grades.csv is put aside.

    It begins with a byte order mark, by which Excel knows that it is UTF-8.
    """
    path = course.root / "grades.csv"
    kept = rows_of_others(path, source)
    if kept is None:
        put_aside(path, course)
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *sorted((kept or []) + [list(map(harmless_in_csv, row)) for row in new_rows])])
    temporary = path.with_name(".grades.csv.new")
    temporary.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
    os.replace(temporary, path)
    return path


def rows_of_others(path, source):
    """Return the rows of other assignments in a grades.csv of ours, None where it is another program's."""
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *there = list(csv.reader(file)) or [[]]
    except (ValueError, csv.Error):
        return None
    if tuple(header) != COLUMNS:
        return None
    return [row for row in there if row and row[0] != source.name]
