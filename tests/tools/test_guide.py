"""The instructors' tables are those that the notebooks make, and the files that the guides name are there."""

import re

import pytest

from tools.course.places import ROOT
from tools.publish.guide import GUIDE, guide


def test_tables_are_those_of_the_notebooks():
    assert GUIDE.read_text(encoding="utf-8") == guide(), "run: step-zero guide"


@pytest.mark.parametrize("guide", ["INSTRUCTORS.md", "CONTRIBUTING.md", "docs/grading.md"])
def test_the_files_that_a_guide_names_are_there(guide):
    text = (ROOT / guide).read_text(encoding="utf-8")
    for name in re.findall(r"`(?:uv run pytest )?((?:helpers|tests|notebooks|tools)/[\w./-]+)", text):
        assert (ROOT / name).exists(), name


def test_the_instructors_guide_fits_on_two_screens():
    assert len((ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8").splitlines()) <= 80
