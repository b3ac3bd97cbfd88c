"""The command `step-zero`: each function below is a subcommand, its docstring what --help says of it.

What a command needs is imported when it runs, so that --help answers at once and needs no extra.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import ToolError
from tools.course.places import NOTEBOOKS, ROOT, SOLUTIONS, find, lesson_paths, with_solutions

INSTRUCTORS, WRITING, PUBLISHING, MEASURING = (
    "For instructors",
    "For makers, who write and check lessons",
    "For makers, who publish them",
    "For makers, who measure",
)


@dataclass(frozen=True)
class Command:
    """One subcommand. `extra` is the part of the project's extras that it needs, `example` one use of it."""

    group: str
    example: str
    extra: str
    arguments: tuple
    run: callable

    @property
    def text(self):
        return self.run.__doc__


COMMANDS = {}


def command(group, example, *arguments, extra="test"):
    """Make a function of the parsed options the subcommand of its name."""

    def added(run):
        COMMANDS[run.__name__] = Command(group, f"step-zero {example}", extra, arguments, run)
        return run

    return added


def argument(*flags, **settings):
    return flags, settings


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


LESSONS = argument("names", nargs="*", metavar="NAME", help="05, 05_build_he, or a path; without any, all of them")
OFFSETS = argument("--offsets", default="1-20", help="which seeds, for example 1-20 or 3,7 (default: %(default)s)")
ASSIGNMENT = argument("name", metavar="NAME", help="an assignment: 05, or 05_build_he")
COURSE = argument("--course", type=Path, default=Path("course"), help="the course folder (default: %(default)s)")


# For instructors.


@command(
    INSTRUCTORS,
    "release 05",
    ASSIGNMENT,
    COURSE,
    argument("--fresh", action="store_true", help="take the checkout's solutions where the course has changed its own"),
    extra="instructor",
)
def release(options):
    """make the student's version of an assignment"""
    from tools.grading import commands

    return commands.release(options.name, options.course, options.fresh)


@command(
    INSTRUCTORS,
    "grade 05",
    ASSIGNMENT,
    COURSE,
    argument("--again", action="store_true", help="grade once more what has a grade"),
    argument("--at-once", type=positive, default=2, metavar="N", help="submissions at a time (default: %(default)s)"),
    argument("--unsafe-no-sandbox", action="store_true", help="run students' code with all your rights"),
    extra="instructor",
)
def grade(options):
    """grade what students have handed in"""
    from tools.grading import commands

    return commands.grade(
        options.name, options.course, again=options.again, unsafe=options.unsafe_no_sandbox, at_once=options.at_once
    )


@command(
    INSTRUCTORS,
    "slides 03",
    argument("name", metavar="NAME", help="a lesson: 03, or 03_watch_signals_vanish"),
    argument("--output", type=Path, help="the file to write (default: NAME.slides.html)"),
    argument(
        "--libraries", type=Path, help="the folder node_modules of: npm install reveal.js@4 requirejs jquery mathjax@2"
    ),
    extra="instructor",
)
def slides(options):
    """make slides of a lesson, for a browser"""
    from tools.publish.slides import lesson_slides

    path = find(options.name, NOTEBOOKS)
    target = options.output or Path(f"{path.stem}.slides.html")
    target.write_text(lesson_slides(path, options.libraries), encoding="utf-8")
    print(f"{target}: open it in a browser; the space bar goes on")


# For makers, who write and check lessons.


@command(WRITING, "run 03", LESSONS)
def run(options):
    """execute notebooks and store what they show"""
    from tools.authoring.run import run_all

    return run_all(chosen(options, sorted(options.notebooks.glob("*.ipynb"))))


@command(WRITING, "exercises 05", LESSONS)
def exercises(options):
    """make the students' exercises from the solutions, and run both"""
    from tools.authoring.run import make_exercises, run_all

    options.notebooks /= SOLUTIONS.name
    return run_all(chosen(options, lesson_paths(options.notebooks)), make_exercises)


@command(WRITING, "check")
def check(options):
    """test the rules of lessons, helpers and documents"""
    import pytest

    return int(pytest.main(["--rootdir", str(ROOT), str(ROOT / "tests" / "tools" / "test_repository.py")]))


@command(
    WRITING,
    "reseed --offsets 1-20 03",
    LESSONS,
    OFFSETS,
    argument("--cheap", action="store_true", help="after the first seed, only claims that cost less than a second"),
)
def reseed(options):
    """try whether each claim holds from other seeds"""
    from tools.claims.reseed import reseed

    return reseed(lessons_and_solutions(options), offsets(options), options.cheap)


@command(WRITING, "claims 03", LESSONS, OFFSETS)
def claims(options):
    """the same, and write what was measured to docs/claims.md"""
    from tools.claims.report import REPORT
    from tools.claims.reseed import reseed

    return reseed(lessons_and_solutions(options), offsets(options), report=options.notebooks.parent / REPORT)


@command(WRITING, "glossary")
def glossary(options):
    """make the glossary's index and the ids of its cells"""
    from tools.course import glossary

    glossary.update(NOTEBOOKS / glossary.GLOSSARY)


# For makers, who publish them.


@command(
    PUBLISHING,
    "pages",
    argument(
        "folder", nargs="?", type=Path, default=ROOT / "pages", metavar="FOLDER", help="where to (default: pages/)"
    ),
    extra="pages",
)
def pages(options):
    """make HTML of all notebooks, to read without running them"""
    from tools.publish import pages

    pages.make(options.folder)


@command(
    PUBLISHING,
    "site",
    argument("folder", nargs="?", type=Path, default=ROOT / "site", metavar="FOLDER", help="where to (default: site/)"),
    argument("--pyodide", type=Path, metavar="FILES", help="a folder with Pyodide's files, which the site then has"),
    argument("--lock", type=Path, metavar="FILES", help="only write pyodide-lock.json from these files of Pyodide"),
    extra="site",
)
def site(options):
    """make the course a site that runs in a browser alone"""
    from tools.publish import site

    if options.lock:
        site.write_lock(options.lock)
    else:
        site.make(options.folder, options.pyodide)


@command(
    PUBLISHING,
    "readme",
    argument("--picture", action="store_true", help="make the Explorer's picture too; needs Chromium"),
)
def readme(options):
    """make the README's table of notebooks and its badges"""
    from tools.publish import readme

    if options.picture:
        from tools.publish.picture import make_picture

        print(make_picture())
    readme.update()


@command(PUBLISHING, "guide")
def guide(options):
    """make the tables of exercises, docs/exercises.md"""
    from tools.publish import guide

    guide.update()


# For makers, who measure.

BENCHES = ("trainer", "explorers", "imports", "browser", "memory", "notebooks")


@command(
    MEASURING,
    "bench trainer imports",
    argument("names", nargs="*", metavar="BENCH", help=f"{', '.join(BENCHES)}; without any, all of them"),
)
def bench(options):
    """measure what the course costs, as shares of its budgets"""
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        raise ToolError(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    from tools.measure.cores import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before NumPy is imported
    from tools.measure import bench

    bench.run(options.names)


@command(
    MEASURING,
    "mutants",
    argument("--report", action="store_true", help="only write the report of the last run again"),
    extra="mutation",
)
def mutants(options):
    """break the helpers on purpose: do the tests notice? (30 min)"""
    from tools.measure import mutants

    return mutants.run(report_only=options.report)


@command(MEASURING, "processors 05", LESSONS)
def processors(options):
    """compare stored outputs with those of other processors"""
    from tools.measure import processors

    return processors.run(chosen(options, []))


# What the commands share.


def chosen(options, everything):
    """Return the notebooks that the options name; where they name none, `everything`."""
    return [find(name, options.notebooks) for name in options.names] or everything


def lessons_and_solutions(options):
    return with_solutions(chosen(options, lesson_paths(options.notebooks)))


def offsets(options):
    from tools.claims.offsets import offsets_from

    try:
        return offsets_from(options.offsets)
    except ValueError as error:
        raise ToolError(error) from error


def overview():
    """Return an example of each command and what it does, grouped by what the commands are for."""
    lines = [
        "usage: step-zero COMMAND …",
        "",
        "Teach with the course, or write it. All of one command: step-zero COMMAND --help",
    ]
    for group in dict.fromkeys(each.group for each in COMMANDS.values()):
        lines += ["", group]
        lines += [f"  {each.example:<35} {each.text}" for each in COMMANDS.values() if each.group == group]
    return "\n".join(lines) + "\n"


def parser_of_all(notebooks):
    parser = argparse.ArgumentParser(prog="step-zero")
    parser.format_help = overview
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, each in COMMANDS.items():
        sub = commands.add_parser(name, description=each.text, epilog=f"Example: {each.example}")
        sub.set_defaults(notebooks=notebooks)
        for flags, settings in each.arguments:
            sub.add_argument(*flags, **settings)
    return parser


def main(arguments=None, notebooks=NOTEBOOKS):
    """Run the command that the arguments name, on the notebooks of this folder; return the exit code."""
    parser = parser_of_all(notebooks)
    options = parser.parse_args(arguments)
    if not notebooks.is_dir():
        parser.error(f"the course is not in {ROOT}: install it from a checkout, with pip install -e .")
    chosen_command = COMMANDS[options.command]
    try:
        return chosen_command.run(options)
    except ToolError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("", "helpers", "tools"):
            raise
        extra = chosen_command.extra
        parser.error(
            f"this needs the extra `{extra}`: uv sync --extra {extra}, or pip install -e '.[{extra}]' ({error})"
        )
