"""The command `step-zero`: what its subcommands are called, say and take, and which function does the work.

That function is imported when it runs, so that --help answers at once and needs no extra.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from tools import ToolError
from tools.course.places import NOTEBOOKS, ROOT

BENCHES = ("trainer", "explorers", "imports", "browser", "memory", "notebooks")


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def argument(*flags, **settings):
    return flags, settings


def flag(name, to, **settings):
    return argument(name, action="store_true", help=to, **settings)


def folder(name):
    return argument("folder", nargs="?", type=Path, default=ROOT / name, metavar="FOLDER", help=f"where to ({name}/)")


NAMES = argument("names", nargs="*", metavar="NAME", help="05, 05_build_he, or a path; without any, all of them")
OFFSETS = argument("--offsets", default="1-20", help="which seeds, for example 1-20 or 3,7 (default: %(default)s)")
CHEAP = flag("--cheap", "after the first seed, only claims that cost less than a second")
PICTURE = flag("--picture", "make the Explorer's picture too; needs Chromium")
BENCH = argument("names", nargs="*", metavar="BENCH", help=f"{', '.join(BENCHES)}; without any, all of them")
REPORT = flag("--report", "only write the report of the last run again", dest="report_only")
FRESH = flag("--fresh", "take the checkout's solutions where the course has changed its own")
ASSIGNMENT = argument("name", metavar="NAME", help="an assignment: 05, or 05_build_he")
COURSE = argument(
    "--course", dest="folder", type=Path, default=Path("course"), help="the course folder (default: %(default)s)"
)


class Command:
    """One subcommand: `work` is "module:function" in tools, which gets the arguments by name."""

    def __init__(self, example, text, work, *arguments, extra="test"):
        self.example, self.text, self.work = f"step-zero {example}", text, work
        self.arguments, self.extra = arguments, extra

    def run(self, **options):
        module, _, function = self.work.partition(":")
        return getattr(import_module(f"tools.{module}"), function)(**options)


GROUPS = {
    "For instructors": [
        Command(
            "release 05",
            "make the student's version of an assignment",
            "grading.commands:release",
            *(ASSIGNMENT, COURSE, FRESH),
            extra="instructor",
        ),
        Command(
            "grade 05",
            "grade what students have handed in",
            "grading.commands:grade",
            *(ASSIGNMENT, COURSE, flag("--again", "grade once more what has a grade")),
            argument("--at-once", type=positive, default=2, metavar="N", help="submissions at a time (default: 2)"),
            flag("--unsafe-no-sandbox", "run students' code with all your rights", dest="unsafe"),
            extra="instructor",
        ),
        Command(
            "slides 03",
            "make slides of a lesson, for a browser",
            "publish.slides:make",
            argument("name", metavar="NAME", help="a lesson: 03, or 03_watch_signals_vanish"),
            argument("--output", type=Path, help="the file to write (default: NAME.slides.html)"),
            argument(
                "--libraries", type=Path, help="node_modules of: npm install reveal.js@4 requirejs jquery mathjax@2"
            ),
            extra="instructor",
        ),
    ],
    "For makers, who write and check lessons": [
        Command("run 03", "execute notebooks and store what they show", "authoring.run:run_named", NAMES),
        Command("exercises 05", "make the students' exercises from the solutions", "authoring.run:exercises", NAMES),
        Command("check", "test the rules of lessons, helpers and documents", "authoring.run:check"),
        Command(
            "reseed 03", "try whether each claim holds from other seeds", "claims.reseed:reseed", NAMES, OFFSETS, CHEAP
        ),
        Command("claims 03", "the same, and write docs/claims.md", "claims.reseed:claims", NAMES, OFFSETS),
        Command("glossary", "make the glossary's index and the ids of its cells", "course.glossary:update"),
    ],
    "For makers, who publish them": [
        Command(
            "pages", "make HTML of all notebooks, for reading", "publish.pages:make", folder("pages"), extra="pages"
        ),
        Command(
            "site",
            "make the course a site that runs in a browser alone",
            "publish.site:make",
            folder("site"),
            argument("--pyodide", type=Path, metavar="FILES", help="a folder with Pyodide's files, to put in the site"),
            argument("--lock", type=Path, metavar="FILES", help="only write pyodide-lock.json from Pyodide's files"),
            extra="site",
        ),
        Command("readme", "make the README's table and badges", "publish.readme:update", PICTURE),
        Command("guide", "make the tables of exercises, docs/exercises.md", "publish.guide:update"),
    ],
    "For makers, who measure": [
        Command("bench trainer", "measure what the course costs, against its budgets", "measure.cores:bench", BENCH),
        Command("mutants", "do the tests notice mistakes? (30 min)", "measure.mutants:run", REPORT, extra="mutation"),
        Command(
            "processors 05", "compare stored outputs with those of other processors", "measure.processors:run", NAMES
        ),
    ],
}
COMMANDS = {command.example.split()[1]: command for group in GROUPS.values() for command in group}
ON_ANY_NOTEBOOKS = ("run", "exercises", "reseed", "claims")


def overview():
    """Return an example of each command and what it does, grouped by what the commands are for."""
    lines = [
        "usage: step-zero COMMAND …",
        "",
        "Teach with the course, or write it. All of one command: step-zero COMMAND --help",
    ]
    for group, commands in GROUPS.items():
        lines += ["", group, *(f"  {command.example:<35} {command.text}" for command in commands)]
    return "\n".join(lines) + "\n"


def parser_of_all():
    parser = argparse.ArgumentParser(prog="step-zero")
    parser.format_help = overview
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, description=command.text, epilog=f"Example: {command.example}")
        for flags, settings in command.arguments:
            sub.add_argument(*flags, **settings)
    return parser


def main(arguments=None, notebooks=NOTEBOOKS):
    """Run the command that the arguments name, on the notebooks of this folder; return the exit code."""
    parser = parser_of_all()
    options = vars(parser.parse_args((sys.argv[1:] if arguments is None else arguments) or ["--help"]))
    if not notebooks.is_dir():
        parser.error(f"the course is not in {ROOT}: install it from a checkout, with pip install -e .")
    name = options.pop("command")
    if name in ON_ANY_NOTEBOOKS:
        options["notebooks"] = notebooks
    try:
        return COMMANDS[name].run(**options)
    except ToolError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("", "helpers", "tools"):
            raise
        extra = COMMANDS[name].extra
        parser.error(
            f"this needs the extra `{extra}`: uv sync --extra {extra}, or pip install -e '.[{extra}]' ({error})"
        )
