"""Where the course's files are, and which notebook a name means."""

from pathlib import Path

from tools.course import NotebookError

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = NOTEBOOKS / "solutions"
EXERCISES = NOTEBOOKS / "exercises"
HELPERS = ROOT / "helpers"
DOCS = ROOT / "docs"
FIRST = "notebooks/00_start_here.ipynb"
GLOSSARY = "glossary.ipynb"


def lesson_paths(folder=NOTEBOOKS):
    """Return the notebooks in `folder` in their order, the glossary aside."""
    return [path for path in sorted(folder.glob("*.ipynb")) if path.name != GLOSSARY]


def with_solutions(paths):
    """Return `paths`, each followed by the solutions to its exercises where there are any."""
    return [
        path for lesson in paths for path in (lesson, lesson.parent / SOLUTIONS.name / lesson.name) if path.is_file()
    ]


def find(name, folder):
    """Return the notebook that `name` means: a path, a file's name with or without .ipynb, or its number."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    available = sorted(folder.glob("*.ipynb"))
    for candidate in available:
        if name in (candidate.name, candidate.stem) or candidate.stem.startswith(f"{name}_"):
            return candidate
    listed = ", ".join(candidate.stem for candidate in available) or "none"
    raise NotebookError(f"no notebook named {name!r}; available: {listed}")


def chosen(names, everything, folder=NOTEBOOKS):
    """Return the notebooks in `folder` that `names` mean; without any names, `everything`."""
    return [find(name, folder) for name in names] or everything
