"""The glossary: its entries, its index, and the links from the lessons. `python -m tools.glossary` makes the index.

A link goes to a cell's id, "glossary.ipynb#cell-id=fan_in": JupyterLab finds that also in a notebook that it has just
begun to open, where it does not find headings yet, and nbconvert's pages have it, too.
"""

import re
from dataclasses import dataclass

from tools.structure import GLOSSARY, NOTEBOOKS, headings, prose, without_math

TARGET = f"{GLOSSARY}#cell-id="
LINK = re.compile(rf"\[([^\]]+)\]\({re.escape(TARGET)}([^)]+)\)")
OTHER_LINK = re.compile(rf"\[[^\]]*\]\((?!{re.escape(TARGET)})[^)]*\)")
# Headings, tables, and lines of HTML such as answers that fold away: in these nothing turns [..](..) into a link.
NO_RUNNING_TEXT = re.compile(r"(?m)^\s*(?:#|\||<).*$")
REFERENCES = "## References"
ALSO = "Also: "
SPANISH = re.compile(r"\*\*Español: ([^*]+)\.\*\* (.+)")
INDEX = "## Index · Índice"

# Where a word of the glossary does not mean what the glossary says.
EVERYDAY = ("the activation's loss", "A loss of 12 %", "step of the derivation", "its uniform twin")


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
    """Give each entry's cell of an nbformat notebook its id, and write the index anew."""
    for cell in entry_cells(notebook):
        cell.id = term_from(cell.source).anchor
    for cell in notebook.cells:
        if cell.source.startswith(INDEX):
            cell.source = index_of(terms_of(notebook))


# What the lessons say.


def pattern_of(forms):
    """Return a pattern for any of `forms`, or its plural, as whole words; the longest first.

    A form without capitals may begin a sentence; one with capitals, like He, stands as it is.
    """
    spelled = "|".join(spelling_of(form) for form in sorted(forms, key=len, reverse=True))
    return rf"(?<![\w-])(?:{spelled})(?:e?s)?(?![\w-])"


def spelling_of(form):
    if form != form.lower():
        return re.escape(form)
    return f"(?i:{re.escape(form[0])}){re.escape(form[1:])}"


def running_text(markdown):
    """Return `markdown` without what holds no links to the glossary: headings, tables, code, formulas, other links."""
    text = NO_RUNNING_TEXT.sub("", without_math(prose(markdown)))
    text = OTHER_LINK.sub("Link", text)
    for phrase in EVERYDAY:
        text = text.replace(phrase, "Phrase")
    return text


def uses(lesson, terms):
    """Yield (cell, words, target) wherever a lesson uses a term, in order; the target is "" where it is no link."""
    words = pattern_of([form for term in terms for form in term.forms])
    for cell in lesson.markdown_cells:
        if cell.source.startswith(REFERENCES):
            return
        for match in re.finditer(rf"{LINK.pattern}|{words}", running_text(cell.source)):
            yield cell, match[1] or match[0], match[2] or ""


# The rules.


def first_use_complaints(lesson, terms):
    """The first use of each term in a lesson is a link to its entry, and no later one is a link."""
    complaints = []
    seen = set()
    for cell, words, target in uses(lesson, terms):
        term = next((term for term in terms if re.fullmatch(pattern_of(term.forms), words)), None)
        place = f"{lesson.at(cell)}: {words!r}"
        if term is None:
            complaints.append(f"{place} is no term of the glossary, nor named under its 'Also:'")
        elif target and target != term.anchor:
            complaints.append(f"{place} must link to {TARGET}{term.anchor}; got {TARGET}{target}")
        elif target and term in seen:
            complaints.append(f"{place} must be no link: {term.name!r} has been linked before")
        elif not target and term not in seen:
            complaints.append(f"{place} is the first use of its term; write [{words}]({TARGET}{term.anchor})")
        seen.add(term)
    return complaints


def target_complaints(notebook, terms):
    """Each link to the glossary leads to an entry, or to the whole."""
    known = {f"#cell-id={term.anchor}" for term in terms} | {""}
    return [
        f"{notebook.at(cell)}: {GLOSSARY} has no entry for {target}"
        for cell in notebook.markdown_cells
        for target in re.findall(rf"{re.escape(GLOSSARY)}([^)\"\s]*)", cell.source)
        if target not in known
    ]


def order_complaints(glossary, terms):
    """Each heading of level 3 begins a cell of its own, and they are in the order of the alphabet."""
    names = [term.name for term in terms]
    titles = [title for cell in glossary.markdown_cells for _, level, title in headings(cell.source) if level == 3]
    complaints = [f"{GLOSSARY}: {title!r} must begin a cell of its own" for title in titles if title not in names]
    for name, wanted in zip(names, sorted(names, key=str.casefold), strict=True):
        if name != wanted:
            return [*complaints, f"{GLOSSARY}: not in the order of the alphabet: {wanted!r} must come before {name!r}"]
    return complaints


def entry_complaints(term, texts):
    """An entry says in both languages what its term is, and links a lesson that uses it.

    `texts` holds the whole text and code of each lesson by its file's name.
    """
    complaints = []
    place = f"{GLOSSARY}, {term.name}"
    linked = re.findall(r"\]\(([^)]+\.ipynb)\)", term.english)
    if len(re.findall(r"\w+", OTHER_LINK.sub("", term.english))) < 6:
        complaints.append(f"{place}: must say in English what it is")
    if term.spanish is None or len(term.spanish[2].split()) < 5:
        complaints.append(f"{place}: needs a line '**Español: término.** Explicación'")
    if not linked:
        complaints.append(f"{place}: must link the lesson that builds or needs it")
    for name in linked:
        if name not in texts:
            complaints.append(f"{place}: there is no lesson {name}; there are {', '.join(texts)}")
        elif not re.search(pattern_of(term.forms), texts[name]):
            complaints.append(f"{place}: {name} does not use it")
    return complaints


def main():
    from tools.notebooks import read, replace_file, written  # here, so that reading the glossary does not need it

    path = NOTEBOOKS / GLOSSARY
    notebook = read(path)
    make(notebook)
    replace_file(path, written(notebook))


if __name__ == "__main__":
    main()
