"""The files of this repository that tests go through, and how they complain."""

import pytest

from tools.course.code import read_modules
from tools.course.places import NOTEBOOKS, ROOT, lesson_paths
from tools.rules.repository import repository_files

LESSONS = lesson_paths()
ALL_NOTEBOOKS = [path for path in sorted(NOTEBOOKS.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
MODULES = read_modules()
FILES = repository_files()
SCRIPTS = [path for path in FILES if path.suffix == ".py" and "tests" not in path.parts[len(ROOT.parts) :]]
DOCUMENTS = [path for path in FILES if path.suffix in (".md", ".ipynb")]


def relative(path):
    return str(path.relative_to(ROOT))


def accept(complaints):
    """Fail with the complaints, one a line, if there are any."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
