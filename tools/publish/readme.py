"""What README.md takes from the course: the table of notebooks and the badges.

They are made from the notebooks and from the repository's address, which stands in pyproject.toml alone.
"""

import re
import tomllib
from urllib.parse import quote, urlsplit

from tools.course.lesson import minutes_in, needs, question_of, title_of
from tools.course.markdown import with_part
from tools.course.notebook import read
from tools.course.places import FIRST, ROOT, lesson_paths

README = ROOT / "README.md"


def repository():
    """Return the repository's address, from the one place where it stands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"]


def binder_address(path):
    """Return where Binder opens a file of the repository in JupyterLab."""
    return f"https://mybinder.org/v2/gh{urlsplit(repository()).path}/HEAD?urlpath={quote(f'lab/tree/{path}', safe='')}"


def badge(text, path):
    """Return Binder's badge for a file, as Markdown."""
    return f"[![{text}](https://mybinder.org/badge_logo.svg)]({binder_address(path)})"


def table():
    """Return the table of the lessons."""
    rows = ["| notebook | question | minutes | needs | run it |", "|---|---|---|---|---|"]
    for path in lesson_paths():
        notebook = read(path)
        question = re.split(r"(?<=[.?]) ", question_of(notebook))[-1]  # what leads to it stays in the notebook
        place = path.relative_to(ROOT).as_posix()
        name = f"[{path.stem[:2]} {title_of(notebook)}]({place})"
        launch = badge(f"Open notebook {path.stem[:2]} on Binder", place)
        rows.append(f"| {name} | {question} | {minutes_in(notebook)} | {needs(notebook)} | {launch} |")
    return "\n".join(rows)


def with_parts(text):
    """Return the README with its badge and its table as the course has them now."""
    text = with_part(text, "badge", badge("Open the course on Binder", FIRST), README.name)
    return with_part(text, "table", table(), README.name)


def update(picture=False):
    """Make the badge and the table of README.md again, and the picture where it is asked for."""
    if picture:
        from tools.publish.picture import make_picture  # here, since it needs a browser

        print(make_picture())
    README.write_text(with_parts(README.read_text(encoding="utf-8")), encoding="utf-8")
