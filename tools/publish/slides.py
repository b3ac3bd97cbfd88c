"""Slides of a lesson, made by nbconvert for reveal.js: a section a column, broken where a screen is full."""

import math
from itertools import pairwise
from pathlib import Path

from nbconvert.exporters import SlidesExporter
from traitlets.config import Config

from tools.course.glossary import LINK
from tools.course.notebook import pictures, read, texts
from tools.course.places import NOTEBOOKS, find
from tools.rules.lessons import WHAT_YOU_SEE

SCREEN = 28  # lines of text that fit on a slide
CHARACTERS = 95  # in a line
HIDE_CODE = "hide-code"
PICTURE_LINES = 19
EQUATION_LINES = 3

STYLE = """<style>
.reveal .slides section { font-size: 21px; text-align: left; }
.reveal h1 { font-size: 2em; }
.reveal h2 { font-size: 1.5em; }
.reveal .jp-OutputArea-output pre, .reveal .highlight pre { font-size: 15px; line-height: 1.3; }
.reveal .jp-RenderedImage img { max-height: 560px; }
.reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none; }
</style>
"""


# Where npm puts what the page loads: npm install reveal.js@4 requirejs jquery mathjax@2
LIBRARIES = {
    "reveal_url_prefix": "reveal.js",
    "require_js_url": "requirejs/require.js",
    "jquery_url": "jquery/dist/jquery.min.js",
    "mathjax_url": "mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe",
}


def lesson_slides(path, libraries=None):
    """Return the HTML of a lesson's slides, with the outputs that its notebook stores.

    `libraries` is the folder node_modules with LIBRARIES; without it the page loads them from where nbconvert says.
    """
    notebook = read(path)
    unlink_terms(notebook.cells)
    mark_outputs_that_are_enough(notebook.cells)
    for cell, slide_type in zip(notebook.cells, slide_types(notebook.cells), strict=True):
        cell.metadata["slideshow"] = {"slide_type": slide_type}
    notebook.cells[0].source += f"\n\n{STYLE}"
    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {HIDE_CODE}
    config.SlidesExporter.exclude_anchor_links = True
    config.SlidesExporter.reveal_scroll = True
    config.SlidesExporter.reveal_width = "1200"
    config.SlidesExporter.reveal_height = "800"
    if libraries:
        for setting, place in LIBRARIES.items():
            config.SlidesExporter[setting] = f"{libraries.resolve().as_uri()}/{place}"
    return SlidesExporter(config=config).from_notebook_node(notebook)[0]


def make(name, output=None, libraries=None):
    """Write the slides of the lesson that `name` means, without running it."""
    path = find(name, NOTEBOOKS)
    output = output or Path(f"{path.stem}.slides.html")
    output.write_text(lesson_slides(path, libraries), encoding="utf-8")
    print(f"{output}: open it in a browser; the space bar goes on")


def unlink_terms(cells):
    """Leave of each link to the glossary its words: a page of slides stands alone."""
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"\1", cell.source)


def slide_types(cells):
    """Return each cell's slide type: the imports are skipped, a section begins a column, a full screen a new slide."""
    types = []
    filled = 0
    imports_seen = False
    for cell in cells:
        lines = height(cell)
        if cell.cell_type == "code" and not imports_seen:
            imports_seen = True
            types.append("skip")
        elif not types or cell.source.startswith(("# ", "## ")):
            types.append("slide")
            filled = lines
        elif filled + lines > SCREEN:
            types.append("subslide")
            filled = lines
        else:
            types.append("-")
            filled += lines
    return types


def mark_outputs_that_are_enough(cells):
    """Tag the cells whose outputs are enough on a slide: a figure, an Explorer, and the claims of what you see."""
    for before, cell in pairwise(cells):
        if pictures(cell.get("outputs", [])) or (cell.cell_type == "code" and before.source.startswith(WHAT_YOU_SEE)):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), HIDE_CODE]


def height(cell):
    """Return about how many lines a cell takes on a slide."""
    if cell.cell_type == "markdown":
        paragraphs = [line for line in cell.source.split("\n") if line.strip()]
        return sum(paragraph_lines(paragraph) for paragraph in paragraphs)
    code = 0 if HIDE_CODE in cell.metadata.get("tags", []) else cell.source.count("\n") + 2
    lines = [text.count("\n") + 1 for text in texts(cell.outputs) if text]
    return code + sum(lines) + PICTURE_LINES * len(pictures(cell.outputs))


def paragraph_lines(paragraph):
    if paragraph.startswith("#"):
        return 3
    if paragraph.startswith("$$"):
        return EQUATION_LINES
    return math.ceil(len(paragraph) / CHARACTERS) + (0 if paragraph.startswith(("|", "-", "*")) else 0.7)
