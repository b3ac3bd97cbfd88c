"""README.md says what is true of the course, and the repository's address stands in one place."""

import re

import pytest
import yaml
from PIL import Image

from tools.course.places import ROOT
from tools.publish.picture import PICTURE
from tools.publish.readme import README, binder_address, repository, with_parts
from tools.rules.repository import repository_files, text_of

TEXT = README.read_text(encoding="utf-8")


def test_table_and_badges_are_those_of_the_notebooks():
    assert with_parts(TEXT) == TEXT, "run: step-zero readme"


def test_a_readme_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="badge: begin"):
        with_parts("# Step Zero")


def test_binder_is_asked_for_this_repository_and_opens_the_first_notebook():
    address = binder_address("notebooks/00_start_here.ipynb")
    assert address.startswith(f"https://mybinder.org/v2/gh/{repository().removeprefix('https://github.com/')}/HEAD?")
    assert address.endswith("?urlpath=lab%2Ftree%2Fnotebooks%2F00_start_here.ipynb")


def test_every_binder_link_of_the_repository_is_one_of_ours():
    texts = [text_of(path) or "" for path in repository_files() if path.suffix in (".md", ".ipynb", ".cff")]
    links = [link for text in texts for link in re.findall(r"https://mybinder\.org/v2/gh/[^\s)\"]+", text)]
    assert len(links) >= 9
    assert not [link for link in links if not link.startswith(binder_address("").removesuffix("lab%2Ftree%2F"))]


def test_citation_names_this_repository_and_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert citation["repository-code"] == repository()
    assert f'version = "{citation["version"]}"' in project
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "license", "date-released"} <= set(citation)


def test_changelog_tells_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    heading = f"## {citation['version']}, {citation['date-released']}"
    assert heading in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()


def test_the_picture_moves_and_is_small():
    with Image.open(PICTURE) as picture:
        assert picture.n_frames >= 5
        assert picture.width <= 900
    assert PICTURE.stat().st_size < 300_000
    assert f"]({PICTURE.relative_to(ROOT).as_posix()})" in TEXT
