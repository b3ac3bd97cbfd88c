"""For instructors: hand out exercises and grade what comes back. INSTRUCTORS.md tells how this goes together."""

import shlex
import sys
import time
from pathlib import Path

from tools.course import NotebookError
from tools.course.places import SOLUTIONS, find
from tools.course.solutions import points_of
from tools.grading.text import say

DEFAULT_COURSE = Path("course")


def release(name, folder, fresh=False):
    """Put the assignment and its student's version into the course folder, which is made if it is not there."""
    from tools.grading import gradebook, run

    source = gradebook.source_from(find(name, SOLUTIONS))
    course = gradebook.Course(folder.resolve())
    course.create()
    there = course.notebook("source", source.name)
    changed = False
    try:
        changed = there.exists() and not is_the_same(gradebook, there, source)
        if changed and not fresh:
            source = gradebook.read_source(there)
        gradebook.try_release(course, source)
    except gradebook.BadSource as problem:
        say(str(problem), sys.stderr)
        return 2
    if changed and fresh:
        say(f"The course's own source was put aside as {run.put_aside(there, course)}")
    elif changed:
        say(f"{there.relative_to(course.root)} is not as in the checkout, and is released as it is there.")
        say("  To take the checkout's instead, and put this one aside: --fresh")
    student_version = gradebook.make_release(course, source)
    for cell in [*source.tests.values(), *source.by_hand.values()]:
        say(f"  {points_line(gradebook, source, cell)}")
    say(f"{source.name}: {source.most_points:g} points")
    say(f"Hand out  {student_version}")
    say(f"Collect   {course.root / 'submitted' / 'STUDENT' / source.name / student_version.name}")
    say(f"Then      step-zero grade {name}{course_option(folder)}")
    return 0


def is_the_same(gradebook, path, source):
    """Say whether the source in the course is the checkout's; one that cannot be read is not."""
    try:
        return gradebook.read_source(path).notebook == source.notebook
    except gradebook.BadSource:
        return False


def points_line(gradebook, source, cell):
    """Return what a graded cell gives points for."""
    points, name = gradebook.points_in(cell), gradebook.mark_of(cell)
    _, what_for = points_of(cell.source) or (points, name)
    by_hand = " (by hand)" if name in source.by_hand else ""
    return f"{points:g} {'point ' if points == 1 else 'points'}  {what_for}{by_hand}"


def course_option(folder):
    return "" if folder == DEFAULT_COURSE else f" --course {shlex.quote(str(folder))}"


def grade(name, folder, *, again=False, unsafe=False, at_once=2):
    """Grade what lies in submitted/ and has no grade yet; return 0 if everything could be graded."""
    from tools.grading import gradebook, run
    from tools.grading.sandbox import NoSandbox, check_sandbox

    course, pool = gradebook.Course(folder.resolve()), None
    try:
        if unsafe:
            say("WARNING: no sandbox. Students' code runs with all your rights: it can read and change your files.")
        else:
            check_sandbox([course.root])
        source = gradebook.read_source(find(name, course.root / "source" / assignment_folder(course, name, folder)))
        to_grade, graded = run.waiting(course, source, again)
        pool = run.processes(min(at_once, len(to_grade)), unsafe) if to_grade else None
        most = sum(map(gradebook.points_in, source.tests.values()))
        say(f"{source.name}: does the known solution get {most:g} points, and the untouched notebook 0?")
        run.check_source(course, source, unsafe)
    except (NoSandbox, NotebookError, gradebook.BadSource, run.NotReady) as problem:
        say(str(problem), sys.stderr)
        if pool:
            pool.shutdown()
        return 2
    say(f"Yes. To grade: {len(to_grade)}; graded before: {len(graded)}.")
    start = time.perf_counter()
    interrupted = False
    try:
        grades = run.grade_all(course, source, to_grade, at_once=at_once, unsafe=unsafe, pool=pool)
    except KeyboardInterrupt:
        interrupted, grades = True, []
    return report(course, source, grades, time.perf_counter() - start, interrupted)


def assignment_folder(course, name, folder):
    """Return the folder in source/ that `name`, a number or a whole name, means."""
    released = sorted(path.name for path in (course.root / "source").glob("*/"))
    for candidate in released:
        if name == candidate or candidate.startswith(f"{name}_"):
            return candidate
    listed = ", ".join(released) or "nothing yet"
    raise NotebookError(
        f"{name!r} is not released in {course.root} (released: {listed}). First: step-zero release "
        f"{shlex.quote(name)}{course_option(folder)}"
    )


def report(course, source, grades, seconds, interrupted):
    """Write grades.csv, print the table, and return the exit code."""
    from helpers.tables import table
    from tools.grading import run

    refusals = {grade.student: grade.refused for grade in grades if grade.refused}
    rows = run.rows(course, source, refusals)
    path = run.write_csv(course, source, rows)
    graded = run.latest(run.read_ledger(run.ledger_path(course, source.name)))
    lines = []
    for (_, shown, points, most, _, note), student in zip(rows, sorted(graded | refusals), strict=True):
        grade = graded.get(student, run.Grade(student))
        names = ", ".join(name.removesuffix("-check") for name in grade.failed)
        took = f"{grade.seconds:.1f} s" if student in graded else ""
        lines.append([shown, f"{points} of {most}" if points else "–", names, took, note])
    say()
    say(table(["student", "points", "without points", "time", "note"], lines) if lines else "Nothing to grade yet.")
    say()
    if grades:
        say(f"{len(grades)} submissions in {seconds:.0f} s, {seconds / len(grades):.2f} s each")
    say(f"grades    {path}")
    say(f"feedback  {course.root / 'feedback' / 'STUDENT' / source.name}")
    if interrupted:
        return 130
    if refusals:
        say(f"NOT GRADED: {len(refusals)}. The notes say what to do; then run this again.")
    return int(bool(refusals))
