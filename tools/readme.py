"""What README.md takes from the course: python -m tools.readme [--picture]

The table of notebooks and the badges are made from the notebooks and from the repository's address, which stands in
pyproject.toml alone. With --picture, pictures/explorer.webp is made too, of an Explorer in JupyterLab in a browser.
"""

import argparse
import re
import tomllib
from urllib.parse import quote, urlsplit

import nbformat

from tools.guide import minutes_in, question_of, title_of, without_links
from tools.marked import with_part
from tools.structure import ROOT, lesson_paths

README = ROOT / "README.md"
FIRST = "notebooks/00_start_here.ipynb"


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
        notebook = nbformat.read(path, as_version=4)
        question = re.split(r"(?<=[.?]) ", question_of(notebook))[-1]  # what leads to it stays in the notebook
        place = path.relative_to(ROOT).as_posix()
        name = f"[{path.stem[:2]} {title_of(notebook)}]({place})"
        launch = badge(f"Open notebook {path.stem[:2]} on Binder", place)
        rows.append(f"| {name} | {question} | {minutes_in(notebook)} | {needs(notebook)} | {launch} |")
    return "\n".join(rows)


def needs(notebook):
    """Return the numbers of the notebooks that a lesson says it needs; where it needs none, what else."""
    line = without_links(re.search(r"\*\*You need:\*\* (.+)\.", notebook.cells[0].source)[1])
    numbers = re.findall(r"\b\d\d(?: to \d\d)?\b", line)
    return ", ".join(numbers) or line


def with_parts(text):
    """Return the README with its badge and its table made anew."""
    text = with_part(text, "badge", badge("Open the course on Binder", FIRST), README.name)
    return with_part(text, "table", table(), README.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", action="store_true", help="make the Explorer's picture too; needs Chromium")
    options = parser.parse_args()
    if options.picture:
        from tools.picture import make_picture

        print(make_picture())
    README.write_text(with_parts(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
