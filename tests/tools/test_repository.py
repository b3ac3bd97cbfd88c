"""The rules of tools/rules, applied to this repository."""

import pytest

from tests.support.repository import ALL_NOTEBOOKS, DOCUMENTS, FILES, LESSONS, MODULES, SCRIPTS, accept, relative
from tools.course.code import parsed
from tools.course.notebook import read_notebook
from tools.rules import helpers, lessons, notebooks, repository, sources


def rule_name(rule):
    return rule.__name__.removesuffix("_complaints")


def test_there_are_notebooks_to_check():
    assert LESSONS, "notebooks/ holds no notebook, so the tests below check nothing"


def test_there_are_modules_to_check():
    assert "initializers" in MODULES


@pytest.mark.parametrize("rule", lessons.LESSON_RULES, ids=rule_name)
@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_lesson(path, rule):
    accept(rule(read_notebook(path)))


@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_notebook_binds_no_helpers_name(path):
    accept(sources.redefinition_complaints(read_notebook(path), MODULES))


@pytest.mark.parametrize("path", ALL_NOTEBOOKS, ids=relative)
def test_notebook_shows_the_helpers_own_code(path):
    accept(sources.source_complaints(read_notebook(path), MODULES))


@pytest.mark.parametrize("rule", notebooks.NOTEBOOK_RULES, ids=rule_name)
@pytest.mark.parametrize("path", ALL_NOTEBOOKS, ids=relative)
def test_notebook(path, rule):
    accept(rule(read_notebook(path)))


def test_what_is_built_in_a_notebook_has_its_source_there():
    accept(sources.built_in_complaints([read_notebook(path) for path in LESSONS], MODULES))


def test_helpers_import_numpy_and_little_else():
    accept(helpers.foreign_import_complaints(MODULES))


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_randomness_is_passed_on(path):
    tree = parsed(path.read_text(encoding="utf-8"))
    accept(helpers.random_complaints(relative(path), tree))


def pieces_of(path):
    """Return a document's Markdown as pairs of place and text."""
    if path.suffix != ".ipynb":
        return [(relative(path), path.read_text(encoding="utf-8"))]
    notebook = read_notebook(path)
    return [(notebook.at(cell), cell.source) for cell in notebook.markdown_cells]


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_links_and_mentions_lead_somewhere(path):
    pieces = pieces_of(path)
    accept(repository.link_complaints(pieces, path.parent))
    accept(repository.mention_complaints(pieces, LESSONS))


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_file(path):
    accept(repository.file_size_complaints(relative(path), path.stat().st_size))
    text = repository.text_of(path)
    if text is not None:
        accept(repository.wording_complaints(relative(path), text))
