"""Pages to read the course without running it: HTML that stands alone, in any browser, without a network."""

import html
import re
from itertools import cycle
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets.config import Config

from tools import ToolError
from tools.course import NotebookError
from tools.course.lesson import minutes_in, question_of, title_of
from tools.course.notebook import PNG, pictures, read
from tools.course.places import GLOSSARY, NOTEBOOKS, lesson_paths

TEMPLATE = Path(__file__).parent / "pages_template"
GENERATOR = "Step Zero pages"  # stands in each page: what has it may be written over
CONTENTS = "index.html"
INTRODUCTION = """Neural-network parameter initialization, built from scratch in NumPy. These pages are for reading:
each shows a notebook with all that it printed and drew."""
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


NAME = re.compile(r"<m([io])>(\w\w+)</m\1>(?=(<mo stretchy=\"false\">)?)")  # tanh, var; is a bracket next?
BAR = re.compile(r"<mo[^>]*>([|‖])</mo>")
MINUS = re.compile(r"(<mo[^>]*>[^<)\]}|‖]*</mo>)<mo>−</mo>")  # after an operator it is a sign
RELATION = re.compile(r"<mi>([±⟹⟺])</mi>")


def with_spaces_of_tex(drawn):
    """Return MathML with the spaces that LaTeX leaves: var(w), tanh z, (-1, 1/n, |z|, x ± y."""
    sides = cycle(["prefix", "postfix"])
    drawn = re.sub("&#x(.....);", lambda entity: html.escape(chr(int(entity[1], 16))), drawn)
    drawn = NAME.sub(lambda name: f'<mo lspace="0.17em" rspace="{0 if name[3] else 0.17}em">{name[2]}</mo>', drawn)
    drawn = MINUS.sub(r'\1<mo form="prefix">−</mo>', drawn)
    drawn = BAR.sub(lambda bar: f'<mo stretchy="false" form="{next(sides)}">{bar[1]}</mo>', drawn)
    drawn = RELATION.sub(r"<mo>\1</mo>", drawn)
    return drawn.replace("<mo>/</mo>", '<mo lspace="0" rspace="0">/</mo>')


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

    def block_html(self, source):
        """In raw HTML, like an answer's <details>, markdown is not read; mathematics is."""
        return MATH_IN_HTML.sub(self.math_in_html, super().block_html(source))

    def math_in_html(self, found):
        displayed, inline = (html.unescape(body or "") for body in found.groups())
        return self.block_math(displayed) if displayed else self.inline_math(inline)

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
        anchor = anchor.removeprefix("cell-id=")  # the glossary's cells have their headings' names
        return str(Path(path).with_suffix(".html")) + (f"#{anchor}" if anchor else "")

    def block_code(self, code, info=None):
        return f'<div class="code"{focus(code, "code")}>{super().block_code(code, info)}</div>'

    def table(self, text):
        return f'<div class="wide" {FOCUS.format("table")}><table>{text}</table></div>\n'


MATH_IN_HTML = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)
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
    """nbconvert's HTML by the template beside this module."""

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
    notebooks = {path: read(NOTEBOOKS / path) for path in paths}
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
    """Return the paths below notebooks/ of the lessons, each followed by its exercises, and of the glossary."""
    lessons = [path.relative_to(NOTEBOOKS) for path in lesson_paths()]
    paths = [path for lesson in lessons for path in (lesson, Path("exercises") / lesson)]
    return [path for path in [*paths, Path(GLOSSARY)] if (NOTEBOOKS / path).is_file()]


def page_of(notebook, here, pages, navigation):
    """Return the HTML of one notebook; `navigation` is a list of (name, address)."""
    title = f"{title_of(notebook)} – Step Zero" if navigation else "Step Zero"
    resources = {"title": title, "navigation": navigation, "generator": GENERATOR}
    try:
        return PageExporter(here, pages).from_notebook_node(notebook, resources)[0]
    except NotebookError as error:
        raise NotebookError(f"{here}: {error}") from error


def contents(notebooks):
    """Return the contents page, as a notebook of one cell."""
    rows = ["| number | notebook | question | minutes | exercises |", "|---|---|---|---|---|"]
    for path, notebook in notebooks.items():
        if path.parent == Path("exercises") or path == Path(GLOSSARY):
            continue
        number, more = number_of(path), Path("exercises") / path
        exercises = "–"
        if more in notebooks:
            exercises = f"[Exercises {number}]({more.as_posix()}), {minutes_in(notebooks[more])} minutes"
        lesson = f"[{title_of(notebook)}]({path})"
        rows.append(f"| {number} | {lesson} | {question_of(notebook)} | {minutes_in(notebook)} | {exercises} |")
    text = "\n\n".join(["# Step Zero", INTRODUCTION, "\n".join(rows), f"[Glossary · Glosario]({GLOSSARY})"])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def number_of(path):
    return path.stem[:2]


def name_of(path, notebook):
    return title_of(notebook) if path == Path(GLOSSARY) else f"{number_of(path)} {title_of(notebook)}"


def refuse_silent_pictures(notebook, path):
    """Raise NotebookError for a picture without a text alternative."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in pictures(cell.get("outputs", [])):
            if not output.metadata.get(PNG, {}).get("alt"):
                what = "a picture without a text alternative; a View's show, or an Explorer, gives it one"
                raise NotebookError(f"{path}, cell {number}: {what}")


# Writing.


def write(folder, pages):
    """Write `pages` below `folder`, unless a file of such a name there is not of this command's making."""
    foreign = [str(folder / name) for name in pages if (folder / name).exists() and not is_ours(folder / name)]
    if foreign:
        raise ToolError(f"not made by this command, so not written over: {', '.join(foreign)}")
    for name, page in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(page, encoding="utf-8")


def refuse_foreign(folder):
    """Raise ToolError for a folder that holds something, but not this command's contents page."""
    if folder.exists() and not folder.is_dir():
        raise ToolError(f"{folder} is a file; give the name of a folder")
    if folder.exists() and any(folder.iterdir()) and not is_ours(folder / CONTENTS):
        raise ToolError(f"{folder} holds other things than pages; give a new or an empty folder")


def is_ours(path):
    return path.is_file() and GENERATOR in path.read_text(encoding="utf-8", errors="replace")


def make(folder):
    """Write a page for each notebook, and index.html, to `folder`."""
    refuse_foreign(folder)
    pages = all_pages()
    write(folder, pages)
    print(f"{len(pages)} pages; begin with {folder / CONTENTS}")
