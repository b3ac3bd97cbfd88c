"""Every rule complains when it is broken."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.notebooks import PROMPT, code, lesson, lesson_content, notebook_of, printed
from tools.course.places import ROOT
from tools.rules import helpers, lessons, notebooks, repository, sources


def module(text):
    return ast.parse(text)


MODULES = {
    "initializers": module(
        "LIMIT: int = 3\n"
        "def halved(x: float) -> float:\n"
        '    """Half of it. Built in\n    notebook 05."""\n'
        "    return x / 2\n"
    )
}

IMPORTS, FAIL, SEEN, CLAIMS, DERIVE, EQUATION_CODE, SOURCE, MOVE, EXPLORER, SUMMARY_CELL = (
    1, 3, 4, 5, 6, 7, 9, 11, 12, 15,
)  # fmt: skip


def source(cell, old, new):
    """Return a change of the lesson: `old` becomes `new` in the source of cell number `cell`, from 0."""

    def change(content):
        assert old in content["cells"][cell]["source"]
        content["cells"][cell]["source"] = content["cells"][cell]["source"].replace(old, new)

    return change


def field(cell, name, value):
    """Return a change of the lesson: cell number `cell` gets another `name`."""

    def change(content):
        content["cells"][cell][name] = value

    return change


def output(value):
    return field(FAIL, "outputs", [value])


def shown(kind, text):
    return output({"output_type": "display_data", "data": {kind: text}, "metadata": {}})


def top(name, value):
    def change(content):
        content["metadata"][name] = value

    return change


def without(cell):
    """Return a change of the lesson: cell number `cell` is gone."""

    def change(content):
        del content["cells"][cell]

    return change


def swapped(one, other):
    def change(content):
        cells = content["cells"]
        cells[one], cells[other] = cells[other], cells[one]

    return change


BROKEN = [
    (lessons.opening_complaints, field(0, "cell_type", "raw"), "must be markdown"),
    (lessons.opening_complaints, source(0, "# Build He", "Build He"), "one '# ' title; got 0"),
    (lessons.opening_complaints, source(0, "# Build He", "# Build He\n\n# Again"), "title; got 2"),
    (lessons.opening_complaints, source(0, "away?*", "away.*"), "the question"),
    *[
        (lessons.opening_complaints, source(0, f"**{label}**", label), f"no **{label}**")
        for label in lessons.OPENING_LABELS
    ],
    (lessons.time_complaints, source(0, "**Time** 5", "**Time** 20"), "states 20 minutes, and a reader needs 0."),
    (lessons.time_complaints, source(FAIL, "print(0.5)", "# " + 1200 * "a "), "a reader needs 6."),
    (
        lessons.time_complaints,
        source(0, "5 minutes", "5 minutes; the appendix takes 9 more"),
        "of the appendix needs 0.0",
    ),
    (lessons.section_complaints, source(13, "## Exercises", "### Exercises"), "'## Exercises' must stand once"),
    (lessons.section_complaints, source(13, "## Exercises", "## Derive"), "'## Derive' must stand once; found 2"),
    (lessons.section_complaints, swapped(2, 8), "in the order"),
    (lessons.import_cell_complaints, source(IMPORTS, "import numpy", "y = 1  # import numpy"), None),
    (lessons.import_cell_complaints, field(IMPORTS, "source", "y = 1"), "must be the import cell"),
    (lessons.import_cell_complaints, source(EQUATION_CODE, "x = 1", "import math"), "cell 8: imports belong"),
    (
        lessons.import_cell_complaints,
        source(SOURCE, "    return", "    import math\n    return"),
        "cell 10: imports",
    ),
    (lessons.equation_complaints, without(EQUATION_CODE), "cell 7: a displayed equation"),
    (lessons.equation_complaints, source(2, "fail", "fail\n\n\\begin{align}\\end{align}\n"), None),
    (lessons.equation_complaints, source(8, "Build it", "Build it\n\n$$a$$"), None),
    (lessons.equation_complaints, source(MOVE - 1, "work", "work\n\n$$a$$"), "cell 11: a displayed equation"),
    (lessons.observation_complaints, without(CLAIMS), "cell 5: 2 sentences"),
    (lessons.observation_complaints, source(SEEN, "It fails.", "It fails. So!"), "3 sentences of 'What you see'"),
    (lessons.observation_complaints, source(CLAIMS, 'claim("it fails",', 'print("it fails",'), "found 1"),
    (lessons.observation_complaints, source(SEEN, "**What", "Now.\n\n**What"), "must begin its cell"),
    (lessons.observation_complaints, field(SEEN, "source", "**What you see.**"), "0 sentences"),
    (
        lessons.answer_complaints,
        source(EXPLORER, "claim('again'", "print('again'"),
        "cell 12: 2 answers under 'Predict",
    ),
    (lessons.answer_complaints, swapped(MOVE, EXPLORER), "claims after them; found 0"),
    (lessons.answer_complaints, source(13, "Exercises", f"Exercises\n\n{PROMPT}"), "1 answers under 'Exercises'"),
    (
        lessons.answer_complaints,
        source(13, "Exercises", f"Exercises\n\n{PROMPT}".replace("Depth 9", "See notebook 09")),
        None,
    ),
    (lessons.prediction_complaints, source(EXPLORER, "Explorer(", "explore("), "no cell that calls Explorer"),
    (lessons.prediction_complaints, swapped(EXPLORER, EQUATION_CODE), "no cell that calls Explorer"),
    (lessons.prediction_complaints, source(MOVE, PROMPT + "\n\n" + PROMPT, PROMPT), "found 1 with 1"),
    (lessons.prediction_complaints, source(MOVE, "<summary>Which depth?</summary>", ""), "found 2 with 0"),
    (lessons.prediction_complaints, source(MOVE, "Which depth?", " "), "found 2 with 0"),
    (
        lessons.exercise_link_complaints,
        source(13, "exercises/05", "exercises/06"),
        "must link exercises/05_build_he.ipynb",
    ),
    (lessons.summary_complaints, source(SUMMARY_CELL, "`he_normal` doubles it.", ""), "counted 2"),
    (lessons.summary_complaints, source(SUMMARY_CELL, "kept? ", "kept? Yes."), "counted 4"),
    (lessons.summary_complaints, source(SUMMARY_CELL, "`he_normal`", "\n\n### More\n\n`he_normal`"), "counted 1"),
    (notebooks.cell_complaints, field(EXPLORER, "id", "the explorer"), "cell 13: its id must be of letters"),
    (notebooks.cell_complaints, field(EXPLORER, "id", ""), "cell 13: its id must be of letters"),
    (notebooks.cell_complaints, field(EXPLORER, "id", "cell-1"), "cell 13: the id 'cell-1' is another cell's"),
    (notebooks.cell_complaints, source(FAIL, "print(0.5)", "print(0.5);"), "a last ';'"),
    (notebooks.cell_complaints, source(FAIL, "print(0.5)", "print(0.5);  # quiet\n"), "a last ';'"),
    (notebooks.cell_complaints, source(FAIL, "print(0.5)", "# NBVAL_SKIP\nprint(0.5)"), "a comment keeps it"),
    (notebooks.cell_complaints, source(FAIL, "print(0.5)", "print(0.5"), "does not parse"),
    (notebooks.cell_complaints, field(FAIL, "source", " \n"), "empty"),
    *[
        (notebooks.cell_complaints, field(FAIL, "metadata", {"tags": [tag]}), f"the tag {tag}")
        for tag in ("nbval-skip", "nbval-ignore-output", "nbval-raises-exception", "raises-exception")
    ],
    (notebooks.execution_count_complaints, field(FAIL, "execution_count", None), "must be 2; got None"),
    (notebooks.execution_count_complaints, field(FAIL, "execution_count", 3), "must be 2; got 3"),
    (notebooks.metadata_complaints, top("kernelspec", {"name": "python3"}), "metadata.kernelspec"),
    (notebooks.metadata_complaints, top("language_info", {"name": "python", "version": "3.11.7"}), "language_info"),
    (notebooks.metadata_complaints, top("widgets", {}), "metadata.widgets"),
    (
        notebooks.output_complaints,
        output({"output_type": "error", "ename": "E", "evalue": "", "traceback": []}),
        "error",
    ),
    (notebooks.output_complaints, output(printed("careful", "stderr")), "stderr"),
    (notebooks.output_complaints, output(printed(["in /" + "home/ana/x.py\n"])), "path of one machine"),
    (notebooks.output_complaints, shown("text/plain", "<object at 0x7f12ab34cd>"), "memory address"),
    (notebooks.output_complaints, shown("text/plain", "0.69314718"), "shows 0.69314718"),
    (notebooks.output_complaints, shown("text/plain", "1.2345678e-05"), "shows 1.2345678e-05"),
    (notebooks.output_complaints, shown("text/html", "<td width='1234567.8'>12,345,678</td>"), "shows 12,345,678"),
    *[
        (notebooks.shell_complaints, source(FAIL, "print(0.5)", line), "no shell commands")
        for line in ("!ls", "%pip install x", "  !ls", "%%bash\nls", "files = !ls")
    ],
    (notebooks.notebook_code_complaints, source(FAIL, "print(0.5)", "np.random.seed(0)"), "global random state"),
]


@pytest.mark.parametrize("rule", lessons.LESSON_RULES + notebooks.NOTEBOOK_RULES)
def test_a_good_lesson_passes(rule):
    assert rule(lesson()) == []


@pytest.mark.parametrize(("rule", "change", "expected"), [case for case in BROKEN if case[2]])
def test_a_broken_lesson_is_complained_about(rule, change, expected):
    content = lesson_content()
    change(content)
    complaints = rule(lesson(content))
    assert any(expected in complaint for complaint in complaints), complaints
    assert all(complaint.startswith("05_build_he.ipynb") for complaint in complaints)


@pytest.mark.parametrize(("rule", "change"), [case[:2] for case in BROKEN if not case[2]])
def test_what_only_looks_broken_passes(rule, change):
    content = lesson_content()
    change(content)
    assert rule(lesson(content)) == []


def test_every_rule_was_broken():
    broken = {rule for rule, _, expected in BROKEN if expected}
    untried = set(lessons.LESSON_RULES + notebooks.NOTEBOOK_RULES) - broken
    assert untried == {notebooks.notebook_size_complaints}  # tested below


def test_notebook_size():
    assert notebooks.notebook_size_complaints(lesson(size=500_000)) == []
    assert notebooks.notebook_size_complaints(lesson(size=500_001)) != []


def test_other_headings_may_stand_between():
    content = lesson_content()
    content["cells"][8]["source"] = "## The words\n\n| a | b |\n\n## Build it"
    assert lessons.section_complaints(lesson(content)) == []


def test_the_first_lesson_lets_race_before_it_explains():
    content = lesson_content()
    cells = content["cells"]
    content["cells"] = [*cells[:2], *cells[8:10], *cells[2:6], *cells[11:13], *cells[6:8], cells[10], *cells[13:]]
    assert lessons.section_complaints(notebook_of(content, name="00_start_here.ipynb")) == []
    assert "in the order See it fail, Derive" in lessons.section_complaints(lesson(content))[0]
    assert (
        "in the order Build it, See it fail"
        in lessons.section_complaints(notebook_of(lesson_content(), name="00_start_here.ipynb"))[0]
    )


# One source.


def redefined(text, *tags):
    return sources.redefinition_complaints(notebook_of({"cells": [code(text, *tags)]}), MODULES)


@pytest.mark.parametrize(
    "text",
    [
        "def halved(y):\n    return y",
        "class halved:\n    pass",
        "halved = 3",
        "halved: int = 3",
        "a, halved = 1, 2",
        "for halved in [1]:\n    pass",
        "if True:\n    halved = 1",
        "print(halved := 1)",
        "from math import sqrt as halved",
        "from helpers.data import xor as halved",
        "import math as LIMIT",
    ],
)
def test_a_helpers_name_is_bound_only_at_its_source(text):
    assert "is a helper's name" in redefined(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "from helpers.initializers import halved",
        "halved_first_try = 3",
        "def f():\n    halved = 1",
        "[halved for halved in range(3)]",
        "print(halved)",
    ],
)
def test_using_a_helpers_name_is_fine(text):
    assert redefined(text) == []


def test_a_source_cell_may_bind_its_name():
    assert redefined("def halved(x):\n    return x / 2", "source:helpers.initializers.halved") == []


def test_private_names_and_those_of_other_modules_are_free():
    modules = {"initializers": module("_step = 1"), "figures.race": module("PALETTE = 1")}
    assert sources.public_names(modules) == set()
    assert sources.public_names({"experiments.race": module("STARTS = 1")}) == {"STARTS"}


HELPER = '''
@cached
def f(x: int, *, k: float = 2.0) -> float:
    """Docstring."""
    y: float = x * k
    if y < 0:
        raise ValueError(f"got {y}")
    return y


@dataclass(frozen=True)
class C:
    """Docstring."""

    name: str
    size: int = 3


TABLE: dict = {"f": f}
'''


def source_of(name, text):
    cell = code(text, f"source:helpers.made.{name}")
    return sources.source_complaints(notebook_of({"cells": [cell]}), {"made": module(HELPER)})


SAME = {
    "f": (
        "@cached\ndef f(x, *, k=2.0):\n    # a comment\n    y = x * k\n    if y < 0:\n"
        '        raise ValueError(f"got {y}")\n    return (y)'
    ),
    "C": '@dataclass(frozen=True)\nclass C:\n    name: "str"\n    size: float = 3',
    "TABLE": "TABLE = {'f': f}",
}


@pytest.mark.parametrize("name", SAME)
def test_docstrings_annotations_and_layout_do_not_count(name):
    assert source_of(name, SAME[name]) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("f", "2.0", "2.1"),
        ("f", "2.0", "2"),
        ("f", "*, k", "k"),
        ("f", "x * k", "k * x"),
        ("f", "y < 0", "y <= 0"),
        ("f", "got", "not"),
        ("f", "@cached\n", ""),
        ("f", "    return (y)", ""),
        ("C", "frozen=True", "frozen=False"),
        ("C", "size", "count"),
        ("TABLE", "'f'", "'g'"),
    ],
)
def test_one_token_of_difference_fails(name, old, new):
    assert old in SAME[name]
    assert f"cell 1: {name} has" in source_of(name, SAME[name].replace(old, new))[0]


def test_a_source_defined_twice_or_not_at_all_fails():
    assert source_of("f", SAME["f"] + "\nf = 3") != []
    assert "does not define it" in source_of("f", "g = 3")[0]
    assert "defines no g" in source_of("g", "g = 3")[0]


def test_a_source_tag_must_begin_with_helpers():
    content = {"cells": [code("x = 1", "source:initializers.halved")]}
    assert "must begin" in sources.source_complaints(lesson(content), MODULES)[0]


def test_what_is_built_in_a_notebook_needs_a_tagged_cell():
    assert sources.built_in_complaints([lesson()], MODULES) == []
    content = lesson_content()
    content["cells"][SOURCE]["metadata"] = {}
    missing = sources.built_in_complaints([lesson(content)], MODULES)
    assert missing == ["05_build_he.ipynb: no cell is tagged source:helpers.initializers.halved"]
    assert sources.built_in_complaints([], MODULES) == [], "notebook 05 is not written yet"


# The helpers' code.


# The directions of imports are tested in tests/helpers/test_imports.py.
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("initializers", "import scipy"),
        ("lessons.build_he.experiment", "import scipy"),
        ("tables", "import matplotlib"),
        ("lessons.build_he.tables", "import matplotlib"),
        ("lessons.build_he.views", "import ipywidgets"),
        ("figures.base", "import ipywidgets"),
        ("figures.base", "import matplotlib.pyplot as plt"),
        ("figures.base", "from matplotlib import pyplot"),
        ("networks", "from .activations import relu"),
        ("networks", "import helpers"),
    ],
)
def test_a_foreign_import_fails(name, text):
    (complaint,) = helpers.foreign_import_complaints({name: module(text)})
    assert complaint.startswith(f"helpers.{name}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("networks", "import math\nimport numpy as np\nfrom helpers.activations import relu"),
        ("lessons.build_he.views", "from matplotlib.figure import Figure\nfrom helpers.figures.style import RC"),
        ("figures.base", "from PIL import Image"),
        ("explorer", "import asyncio\nimport ipywidgets as widgets"),
    ],
)
def test_an_import_of_what_is_allowed_passes(name, text):
    assert helpers.foreign_import_complaints({name: module(text)}) == []


@pytest.mark.parametrize(
    "text",
    [
        "np.random.normal(size=3)",
        "numpy.random.seed(0)",
        "rng = np.random.RandomState(0)",
        "draw = np.random",
        "from numpy.random import normal",
        "from numpy import random",
        "import numpy.random",
    ],
)
def test_global_randomness_fails(text):
    assert helpers.random_complaints("here", module(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "rng = np.random.default_rng(0)",
        "isinstance(rng, np.random.Generator)",
        "np.random.Generator(np.random.PCG64(np.random.SeedSequence(0)))",
        "from numpy.random import default_rng",
        "rng.random(3)",
    ],
)
def test_a_generator_passes(text):
    assert helpers.random_complaints("here", module(text)) == []


def ruff(text, name):
    """Return what ruff says, by this project's settings, of code that stands in the file `name`."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "--stdin-filename", name]
    result = subprocess.run([*command, "-"], cwd=ROOT, input=text, capture_output=True, text=True)
    return [complaint["code"] for complaint in json.loads(result.stdout)]


def as_notebook(text):
    return json.dumps({"cells": [code(text) | {"id": "a"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import random", "TID251"),
        ("from random import choice", "TID251"),
        ("import ipywidgets", "TID251"),
        ("import urllib.request", "TID251"),
        ("from urllib import request", "TID251"),
        ("import requests", "TID251"),
        ("import socket", "TID251"),
        ("from http.client import HTTPConnection", "TID251"),
        ("import threading", "TID251"),
        ("import subprocess", "TID251"),
        ("from multiprocessing import Pool", "TID251"),
        ("from concurrent.futures import ThreadPoolExecutor", "TID251"),
        ("import numpy as np\nnp.random.seed(0)", "NPY002"),
        ("from numpy.random import normal\nx = normal()", "NPY002"),
        ("from helpers.claims import *", "F403"),
    ],
)
def test_ruff_bans_it_from_helpers_and_notebooks(text, expected):
    assert expected in ruff(text, "helpers/made.py")
    assert expected in ruff(as_notebook(text), "notebooks/made.ipynb")


def test_ruff_bans_less_from_tools_and_nothing_of_importlib():
    assert "TID251" in ruff("import random", "tools/made.py")
    assert "TID251" in ruff("import ipywidgets", "tools/measure/made.py")
    assert "TID251" not in ruff("import subprocess", "tools/made.py")
    assert "TID251" not in ruff("import importlib.resources", "helpers/made.py")


# Texts and files.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](missing.md)", "missing.md leads nowhere"),
        ("[a]: missing.md", "missing.md leads nowhere"),
        ('<img src="missing.png" alt="a curve">', "missing.png leads nowhere"),
        ("[![a badge](missing.svg)](there.md)", "missing.svg leads nowhere"),
        ("# One\n\n[a](#two)", "no heading for #two"),
        ("![](there.md)", "no alt text"),
        ('<img src="there.md">', "no alt text"),
        ('<img src="there.md" alt="">', "no alt text"),
    ],
)
def test_a_broken_link_fails(tmp_path, text, expected):
    (tmp_path / "there.md").touch()
    (complaint,) = repository.link_complaints([("README.md", text)], tmp_path)
    assert complaint == f"README.md: {complaint.partition(': ')[2]}"
    assert expected in complaint


@pytest.mark.parametrize(
    "text",
    [
        "[a](there.md) [b](there.md#anywhere) [c](https://example.org/missing) [d](mailto:a@example.org)",
        "# One & two\n\n[a](#one--two) [b](#One-&-two)",
        "`[a](missing.md)` and $f[x](z)$\n\n```\n[a](missing.md)\n```",
        "![a curve](there.md)",
        '<img src="there.md" alt="a curve">',
    ],
)
def test_a_sound_link_passes(tmp_path, text):
    (tmp_path / "there.md").touch()
    assert repository.link_complaints([("README.md", text)], tmp_path) == []


UNWANTED = [
    "TO" + "DO: later",
    "# FIX" + "ME",
    "X" * 3,
    "see /" + "home/ana/course",
    "cd /" + "work/main",
    'path = "/' + 'root/x"',
    "https://py" + "pi.org/simple",
    "https://files.python" + "hosted.org/packages",
    "https://registry.npm" + "js.org/x",
]


def test_mention_of_a_notebook_that_is_not_there_is_named():
    lessons = [Path("05_build_he.ipynb"), Path("06_unify_variance_scaling.ipynb")]
    pieces = [("a cell", "Notebook 06 and notebook 09 say more than notebooks 05 to 07.")]
    assert repository.mention_complaints(pieces, lessons) == ["a cell: there is no notebook 09"]


@pytest.mark.parametrize("text", UNWANTED)
def test_unwanted_words_fail(text):
    assert repository.wording_complaints("a.md", f"first\n{text}\n")[0].startswith("a.md, line 2: ")


def test_wanted_words_pass():
    text = 'TODOS, "https://example.org/home/x", a/home/b, "image/png": "a/' + 'home/b"'
    assert repository.wording_complaints("a.md", text) == []


def test_file_size():
    assert repository.file_size_complaints("a", 1_000_000) == []
    assert repository.file_size_complaints("a", 1_000_001) != []


def test_repository_files_are_found_without_git(tmp_path):
    for name in ("a.md", "notebooks/b.ipynb", ".ci/run", ".venv/c.py", "helpers/__pycache__/d.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {str(path.relative_to(tmp_path)) for path in repository.repository_files(tmp_path)}
    assert found == {"a.md", "notebooks/b.ipynb", ".ci/run"}
