"""Grade all that lies in submitted/, two at a time, each once; an interruption loses no grade that was given."""

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
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path

import nbformat

from tools.grading import gradebook, submissions
from tools.grading.submissions import Refused

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

    @property
    def total(self):
        return sum(self.points.values())


class NotReady(RuntimeError):
    """Nobody is graded: the message says what to mend first."""


def grade_one(course, source, student, unsafe=False):
    """Grade one student's submission; what cannot be graded comes back refused, with what to do."""
    start = time.perf_counter()
    folder = course.root / "submitted" / student / source.name
    grade = Grade(student, source=digest_of(course.notebook("source", source.name)))
    try:
        submission = submissions.read(folder, student, source)
        grade.digest = digest_of(submission.path)
        grade.points = gradebook.autograde(course, submission, source, unsafe)
        grade.failed = gradebook.reasons(course, source, student)
        grade.notes = submission.notes
    except Refused as refusal:
        grade.refused = str(refusal)
    except Exception as error:  # never a silent 0, and never the end of everybody's grading
        grade.points = {}
        grade.refused = (
            f"grading it failed ({type(error).__name__}: {first_line(error)}). Look at {folder}, and report this"
        )
    grade.seconds = time.perf_counter() - start
    return grade


def first_line(error):
    return (str(error).strip().splitlines() or ["no words"])[0][:200]


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# What was given, a line each, never changed: an interrupted run goes on behind the last line.


def ledger_path(course, assignment):
    return course.root / "grading" / f"{assignment}.jsonl"


def read_ledger(path):
    """Return the grades that were given, oldest first. A last line that was cut off by an interruption is left out."""
    if not path.exists():
        return []
    grades = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            grades.append(Grade(**json.loads(line)))
        except ValueError:
            continue
    return grades


def append(path, grade):
    """Write a grade behind the others, whole, before anything else happens."""
    path.parent.mkdir(exist_ok=True)
    cut_off = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if cut_off else "") + json.dumps(asdict(grade), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def latest(grades):
    """Return each student's last grade."""
    return {grade.student: grade for grade in grades}


# All of them.


def check_source(course, source, unsafe=False):
    """Raise NotReady unless the known solution gets full marks and the untouched notebook none.

    Both go the whole way that a submission goes, in a course folder of their own.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = gradebook.Course(Path(folder))
        shutil.copy(course.root / "nbgrader_config.py", folder)
        trial.create()
        released = nbformat.read(gradebook.release(trial, source), as_version=4)
        got = {}
        for student, notebook in ((KNOWN_SOLUTION, source.notebook), (UNTOUCHED, released)):
            path = trial.notebook("submitted", source.name, student)
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
            got[student] = grade_one(trial, source, student, unsafe=unsafe)
    for student, wanted in ((KNOWN_SOLUTION, source.most_points), (UNTOUCHED, 0)):
        grade = got[student]
        if grade.refused or grade.total != wanted:
            why = [grade.refused] if grade.refused else [f"{name}: {text}" for name, text in grade.failed.items()]
            raise NotReady(
                f"the {student.replace('-', ' ')} gets {grade.total:g} points, and should get {wanted:g} of "
                f"{source.most_points:g}. Nobody was graded. Mend this first:\n  " + "\n  ".join(why)
            )


def waiting(course, source, again=False):
    """Return the students whose submission has no grade yet, and those who have one that stands."""
    given = latest(read_ledger(ledger_path(course, source.name)))
    to_grade, graded = [], []
    for student in submissions.students(course.root / "submitted"):
        folder = course.root / "submitted" / student / source.name
        try:
            path, _ = submissions.find(folder, source.name)
            stands = student in given and given[student].digest == digest_of(path)
        except Refused:
            stands = False
        (graded if stands and not again else to_grade).append(student)
    return to_grade, graded


def grade_all(course, source, students, *, at_once=2, unsafe=False, tell=print):
    """Grade these students, tell of each as it is done, and return the grades. Ctrl-C ends it after those under way."""
    path = ledger_path(course, source.name)
    before = latest(read_ledger(path))
    grades = []
    with ProcessPoolExecutor(at_once, get_context("spawn"), initializer=ignore_interrupts) as pool:
        under_way = [pool.submit(grade_one, course, source, student, unsafe=unsafe) for student in students]
        try:
            for number, done in enumerate(as_completed(under_way), start=1):
                grade = done.result()
                if not grade.refused:
                    append(path, grade)
                grades.append(grade)
                tell(f"[{number}/{len(students)}] {told(grade, source, before.get(grade.student))}")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            tell("Stopping after the submissions under way. What is graded stays; the same command goes on from here.")
            for done in under_way:
                if not done.cancelled() and not (grade := done.result()).refused:
                    append(path, grade)
            raise
    return grades


def ignore_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def told(grade, source, before=None):
    """Return the line of progress for a grade."""
    if grade.refused:
        return f"{grade.student}: not graded. {grade.refused}"
    was = f", was {before.total:g}" if before and before.total != grade.total else ""
    return f"{grade.student}: {grade.total:g} of {source.most_points:g}{was}, {grade.seconds:.1f} s"


# grades.csv: what the gradebook holds now, so that points given by hand count.

COLUMNS = ("assignment", "student", "points", "of", "failed", "note")


def rows(course, source, refusals):
    """Return the rows of an assignment: the graded ones as the gradebook has them now, then those without a grade."""
    given = latest(read_ledger(ledger_path(course, source.name)))
    found = []
    for student in sorted(given | refusals):
        note = list(given[student].notes) if student in given else []
        if student not in given:
            found.append([source.name, student, "", f"{source.most_points:g}", "", f"NOT GRADED: {refusals[student]}"])
            continue
        if student in refusals:
            note.append(f"a newer submission is not graded: {refusals[student]}")
        points = gradebook.points(course, source, student)
        failed = "; ".join(f"{name}: {text}" for name, text in given[student].failed.items())
        total = f"{sum(points.values()):g}"
        found.append([source.name, student, total, f"{source.most_points:g}", failed, "; ".join(note)])
    return found


def put_aside(path, course):
    """Move a file into put-aside/, under a name that is free, and return where it is."""
    folder = course.root / "put-aside"
    folder.mkdir(exist_ok=True)
    number = 1
    while (kept := folder / f"{path.stem}-{number}{path.suffix}").exists():
        number += 1
    return Path(shutil.move(path, kept))


def write_csv(course, source, new_rows):
    """Write grades.csv in one step; rows of other assignments stay, and another program's grades.csv is put aside."""
    path = course.root / "grades.csv"
    kept = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            header, *there = list(csv.reader(file)) or [[]]
        if tuple(header) == COLUMNS:
            kept = [row for row in there if row and row[0] != source.name]
        else:
            put_aside(path, course)
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *sorted(kept + new_rows)])
    temporary = path.with_name(".grades.csv.new")
    temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
    os.replace(temporary, path)
    return path
