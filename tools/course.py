"""For instructors: hand out exercises and grade what comes back.

python -m tools.course release 05     the student's version of an assignment, in a course folder for nbgrader
python -m tools.course grade 05       grade what lies in submitted/; write grades.csv and the feedback
python -m tools.course slides 03      slides of a lesson
python -m tools.course guide          the tables of INSTRUCTORS.md, made again from the exercises

INSTRUCTORS.md tells how they go together. Needs the extra `instructor`: pip install -e '.[instructor]'.
"""

import argparse
import shlex
import sys
import time
from pathlib import Path

from tools.exercises import SOLUTIONS, points_of
from tools.grading.text import say
from tools.notebooks import NotebookError, find, replace_file
from tools.structure import NOTEBOOKS

DEFAULT_COURSE = Path("course")
MISSING = "this needs the extra `instructor`: uv sync --extra instructor, or pip install -e '.[instructor]' ({error})"


def release(name, folder, fresh=False):
    """Put the assignment and its student's version into the course folder, which is made if it is not there."""
    from tools.grading import gradebook, run

    source = gradebook.source_from(find(name, SOLUTIONS))
    course = gradebook.Course(folder.resolve())
    course.create()
    there = course.notebook("source", source.name)
    told = []
    try:
        if there.exists() and (own := gradebook.read_source(there)).notebook != source.notebook:
            if fresh:
                told.append(f"The course's own source was put aside as {run.put_aside(there, course)}")
            else:
                told.append(
                    f"{there.relative_to(course.root)} is not as in the checkout, and is released as it is there."
                )
                told.append("  To take the checkout's instead, and put this one aside: --fresh")
                source = own
        student_version = gradebook.release(course, source)
    except gradebook.BadSource as problem:
        say(str(problem), sys.stderr)
        return 2
    for line in told:
        say(line)
    for cell in [*source.tests.values(), *source.by_hand.values()]:
        say(f"  {points_line(gradebook, source, cell)}")
    say(f"{source.name}: {source.most_points:g} points")
    say(f"Hand out  {student_version}")
    say(f"Collect   {course.root / 'submitted' / 'STUDENT' / source.name / student_version.name}")
    say(f"Then      python -m tools.course grade {name}{course_option(folder)}")
    return 0


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

    course = gradebook.Course(folder.resolve())
    try:
        if unsafe:
            say("WARNING: no sandbox. Students' code runs with all your rights: it can read and change your files.")
        else:
            check_sandbox([course.root])
        source = gradebook.read_source(find(name, course.root / "source" / assignment_folder(course, name, folder)))
        most = sum(map(gradebook.points_in, source.tests.values()))
        say(f"{source.name}: does the known solution get {most:g} points, and the untouched notebook 0?")
        run.check_source(course, source, unsafe)
    except (NoSandbox, NotebookError, gradebook.BadSource, run.NotReady) as problem:
        say(str(problem), sys.stderr)
        return 2
    to_grade, graded = run.waiting(course, source, again)
    say(f"Yes. To grade: {len(to_grade)}; graded before: {len(graded)}.")
    start = time.perf_counter()
    interrupted = False
    try:
        grades = run.grade_all(course, source, to_grade, at_once=at_once, unsafe=unsafe)
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
        f"{name!r} is not released in {course.root} (released: {listed}). First: python -m tools.course release "
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


def slides(name, target, libraries):
    """Write reveal.js slides of a lesson, without running it."""
    from tools.slides import lesson_slides

    path = find(name, NOTEBOOKS)
    target = target or Path(f"{path.stem}.slides.html")
    target.write_text(lesson_slides(path, libraries), encoding="utf-8")
    print(f"{target}: open it in a browser; the space bar goes on")


def guide():
    """Make the tables of INSTRUCTORS.md again."""
    from tools.guide import GUIDE, with_tables

    text = GUIDE.read_text(encoding="utf-8")
    replace_file(GUIDE, with_tables(text))


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.course", description="Hand out exercises and grade them.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command, text in (("release", "make the student's version"), ("grade", "grade what lies in submitted/")):
        sub = commands.add_parser(command, help=text)
        sub.add_argument("name", help="an assignment: 05, or 05_build_he")
        sub.add_argument("--course", type=Path, default=DEFAULT_COURSE, help="the course folder (default: %(default)s)")
    commands.choices["release"].add_argument(
        "--fresh", action="store_true", help="take the checkout's solutions where the course has changed its own"
    )
    grading = commands.choices["grade"]
    grading.add_argument("--again", action="store_true", help="grade anew what has a grade")
    grading.add_argument("--at-once", type=positive, default=2, metavar="N", help="submissions at a time (default: 2)")
    grading.add_argument("--unsafe-no-sandbox", action="store_true", help="run students' code with all your rights")
    slide = commands.add_parser("slides", help="slides of a lesson")
    slide.add_argument("name", help="a lesson: 03, or 03_watch_signals_vanish")
    slide.add_argument("--output", type=Path, help="the file to write (default: NAME.slides.html)")
    slide.add_argument(
        "--libraries", type=Path, help="the folder node_modules of: npm install reveal.js@4 requirejs jquery mathjax@2"
    )
    commands.add_parser("guide", help="make the tables of INSTRUCTORS.md again")
    options = parser.parse_args(arguments)
    try:
        if options.command == "release":
            return release(options.name, options.course, options.fresh)
        if options.command == "grade":
            return grade(
                options.name,
                options.course,
                again=options.again,
                unsafe=options.unsafe_no_sandbox,
                at_once=options.at_once,
            )
        if options.command == "slides":
            return slides(options.name, options.output, options.libraries)
        return guide()
    except NotebookError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("nbgrader", "psutil", "sqlalchemy", "nbconvert"):
            parser.error(MISSING.format(error=error))
        raise


if __name__ == "__main__":
    sys.exit(main())
