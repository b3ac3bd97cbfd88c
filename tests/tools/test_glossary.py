"""The glossary: each entry is whole and used; in each lesson the first use of a term, and no other, links there."""

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter

from tests.support.repository import ALL_NOTEBOOKS, LESSONS, accept, relative
from tools.course import glossary
from tools.course.notebook import notebook_from, read_notebook
from tools.course.places import GLOSSARY, NOTEBOOKS
from tools.rules import glossary as rules

STORED = read_notebook(NOTEBOOKS / GLOSSARY)
TERMS = glossary.terms_of(STORED)
TEXTS = {path.name: "\n".join(cell.source for cell in read_notebook(path).cells) for path in LESSONS}


def test_entries_are_in_order():
    accept(rules.order_complaints(STORED, TERMS))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_entry(term):
    accept(rules.entry_complaints(term, TEXTS))


def test_ids_and_index_are_up_to_date():
    made = nbformat.read(NOTEBOOKS / GLOSSARY, as_version=4)
    glossary.make(made)
    now, wanted = [[(cell.id, cell.source) for cell in cells] for cells in (STORED.cells, made.cells)]
    assert now == wanted, "run step-zero glossary"


def test_each_word_leads_to_one_entry():
    forms = [form for term in TERMS for form in term.forms]
    assert sorted(forms) == sorted(set(forms))


@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_first_use_of_each_term_is_a_link(path):
    accept(rules.first_use_complaints(read_notebook(path), TERMS))


@pytest.mark.parametrize("path", ALL_NOTEBOOKS, ids=relative)
def test_links_lead_to_an_entry(path):
    accept(rules.target_complaints(read_notebook(path), TERMS))


def test_everyday_phrases_still_stand_in_a_lesson():
    told = "\n".join(TEXTS.values())
    assert [phrase for phrase in rules.EVERYDAY if phrase not in told] == []


def test_page_of_nbconvert_has_every_anchor():
    page = HTMLExporter().from_filename(NOTEBOOKS / GLOSSARY)[0]
    for term in TERMS:
        assert f'id="cell-id={term.anchor}"' in page  # a lesson's links
        assert f'id="{term.anchor}"' in page  # the index's


# The rules can complain.

ENTRIES = {
    "He initialization": "Weights of variance 2/fan_in, for ReLU. See [notebook 05](05.ipynb).\n\nAlso: He.",
    "loss": "The number that says how wrong the answers are. See [notebook 05](05.ipynb).",
}
LESSON = (
    "# Build He\n\n[He](05.ipynb), `He`, $He$: He reads.",
    "<details><summary>Loss?</summary>The loss.</details>\n\n| He | loss |\n\nThe pre-loss, losses and one more of he.",
    "## References\n\n- He (2015).",
)
RIGHT = LESSON[0].replace("He reads", f"[He]({glossary.TARGET}He-initialization) reads")
RIGHT = (RIGHT, LESSON[1].replace("losses", f"[losses]({glossary.TARGET}loss)"), LESSON[2])


def notebook_of(*sources):
    cells = [{"cell_type": "markdown", "source": source, "metadata": {}} for source in sources]
    return notebook_from("05.ipynb", nbformat.from_dict({"cells": cells, "metadata": {}}))


def entries(**changed):
    spanish = "\n\n**Español: término.** Una explicación de cinco palabras."
    return [f"### {name}\n\n{text}{spanish}" for name, text in {**ENTRIES, **changed}.items()]


def small_terms():
    return glossary.terms_of(notebook_of(*entries()))


def test_links_in_their_places_are_accepted():
    assert rules.first_use_complaints(notebook_of(*RIGHT), small_terms()) == []


def test_without_links_each_first_use_is_named():
    complaints = rules.first_use_complaints(notebook_of(*LESSON), small_terms())
    assert [complaint.split(";")[-1] for complaint in complaints] == [
        f" write [He]({glossary.TARGET}He-initialization)",
        f" write [losses]({glossary.TARGET}loss)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("one more", f"[loss]({glossary.TARGET}loss)", "must be no link"),
        (f"{glossary.TARGET}loss", f"{glossary.TARGET}He-initialization", "must link to"),
        ("[losses]", "[costs]", "no term of the glossary"),
        (" reads", " reads a loss", "first use"),
    ],
)
def test_link_out_of_its_place_is_named(old, new, complaint):
    lesson = notebook_of(*[source.replace(old, new) for source in RIGHT])
    complaints = rules.first_use_complaints(lesson, small_terms())
    assert complaint in complaints[0]


def test_link_that_leads_nowhere_is_named():
    text = f"[He]({glossary.TARGET}He), [it]({GLOSSARY}#loss), [all]({GLOSSARY})"
    assert len(rules.target_complaints(notebook_of(text), small_terms())) == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("A number. See [notebook 05](05.ipynb).", "in English"),
        ("The number that says how wrong the answers are.", "must link"),
        ("The number that says how wrong the answers are. See [notebook 06](06.ipynb).", "no lesson 06.ipynb"),
    ],
)
def test_entry_that_lacks_something_is_named(text, complaint):
    term = glossary.terms_of(notebook_of(*entries(loss=text)))[-1]
    assert [complaint in told for told in rules.entry_complaints(term, {"05.ipynb": "The loss."})] == [True]


def test_entry_that_nobody_needs_or_that_has_no_spanish_is_named():
    term = small_terms()[-1]
    assert "does not use it" in rules.entry_complaints(term, {"05.ipynb": "A lossy code."})[0]
    term = glossary.term_from(entries()[-1].partition("**")[0])
    assert "Español" in rules.entry_complaints(term, {"05.ipynb": "The loss."})[0]


def test_disorder_and_a_second_heading_in_a_cell_are_named():
    cells = entries()
    assert "'He initialization' must come before 'loss'" in order(*reversed(cells))[0]
    assert "'tanh' must begin a cell" in order(*cells, "Text\n\n### tanh")[0]
    assert order(*cells) == []


def order(*sources):
    notebook = notebook_of(*sources)
    return rules.order_complaints(notebook, glossary.terms_of(notebook))


def test_make_gives_ids_and_writes_the_index():
    cells = [nbformat.v4.new_markdown_cell(source) for source in ("## Index · Índice\n\nold", *entries())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    glossary.make(notebook)
    assert [cell.id for cell in cells[1:]] == ["He-initialization", "loss"]
    assert cells[0].source.split("\n\n")[1:] == [
        "**H** [He initialization](#He-initialization) – término",
        "**L** [loss](#loss) – término",
    ]
