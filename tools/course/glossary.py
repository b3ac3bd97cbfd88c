"""The glossary: its entries and its index.

A link goes to a cell's id, "glossary.ipynb#cell-id=fan_in": JupyterLab finds that also in a notebook that it has just
begun to open, where it does not find headings yet, and nbconvert's pages have it, too.
"""

import re
from dataclasses import dataclass

from tools.course.notebook import read_valid, replace_file, written
from tools.course.places import GLOSSARY, NOTEBOOKS

TARGET = f"{GLOSSARY}#cell-id="
LINK = re.compile(rf"\[([^\]]+)\]\({re.escape(TARGET)}([^)]+)\)")
OTHER_LINK = re.compile(rf"\[[^\]]*\]\((?!{re.escape(TARGET)})[^)]*\)")
# Headings, tables, and lines of HTML such as answers that fold away: in these nothing turns [..](..) into a link.
NO_RUNNING_TEXT = re.compile(r"(?m)^\s*(?:#|\||<).*$")
REFERENCES = "## References"
ALSO = "Also: "
SPANISH = re.compile(r"\*\*Español: ([^*]+)\.\*\* (.+)")
INDEX = "## Index · Índice"

# Entries.


@dataclass(frozen=True)
class Term:
    """One entry. `forms` are the term and what the line "Also:" names; `spanish` is None where it is missing."""

    name: str
    forms: tuple
    english: str
    spanish: re.Match | None

    @property
    def anchor(self):
        """The id of the entry's cell, which is also what JupyterLab makes of its heading."""
        return self.name.replace(" ", "-")


def terms_of(glossary):
    """Return the Terms of the glossary in their order; each has a cell of its own."""
    return [term_from(cell.source) for cell in entry_cells(glossary)]


def entry_cells(glossary):
    return [cell for cell in glossary.cells if cell.source.startswith("### ")]


def term_from(source):
    heading, *paragraphs = [line for line in source.split("\n") if line.strip()]
    name = heading.removeprefix("### ")
    forms, english, spanish = [name], [], None
    for paragraph in paragraphs:
        if paragraph.startswith(ALSO):
            forms += paragraph.removeprefix(ALSO).rstrip(".").split(", ")
        elif SPANISH.fullmatch(paragraph):
            spanish = SPANISH.fullmatch(paragraph)
        else:
            english.append(paragraph)
    return Term(name, tuple(forms), "\n".join(english), spanish)


def index_of(terms):
    """Return the index: a paragraph for each letter, each term with its Spanish name."""
    lines = {}
    for term in terms:
        spanish = term.spanish[1] if term.spanish else ""
        lines.setdefault(term.name[0].upper(), []).append(f"[{term.name}](#{term.anchor}) – {spanish}")
    return "\n\n".join([INDEX, *(f"**{letter}** {' · '.join(entries)}" for letter, entries in lines.items())])


def make(notebook):
    """Give each entry's cell of an nbformat notebook its id, and make the index."""
    for cell in entry_cells(notebook):
        cell.id = term_from(cell.source).anchor
    for cell in notebook.cells:
        if cell.source.startswith(INDEX):
            cell.source = index_of(terms_of(notebook))


def update():
    """Make the glossary's ids and its index again."""
    path = NOTEBOOKS / GLOSSARY
    notebook = read_valid(path)
    make(notebook)
    replace_file(path, written(notebook))
