"""Pages to read the course without running it: HTML that stands alone, in any browser, without a network.

python -m tools.pages [FOLDER]    writes a page for each notebook, and index.html, to FOLDER (pages/)
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from tools.guide import minutes_in
from tools.kernels import NotebookError
from tools.structure import NOTEBOOKS, ROOT

TEMPLATE = Path(__file__).parent / "pages_template"
GENERATOR = "Step Zero tools.pages"  # stands in each page: what has it may be written over
MARK = f'<meta content="{GENERATOR}" name="generator"/>'
CONTENTS = "index.html"
CODE_STYLE = "xcode"  # a style of Pygments whose every colour has a contrast of 4.5 on the code's background
NARROW = 40  # characters of a line that fit on a telephone; a box with longer ones scrolls, and takes the focus


# Mathematics.


def mathml(formula, display="inline"):
    """Return a formula of LaTeX as MathML, which browsers draw themselves."""
    try:
        drawn = convert(formula, display=display).replace(r"\_", "_")
    except Exception as error:
        raise NotebookError(f"the formula {formula!r} cannot become MathML: {error!r}") from error
    unknown = re.findall(r"\\\w*", drawn)
    if unknown:
        raise NotebookError(f"the formula {formula!r} cannot become MathML: {', '.join(unknown)} is not known")
    return with_spaces_of_tex(drawn)


def with_spaces_of_tex(drawn):
    """Return MathML in which a function's name stands as in LaTeX: var(w), tanh z."""
    drawn = re.sub(r"<mo>(\w\w+)</mo>", r"<mi>\1</mi>", drawn)
    return re.sub(r"(<mi>\w\w+</mi>)(?=<m)(?!<mo|</)", r'\1<mspace width="0.167em"/>', drawn)


# A notebook's text as HTML.


class PageRenderer(IPythonRenderer):
    """Markdown with MathML, with links from page to page, and with boxes that scroll by keyboard.

    `here` is the notebook's path below notebooks/, and `pages` are the paths of all that become pages.
    """

    def __init__(self, here, pages):
        super().__init__(escape=False)
        self.here = here
        self.pages = pages

    def inline_math(self, body):
        return mathml(body)

    def block_math(self, body):
        return f'<span class="equation" {FOCUS.format("equation")}>{mathml(body, "block")}</span>'

    def heading(self, text, level, **attributes):
        anchor = re.sub(r"<[^>]*>", "", text).strip().replace(" ", "-")
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'

    def link(self, text, url, title=None):
        target = self.target(url)
        return super().link(text, target, title) if target else text

    def target(self, url):
        """Return where a link leads on the pages; None where it leads to a file that becomes none."""
        path, _, anchor = url.partition("#")
        if not path or re.match(r"[a-z][a-z+.-]*:", url):
            return url
        notebook = (NOTEBOOKS / self.here).parent.joinpath(path).resolve()
        if notebook not in [NOTEBOOKS / page for page in self.pages]:
            return None
        return str(Path(path).with_suffix(".html")) + (f"#{anchor}" if anchor else "")

    def block_code(self, code, info=None):
        return f'<div class="code"{focus(code, "code")}>{super().block_code(code, info)}</div>'

    def table(self, text):
        return f'<div class="wide" {FOCUS.format("table")}><table>{text}</table></div>\n'


FOCUS = 'tabindex="0" role="group" aria-label="{}"'


def focus(text, what):
    """Return the attributes by which a box that scrolls takes the focus; none for a text that is never too wide."""
    widest = max(map(len, text.split("\n")))
    return f" {FOCUS.format(what)}" if widest > NARROW else ""


def explorer_words(text):
    """Return what stands below an Explorer's picture: where its controls are, and its reading."""
    controls = re.match(r"Explorer\((.*)\)\n", text)
    if controls is None:
        return ""
    settings = controls[1].replace("=", " = ")
    return f"Here the controls stand at {settings}; in JupyterLab they move. {text[controls.end() :]}"


class PageExporter(HTMLExporter):
    """nbconvert's HTML by the template in tools/pages_template/."""

    def __init__(self, here, pages):
        config = Config()
        config.TemplateExporter.extra_template_basedirs = [str(TEMPLATE.parent)]
        config.TemplateExporter.template_name = TEMPLATE.name
        config.CSSHTMLHeaderPreprocessor.style = CODE_STYLE
        # no widgets here: they would need a kernel
        config.NbConvertBase.display_data_priority = ["text/html", "text/markdown", "image/png", "text/plain"]
        config.TemplateExporter.filters = {"focus": focus, "explorer_words": explorer_words}
        super().__init__(config=config)
        self.renderer = PageRenderer(here, pages)

    def markdown2html(self, source):
        return MarkdownWithMath(renderer=self.renderer).render(source)


# The pages.


def all_pages():
    """Return each page's file below the folder and its HTML, the contents first."""
    paths = reading_order()
    notebooks = {path: nbformat.read(NOTEBOOKS / path, as_version=4) for path in paths}
    pages = {Path(CONTENTS): page_of(contents(notebooks), Path(CONTENTS), paths, [])}
    for number, (path, notebook) in enumerate(notebooks.items()):
        refuse_silent_pictures(notebook, path)
        up = "../" * (len(path.parts) - 1)
        neighbours = [("Contents", up + CONTENTS)]
        for what, other in (("Previous", number - 1), ("Next", number + 1)):
            if 0 <= other < len(paths):
                name = f"{what}: {name_of(paths[other], notebooks[paths[other]])}"
                neighbours.append((name, up + paths[other].with_suffix(".html").as_posix()))
        pages[path.with_suffix(".html")] = page_of(notebook, path, paths, neighbours)
    return pages


def reading_order():
    """Return the paths below notebooks/ of the lessons, each followed by its exercises."""
    lessons = sorted(path.relative_to(NOTEBOOKS) for path in NOTEBOOKS.glob("*.ipynb"))
    return [
        path for lesson in lessons for path in (lesson, Path("exercises") / lesson) if (NOTEBOOKS / path).is_file()
    ]


def page_of(notebook, here, pages, navigation):
    """Return the HTML of one notebook; `navigation` is a list of (name, address)."""
    resources = {"title": f"{title_of(notebook)} – Step Zero", "navigation": navigation, "generator": GENERATOR}
    try:
        return PageExporter(here, pages).from_notebook_node(notebook, resources)[0]
    except NotebookError as error:
        raise NotebookError(f"{here}: {error}") from error


def contents(notebooks):
    """Return the contents page, as a notebook of one cell."""
    rows = ["| | notebook | question | minutes | exercises |", "|---|---|---|---|---|"]
    for path, notebook in notebooks.items():
        if path.parent == Path("exercises"):
            continue
        more = Path("exercises") / path
        exercises = f"[{minutes_in(notebooks[more])} minutes]({more.as_posix()})" if more in notebooks else "–"
        title, question = title_of(notebook), question_of(notebook)
        rows.append(f"| {number_of(path)} | [{title}]({path}) | {question} | {minutes_in(notebook)} | {exercises} |")
    text = "# Step Zero\n\nNeural-network parameter initialization, built from scratch in NumPy. These pages are for reading:"
    text += " each shows a notebook with all that it printed and drew.\n\n" + "\n".join(rows)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def title_of(notebook):
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ").strip()


def question_of(notebook):
    """Return the first paragraph of a lesson that ends in a question mark."""
    return next(part for part in notebook.cells[0].source.split("\n\n") if part.endswith("?")).replace("\n", " ")


def number_of(path):
    return path.stem[:2]


def name_of(path, notebook):
    return f"{number_of(path)} {title_of(notebook)}"


def refuse_silent_pictures(notebook, path):
    """Raise NotebookError for a picture without a text alternative."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}) and not output.metadata.get("image/png", {}).get("alt"):
                told = "a picture without a text alternative; a View's show, or an Explorer, gives it one"
                raise NotebookError(f"{path}, cell {number}: {told}")


# Writing.


def write(folder, pages):
    """Write `pages` below `folder`, unless something there is not of this command's making."""
    refuse_foreign(folder, pages)
    for name, html in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(html, encoding="utf-8")


def refuse_foreign(folder, names):
    """Raise FileExistsError where writing `names` below `folder` would mix with, or destroy, what is not ours."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; give the name of a folder")
    if folder.exists() and any(folder.iterdir()) and not is_ours(folder / CONTENTS):
        raise FileExistsError(f"{folder} holds other things than pages; give a new or an empty folder")
    foreign = [str(folder / name) for name in names if (folder / name).exists() and not is_ours(folder / name)]
    if foreign:
        raise FileExistsError(f"not made by this command, so not written over: {', '.join(foreign)}")


def is_ours(path):
    return path.is_file() and MARK in path.read_text(encoding="utf-8", errors="replace")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.pages", description="Make pages to read without running.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "pages", help="where to; none: pages/")
    folder = parser.parse_args(arguments).folder
    try:
        pages = all_pages()
        write(folder, pages)
    except (NotebookError, FileExistsError) as error:
        parser.error(str(error))
    print(f"{len(pages)} pages; begin with {folder / CONTENTS}")


if __name__ == "__main__":
    sys.exit(main())
