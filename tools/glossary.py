"""The glossary and its links: its terms, and where the lessons use them, as functions that return complaints."""

import re
from dataclasses import dataclass

from tools.structure import GLOSSARY, headings, prose, without_math

LINK = re.compile(rf"\[([^\]]+)\]\({re.escape(GLOSSARY)}#([^)]+)\)")
OTHER_LINK = re.compile(rf"\[[^\]]*\]\((?!{re.escape(GLOSSARY)}#)[^)]*\)")
# What is no running text: headings, tables, answers that fold away, in which Markdown is not read, other HTML.
NO_RUNNING_TEXT = re.compile(r"(?ms)^<details.*?</details>|^\s*(?:#|\||<)[^\n]*$")
SPANISH = re.compile(r"\*\*Español: ([^*]+)\.\*\* (.+)")
REFERENCES = "## References"

# Where a word of the glossary has its everyday meaning.
EVERYDAY = ("the activation's loss", "A loss of 12 %", "step of the derivation", "its uniform twin")


@dataclass(frozen=True)
class Term:
    """One entry. `forms` are the term and what "Also:" names; `text` is the whole entry below its heading."""

    name: str
    forms: tuple
    english: str
    spanish: str
    text: str

    @property
    def anchor(self):
        """What JupyterLab and nbconvert make of the heading."""
        return self.name.replace(" ", "-")

    def matches(self, words):
        return re.fullmatch(pattern_of(self.forms), words) is not None


def terms_of(glossary):
    """Return the Terms of the glossary, which is a Notebook with one cell an entry, in its order."""
    terms = []
    for cell in glossary.markdown_cells:
        if cell.source.startswith("### "):
            heading, *paragraphs = [part.strip() for part in cell.source.split("\n") if part.strip()]
            terms.append(term_from(heading.removeprefix("### "), paragraphs))
    return terms


def term_from(name, paragraphs):
    also = [text.removeprefix("Also: ").rstrip(".") for text in paragraphs if text.startswith("Also: ")]
    spanish = [text for text in paragraphs if SPANISH.fullmatch(text)]
    english = [text for text in paragraphs if not text.startswith(("Also: ", "**Español"))]
    forms = (name, *(form for line in also for form in line.split(", ")))
    return Term(name, forms, "\n".join(english), "\n".join(spanish), "\n".join(paragraphs))


def pattern_of(forms):
    """Return a pattern for any of `forms`, or its plural, as whole words; the longest first.

    A form without capitals may begin a sentence; one with capitals, like He, stands as it is.
    """
    spelled = []
    for form in sorted(forms, key=len, reverse=True):
        first, rest = re.escape(form[0]), re.escape(form[1:])
        spelled.append(f"{first}{rest}" if form != form.lower() else f"[{first}{re.escape(form[0].upper())}]{rest}")
    return rf"(?<![\w-])(?:{'|'.join(spelled)})(?:e?s)?(?![\w-])"


def running_text(markdown):
    """Return `markdown` without all in which no term is linked: headings, tables, code, formulas, other links."""
    text = without_math(prose(markdown))
    text = OTHER_LINK.sub("Link", NO_RUNNING_TEXT.sub("", text))
    for phrase in EVERYDAY:
        text = text.replace(phrase, "Phrase")
    return text


def uses(notebook, terms):
    """Yield (cell, words, anchor) for each use of a term in the text of a lesson, in order; None for no link."""
    words = pattern_of([form for term in terms for form in term.forms])
    for cell in notebook.markdown_cells:
        if cell.source.startswith(REFERENCES):
            return
        for match in re.finditer(rf"{LINK.pattern}|{words}", running_text(cell.source)):
            yield cell, match[1] or match[0], match[2]


def link_complaints(notebook, terms):
    """The first use of each term in a lesson is a link to its entry, and no later one is."""
    complaints = []
    seen = set()
    for cell, words, anchor in uses(notebook, terms):
        term = next((term for term in terms if term.matches(words)), None)
        place = f"{notebook.at(cell)}: {words!r}"
        if anchor and (term is None or anchor != term.anchor):
            wanted = f"{term.anchor!r} is its entry" if term else "no entry has this name"
            complaints.append(f"{place} links to {anchor!r}; {wanted}")
        elif anchor and term in seen:
            complaints.append(f"{place} is linked, but the notebook has linked {term.name!r} before")
        elif not anchor and term not in seen:
            complaints.append(f"{place} is the first use here; write [{words}]({GLOSSARY}#{term.anchor})")
        seen.add(term)
    return complaints


def anchor_complaints(notebook, terms):
    """Each link to the glossary leads to an entry."""
    known = {term.anchor for term in terms}
    return [
        f"{notebook.at(cell)}: {GLOSSARY} has no heading for #{anchor}"
        for cell in notebook.markdown_cells
        for anchor in re.findall(rf"{re.escape(GLOSSARY)}#([^)\s\"]*)", cell.source)
        if anchor not in known
    ]


def use_complaints(terms, lessons):
    """Each term stands in the text or the code of a lesson, and in the lesson that its entry links."""
    texts = {lesson.name: "\n".join(cell.source for cell in lesson.cells) for lesson in lessons}
    complaints = []
    for term in terms:
        linked = re.findall(r"\]\(([^)#]+\.ipynb)\)", term.english)
        if not linked:
            complaints.append(f"{GLOSSARY}, {term.name}: must link the lesson that needs it")
        for name in linked:
            if name not in texts:
                complaints.append(f"{GLOSSARY}, {term.name}: there is no lesson {name}")
            elif not re.search(pattern_of(code_forms(term)), texts[name]):
                complaints.append(f"{GLOSSARY}, {term.name}: {name} does not use it")
    return complaints


def code_forms(term):
    """Return the forms of a term, and what they look like as names: variance_scaling."""
    return [*term.forms, *(form.replace(" ", "_") for form in term.forms)]


def entry_complaints(glossary, terms):
    """The entries are in the order of the alphabet, each in English and Spanish, and the index lists them all."""
    complaints = []
    names = [term.name for term in terms]
    for before, after in zip(names, sorted(names, key=str.casefold), strict=True):
        if before != after:
            complaints.append(f"{GLOSSARY}: {after!r} must come before {before!r}")
            break
    titled = [title for cell in glossary.markdown_cells for _, level, title in headings(cell.source) if level == 3]
    if titled != names:
        complaints.append(f"{GLOSSARY}: each entry needs a cell of its own that begins with its heading")
    for term in terms:
        complaints += text_complaints(term)
    indexed = [
        line
        for cell in glossary.markdown_cells
        for line in re.findall(r"\[([^\]]+)\]\(#([^)]+)\) – ([^·\n]+)", cell.source)
    ]
    wanted = [(term.name, term.anchor, SPANISH.fullmatch(term.spanish)[1]) for term in terms if term.spanish]
    listed = [(name, anchor, spanish.strip()) for name, anchor, spanish in indexed]
    for entry in wanted:
        if entry not in listed:
            complaints.append(f"{GLOSSARY}: the index lacks [{entry[0]}](#{entry[1]}) – {entry[2]}")
    if len(listed) > len(wanted):
        complaints.append(f"{GLOSSARY}: the index has {len(listed)} lines for {len(wanted)} entries")
    return complaints


def text_complaints(term):
    """An entry says in both languages what the term means."""
    complaints = []
    if len(re.findall(r"\w+", OTHER_LINK.sub("", term.english))) < 5:
        complaints.append(f"{GLOSSARY}, {term.name}: says too little in English")
    if len(re.findall(r"\w+", term.spanish)) < 7:
        complaints.append(f"{GLOSSARY}, {term.name}: needs a line '**Español: término.** Explicación.'")
    return complaints
