"""The instructors' tables are those that the notebooks make, and the files that INSTRUCTORS.md names are there."""

import re

from tools.course.places import ROOT
from tools.publish.guide import GUIDE, guide


def test_tables_are_those_of_the_notebooks():
    assert GUIDE.read_text(encoding="utf-8") == guide(), "run: step-zero guide"


def test_the_files_that_the_instructors_guide_names_are_there():
    text = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:helpers|tests|notebooks)/[\w./]+)`", text):
        assert (ROOT / name).exists(), name
