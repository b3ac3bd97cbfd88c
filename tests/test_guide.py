"""INSTRUCTORS.md says what is true: its tables are those that the notebooks make, its files are there."""

import re

import pytest

from tools.guide import GUIDE, with_tables
from tools.structure import ROOT


def test_tables_are_those_of_the_notebooks():
    text = GUIDE.read_text(encoding="utf-8")
    assert with_tables(text) == text, "run: python -m tools.course guide"


def test_a_guide_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="tables: begin"):
        with_tables("# For instructors")


def test_the_files_that_it_names_are_there():
    for name in re.findall(r"`((?:helpers|tests|notebooks)/[\w./]+)`", GUIDE.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name
