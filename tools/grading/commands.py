"""For instructors: hand out exercises and grade what comes back. INSTRUCTORS.md tells how this goes together."""

import sys
import time
from pathlib import Path

from tools.course import NotebookError
from tools.course.places import SOLUTIONS, find

DEFAULT_COURSE = Path("course")


def release(name, folder, fresh=False):
    """Put the assignment and its student's version into the course folder, which is made if it is not there."""
    from tools.grading import gradebook, run

    source = gradebook.source_from(find(name, SOLUTIONS))
    course = gradebook.Course(folder.resolve())
    course.create()
    there = course.notebook("source", source.name)
    if there.exists() and gradebook.read_source(there).notebook != source.notebook:
        if fresh:
            print(f"The course's own source was put aside as {run.put_aside(there, course).relative_to(course.root)}")
        else:
            print(f"{there.relative_to(course.root)} is not as in the checkout, and is released as it is there.")
            print("  To take the checkout's instead, and put this one aside: --fresh")
            source = gradebook.read_source(there)
    student_version = gradebook.release(course, source)
    for cell in source.graded.values():
        points, what_for = gradebook.points_of(cell.source)
        print(f"  {points} {'point ' if points == 1 else 'points'}  {what_for}")
    print(f"{source.name}: {len(source.graded)} graded cells, {source.most_points:g} points")
    print(f"Hand out  {student_version}")
    print(f"Collect   {course.root / 'submitted' / 'STUDENT' / source.name / student_version.name}")
    print(f"Then      step-zero grade {name}{course_option(folder)}")


def course_option(folder):
    return "" if folder == DEFAULT_COURSE else f" --course {folder}"


def grade(name, folder, *, again=False, unsafe=False, at_once=2):
    """Grade what lies in submitted/ and has no grade yet; return 0 if everything could be graded."""
    from tools.grading import gradebook, run
    from tools.grading.sandbox import NoSandbox, check_sandbox

    course = gradebook.Course(folder.resolve())
    try:
        if unsafe:
            print("WARNING: no sandbox. Students' code runs with all your rights: it can read and change your files.")
        else:
            check_sandbox([course.root])
        source = gradebook.read_source(find(name, course.root / "source" / assignment_folder(course, name)))
        print(
            f"{source.name}: does the known solution get {source.most_points:g} points, and the untouched notebook 0?"
        )
        run.check_source(course, source, unsafe)
    except (NoSandbox, NotebookError, run.NotReady) as problem:
        print(problem, file=sys.stderr)
        return 2
    to_grade, graded = run.waiting(course, source, again)
    print(f"Yes. To grade: {len(to_grade)}; graded before: {len(graded)}.")
    start = time.perf_counter()
    interrupted = False
    try:
        grades = run.grade_all(course, source, to_grade, at_once=at_once, unsafe=unsafe)
    except KeyboardInterrupt:
        interrupted, grades = True, []
    return report(course, source, grades, time.perf_counter() - start, interrupted)


def assignment_folder(course, name):
    """Return the folder in source/ that `name`, a number or a whole name, means."""
    released = sorted(path.name for path in (course.root / "source").glob("*/"))
    for candidate in released:
        if name == candidate or candidate.startswith(f"{name}_"):
            return candidate
    listed = ", ".join(released) or "nothing yet"
    raise NotebookError(
        f"{name!r} is not released in {course.root} (released: {listed}). First: step-zero release {name}"
    )


def report(course, source, grades, seconds, interrupted):
    """Write grades.csv, print the table, and return the exit code."""
    from helpers.tables import table
    from tools.grading import run

    refusals = {grade.student: grade.refused for grade in grades if grade.refused}
    rows = run.rows(course, source, refusals)
    path = run.write_csv(course, source, rows)
    took = {grade.student: f"{grade.seconds:.1f} s" for grade in run.read_ledger(run.ledger_path(course, source.name))}
    lines = []
    for _, student, points, most, failed, note in rows:
        names = ", ".join(part.partition(":")[0].removesuffix("-check") for part in failed.split("; ") if ":" in part)
        lines.append([student, f"{points} of {most}" if points else "–", names, took.get(student, ""), note])
    print()
    print(table(["student", "points", "without points", "time", "note"], lines) if lines else "Nothing to grade yet.")
    print()
    if grades:
        print(f"{len(grades)} submissions in {seconds:.0f} s, {seconds / len(grades):.1f} s each")
    print(f"grades    {path}")
    print(f"feedback  {course.root / 'feedback' / 'STUDENT' / source.name}")
    if interrupted:
        return 130
    if refusals:
        print(f"NOT GRADED: {len(refusals)}. The notes say what to do; then run this again.")
    return int(bool(refusals))
