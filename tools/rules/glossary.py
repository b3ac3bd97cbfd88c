"""What must be true of the glossary's entries, and of the lessons' links to them."""

import re

from tools.course.glossary import LINK, NO_RUNNING_TEXT, OTHER_LINK, REFERENCES, TARGET
from tools.course.markdown import headings, prose, without_math
from tools.course.places import GLOSSARY

# Where a word of the glossary does not mean what the glossary says.
EVERYDAY = ("the activation's loss", "A loss of 12 %", "step of the derivation", "loses or gains")


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
