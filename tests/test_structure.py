"""The rules of tools/structure.py, applied to this repository."""

import pytest

from tools import structure

LESSONS = structure.lesson_paths()
# Later also solutions and exercises, in folders of their own.
ALL_NOTEBOOKS = [
    path for path in sorted(structure.NOTEBOOKS.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts
]
MODULES = structure.read_modules()
FILES = structure.repository_files()
SCRIPTS = [path for path in FILES if path.suffix == ".py" and "tests" not in path.parts[len(structure.ROOT.parts) :]]
DOCUMENTS = [path for path in FILES if path.suffix in (".md", ".ipynb")]


def relative(path):
    return str(path.relative_to(structure.ROOT))


def rule_name(rule):
    return rule.__name__.removesuffix("_complaints")


def accept(complaints):
    """Fail with the complaints, one a line, if there are any."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def test_there_are_notebooks_to_check():
    assert LESSONS, "notebooks/ holds no notebook, so the tests below check nothing"


def test_there_are_modules_to_check():
    assert "initializers" in MODULES


@pytest.mark.parametrize("rule", structure.LESSON_RULES, ids=rule_name)
@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_lesson(path, rule):
    accept(rule(structure.read_notebook(path)))


@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_notebook_binds_no_helpers_name(path):
    accept(structure.redefinition_complaints(structure.read_notebook(path), MODULES))


@pytest.mark.parametrize("path", ALL_NOTEBOOKS, ids=relative)
def test_notebook_shows_the_helpers_own_code(path):
    accept(structure.source_complaints(structure.read_notebook(path), MODULES))


@pytest.mark.parametrize("rule", structure.NOTEBOOK_RULES, ids=rule_name)
@pytest.mark.parametrize("path", ALL_NOTEBOOKS, ids=relative)
def test_notebook(path, rule):
    accept(rule(structure.read_notebook(path)))


def test_what_is_built_in_a_notebook_has_its_source_there():
    accept(structure.built_in_complaints([structure.read_notebook(path) for path in LESSONS], MODULES))


def test_helpers_import_numpy_and_little_else():
    accept(structure.foreign_import_complaints(MODULES))


@pytest.mark.parametrize("module", MODULES)
def test_helpers_use_no_network_and_no_processes(module):
    accept(structure.forbidden_import_complaints(f"helpers.{module}", MODULES[module]))


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_randomness_is_passed_on(path):
    tree = structure.parsed(path.read_text(encoding="utf-8"))
    accept(structure.random_complaints(relative(path), tree))


def pieces_of(path):
    """Return a document's Markdown as pairs of place and text."""
    if path.suffix != ".ipynb":
        return [(relative(path), path.read_text(encoding="utf-8"))]
    notebook = structure.read_notebook(path)
    return [(notebook.at(cell), cell.source) for cell in notebook.markdown_cells]


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_links_and_mentions_lead_somewhere(path):
    pieces = pieces_of(path)
    accept(structure.link_complaints(pieces, path.parent))
    accept(structure.mention_complaints(pieces, LESSONS))


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_file(path):
    accept(structure.file_size_complaints(relative(path), path.stat().st_size))
    text = structure.text_of(path)
    if text is not None:
        accept(structure.wording_complaints(relative(path), text))
