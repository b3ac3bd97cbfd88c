"""What a lesson says of itself, its exercises, and its Explorers."""

import re

from tools.course.markdown import without_links
from tools.course.notebook import read_notebook
from tools.course.solutions import points_of


def title_of(notebook):
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ").strip()


WORDS_A_MINUTE = 200
APPENDIX = re.compile(r"## Appendix")


def minutes_in(notebook):
    """Return the minutes that a lesson's first cell states, as a text."""
    return re.search(r"\*\*Time[.:]?\*\*\s*(\d+) minutes", notebook.cells[0].source)[1]


def minutes_of_appendix(notebook):
    """Return the minutes that the first cell states for the appendix besides, as a text; None where it states none."""
    match = re.search(r"the appendix takes (\d+) more", notebook.cells[0].source)
    return match and match[1]


def minutes_to_read(notebook):
    """Return the minutes that the main line and the appendix take a reader of all words, code and printed text.

    A minute for 200 words, and one for each picture; references are not read.
    """
    minutes = {"main": 0.0, "appendix": 0.0}
    part = "main"
    for cell in notebook.cells:
        if cell.kind == "markdown" and cell.source.startswith("## References"):
            break
        if cell.kind == "markdown" and APPENDIX.match(cell.source):
            part = "appendix"
        texts = [without_links(cell.source)]
        for output in cell.outputs if cell.kind == "code" else []:
            data = output.get("data", {})
            if "image/png" in data:
                minutes[part] += 1
            else:
                texts.append(output.get("text", data.get("text/plain", "")))
        minutes[part] += sum(len(text.split()) for text in texts) / WORDS_A_MINUTE
    return minutes["main"], minutes["appendix"]


def question_of(notebook):
    """Return the question below a lesson's title, without links."""
    paragraphs = without_links(notebook.cells[0].source).split("\n\n")
    return next(paragraph for paragraph in paragraphs if paragraph.endswith("?")).replace("\n", " ")


def needs(notebook):
    """Return the numbers of the notebooks that a lesson says it needs; where it needs none, what else."""
    line = without_links(re.search(r"\*\*You need:\*\* (.+)\.", notebook.cells[0].source)[1])
    numbers = re.findall(r"\b\d\d(?: to \d\d)?\b", line)
    return ", ".join(numbers) or line


def graded_sources(cells):
    return [cell.source for cell in cells if points_of(cell.source)]


def exercises_in(notebook):
    """Yield each exercise's title, like "1 · Build it: …", and its cells."""
    title, cells = None, []
    for cell in [*notebook.cells, None]:
        heading = re.match(r"## (.+)", cell.source) if cell and cell.cell_type == "markdown" else None
        if heading or cell is None:
            if title and graded_sources(cells):
                yield title, cells
            title, cells = (heading[1], []) if heading else (None, [])
        if cell is not None:
            cells.append(cell)


def explorer_cells(path):
    """Return a lesson's Explorer cells, by cell id: the code that must run before, and the cell's own."""
    imports, *cells = read_notebook(path).code_cells
    before, found = [imports.source], {}
    for cell in cells:
        if any(tag.startswith("source:") for tag in cell.tags):
            before.append(cell.source)
        elif cell.source.startswith("Explorer("):
            found[cell.id] = "\n\n".join(before), cell.source
    return found


def explorers_of(path):
    """Return the Explorers that a lesson's cells make, by cell id."""
    explorers = {}
    for name, (before, source) in explorer_cells(path).items():
        names = {}
        exec(before, names)
        explorers[name] = eval(source, names)
    return explorers
