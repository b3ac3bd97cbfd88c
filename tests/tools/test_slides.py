"""Slides of every lesson: each cell is on one, in order, and none is fuller than a screen but where one cell is."""

import nbformat
import pytest

from tools.cli import main
from tools.course.places import lesson_paths
from tools.publish.slides import (
    HIDE_CODE,
    SCREEN,
    height,
    lesson_slides,
    mark_outputs_that_are_enough,
    slide_types,
    unlink_terms,
)

LESSONS = lesson_paths()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_breaks(path):
    cells = nbformat.read(path, as_version=4).cells
    unlink_terms(cells)
    mark_outputs_that_are_enough(cells)
    types = slide_types(cells)
    assert types.count("skip") == 1
    for cell, slide_type in zip(cells, types, strict=True):
        if cell.source.startswith("## "):
            assert slide_type == "slide"
    slides = []
    for cell, slide_type in zip(cells, types, strict=True):
        if slide_type in ("slide", "subslide"):
            slides.append([])
        if slide_type != "skip":
            slides[-1].append(height(cell))
    assert all(len(slide) == 1 or sum(slide) <= SCREEN for slide in slides)
    assert len(slides) < len(cells)


def test_command_writes_a_page_for_reveal(tmp_path):
    target = tmp_path / "slides.html"
    main(["slides", "03", "--output", str(target)])
    page = target.read_text(encoding="utf-8")
    assert "Reveal.initialize" in page
    assert page.count("<section") > 30
    assert "from helpers" not in page  # the import cell
    assert "<strong>gain</strong>" in page  # in the notebook a link to the glossary
    assert "glossary" not in page


def test_libraries_of_ones_own(tmp_path):
    page = lesson_slides(LESSONS[0], tmp_path)
    assert f"{tmp_path.as_uri()}/reveal.js/dist/reveal.js" in page
    assert "unpkg.com" not in page


def test_figures_and_claims_show_no_code():
    see = nbformat.v4.new_markdown_cell("**What you see.** It works.")
    claims = nbformat.v4.new_code_cell("off = 1\nclaim('it works', off < 2)")
    other = nbformat.v4.new_code_cell("x = 1")
    mark_outputs_that_are_enough([see, claims, other])
    assert claims.metadata["tags"] == [HIDE_CODE]
    assert "tags" not in other.metadata
