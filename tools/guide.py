"""The tables of INSTRUCTORS.md, made from the notebooks: minutes, points, goals and the mistakes that checks know."""

import importlib
import re

import nbformat

from tools.exercises import SOLUTIONS, points_of
from tools.marked import with_part
from tools.structure import ROOT, lesson_paths

GUIDE = ROOT / "INSTRUCTORS.md"


def with_tables(text):
    """Return the guide with its tables made anew."""
    return with_part(text, "tables", tables(), GUIDE.name)


def tables():
    parts = [exercises_table(path) for path in sorted(SOLUTIONS.glob("*.ipynb"))]
    return "\n\n".join([minutes_table(), *parts])


def minutes_table():
    """Return how long each lesson and its exercises take, and how many points they give."""
    rows = ["| notebook | lesson, minutes | exercises, minutes | points |", "|---|---|---|---|"]
    for path in lesson_paths():
        lesson, solutions = nbformat.read(path, as_version=4), SOLUTIONS / path.name
        exercises = points = "–"
        if solutions.exists():
            notebook = nbformat.read(solutions, as_version=4)
            exercises = minutes_in(notebook)
            points = sum(points_of(cell.source)[0] for cell in notebook.cells if points_of(cell.source))
        rows.append(f"| {path.stem[:2]} {title_of(lesson)} | {minutes_in(lesson)} | {exercises} | {points} |")
    return "\n".join(rows)


def title_of(notebook):
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ").strip()


def minutes_in(notebook):
    return re.search(r"\*\*Time[.:]?\*\*\s*(\d+) minutes", notebook.cells[0].source)[1]


def question_of(notebook):
    """Return the question below a lesson's title, without links."""
    paragraphs = without_links(notebook.cells[0].source).split("\n\n")
    return next(paragraph for paragraph in paragraphs if paragraph.endswith("?")).replace("\n", " ")


def without_links(text):
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)


def exercises_table(path):
    """Return a notebook's exercises: what each is for, what gives points, and which mistakes its check names."""
    notebook = nbformat.read(path, as_version=4)
    checks = importlib.import_module(f"helpers.lessons.{path.stem[3:]}.checks")
    rows = [
        f"### {path.stem[:2]} {title_of(notebook).removeprefix('Exercises: ')}",
        "",
        "| exercise | points | afterwards the student knows: | mistakes that the check names |",
        "|---|---|---|---|",
    ]
    for title, cells in exercises_in(notebook):
        name = re.search(r"check\.(\w+)\(", "\n".join(cell.source for cell in cells))[1]
        exercise = getattr(checks, name)
        rubric = "<br>".join(f"{points}: {what_for}" for points, what_for in map(points_of, sources_of(cells)))
        rows.append(f"| {title} | {rubric} | {exercise.means} | {', '.join(exercise.hints)} |")
    return "\n".join(rows)


def sources_of(cells):
    return [cell.source for cell in cells if points_of(cell.source)]


def exercises_in(notebook):
    """Yield each exercise's title, like "1 · Build it: …", and its cells."""
    title, cells = None, []
    for cell in [*notebook.cells, None]:
        heading = re.match(r"## (.+)", cell.source) if cell and cell.cell_type == "markdown" else None
        if heading or cell is None:
            if title and sources_of(cells):
                yield title, cells
            title, cells = (heading[1], []) if heading else (None, [])
        if cell is not None:
            cells.append(cell)
