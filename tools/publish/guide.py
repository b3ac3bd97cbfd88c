"""docs/exercises.md, made from the notebooks: minutes, points, goals and the mistakes that checks know."""

import importlib
import re

from tools.course.lesson import exercises_in, graded_sources, minutes_in, title_of
from tools.course.notebook import read
from tools.course.places import DOCS, SOLUTIONS, lesson_paths
from tools.course.solutions import points_of

GUIDE = DOCS / "exercises.md"
HEAD = """# Exercises

What each exercise asks, what gives points, and which mistakes its check names; made by `step-zero guide`."""


def update():
    """Make the guide again."""
    GUIDE.write_text(guide(), encoding="utf-8")


def guide():
    """Return the guide's text."""
    parts = [exercises_table(path) for path in sorted(SOLUTIONS.glob("*.ipynb"))]
    return "\n\n".join([HEAD, minutes_table(), *parts]) + "\n"


def minutes_table():
    """Return how long each lesson and its exercises take, and how many points they give."""
    rows = ["| notebook | lesson, minutes | exercises, minutes | points |", "|---|---|---|---|"]
    for path in lesson_paths():
        lesson, solutions = read(path), SOLUTIONS / path.name
        exercises = points = "–"
        if solutions.exists():
            notebook = read(solutions)
            exercises = minutes_in(notebook)
            points = sum(points_of(cell.source)[0] for cell in notebook.cells if points_of(cell.source))
        rows.append(f"| {path.stem[:2]} {title_of(lesson)} | {minutes_in(lesson)} | {exercises} | {points} |")
    return "\n".join(rows)


def exercises_table(path):
    """Return a notebook's exercises: what each is for, what gives points, and which mistakes its check names."""
    notebook = read(path)
    checks = importlib.import_module(f"helpers.lessons.{path.stem[3:]}.checks")
    rows = [
        f"## {path.stem[:2]} {title_of(notebook).removeprefix('Exercises: ')}",
        "",
        "| exercise | points | afterwards the student knows: | mistakes that the check names |",
        "|---|---|---|---|",
    ]
    for title, cells in exercises_in(notebook):
        name = re.search(r"check\.(\w+)\(", "\n".join(cell.source for cell in cells))[1]
        exercise = getattr(checks, name)
        rubric = "<br>".join(f"{points}: {what_for}" for points, what_for in map(points_of, graded_sources(cells)))
        rows.append(f"| {title} | {rubric} | {exercise.means} | {', '.join(exercise.hints)} |")
    return "\n".join(rows)
