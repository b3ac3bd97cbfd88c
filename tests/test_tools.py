"""The authoring tools: every rule complains when it is broken, and a run leaves a file whose diff is real."""

import ast
import base64
import copy
import io
import json
import os
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import ScriptExporter
from PIL import Image

from tools import exercises, notebooks, structure

# A lesson that keeps every rule; each test below breaks one.


def markdown(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def code(source, *tags, outputs=()):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": list(outputs),
        "execution_count": None,
    }


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


PROMPT = "<details><summary>Which depth?</summary>Depth 9.</details>"

OPENING = """# Build He

*What does ReLU throw away?*

**You will do** much. **You will learn** more. **You need** notebook 04. **Time** 20 minutes."""

SUMMARY = """## Summary

ReLU halves the signal, e.g. from 1.0 to 0.5 (He et al. 2015). `he_normal` doubles it. Is $a. B$ kept? """


def lesson_content():
    """Return the content of a notebook that keeps every rule."""
    cells = [
        markdown(OPENING),
        code("import numpy as np\nfrom helpers.claims import claim"),
        markdown("## See it fail"),
        code("print(0.5)", outputs=[printed("0.5\n")]),
        markdown("**What you see.** It fails. See `a.b` (Fig. 2), where $x = 1. 5$ fails!"),
        code('claim("it fails", True)\nclaim("it fails again", True)'),
        markdown("## Derive\n\n$$y = x$$"),
        code("x = 1"),
        markdown("## Build it"),
        code("def halved(x):\n    return x / 2", "source:helpers.initializers.halved"),
        markdown("## See it work"),
        markdown(f"## Predict, then move\n\n{PROMPT}\n\n{PROMPT}"),
        code("Explorer(halved)\nclaim('depth 9', True)\nclaim('again', True)"),
        markdown("## Exercises\n\n[Here](exercises/05_build_he.ipynb)."),
        markdown("## In practice\n\nIn PyTorch:\n\n```python\n## Summary\n```"),
        markdown(SUMMARY),
        markdown("## References\n\n[He](https://example.org) ![a curve](curve.png) [up](#build-it)"),
    ]
    count = 0
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
    metadata = {"kernelspec": structure.KERNELSPEC, "language_info": structure.LANGUAGE_INFO}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def lesson(content=None, size=0):
    return structure.notebook_from("05_build_he.ipynb", content or lesson_content(), size)


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


S = structure
BROKEN = [
    (S.opening_complaints, field(0, "cell_type", "raw"), "must be markdown"),
    (S.opening_complaints, source(0, "# Build He", "Build He"), "one '# ' title; got 0"),
    (S.opening_complaints, source(0, "# Build He", "# Build He\n\n# Again"), "title; got 2"),
    (S.opening_complaints, source(0, "away?*", "away.*"), "the question"),
    *[(S.opening_complaints, source(0, f"**{label}**", label), f"no **{label}**") for label in S.OPENING_LABELS],
    (S.section_complaints, source(13, "## Exercises", "### Exercises"), "'## Exercises' must stand once"),
    (S.section_complaints, source(13, "## Exercises", "## Derive"), "'## Derive' must stand once; found 2"),
    (S.section_complaints, swapped(2, 8), "in the order"),
    (S.import_cell_complaints, source(IMPORTS, "import numpy", "y = 1  # import numpy"), None),
    (S.import_cell_complaints, field(IMPORTS, "source", "y = 1"), "must be the import cell"),
    (S.import_cell_complaints, source(EQUATION_CODE, "x = 1", "import math"), "cell 8: imports belong"),
    (
        S.import_cell_complaints,
        source(SOURCE, "    return", "    import math\n    return"),
        "cell 10: imports",
    ),
    (S.import_cell_complaints, source(IMPORTS, "import claim", "import *"), "not '*'"),
    (S.equation_complaints, without(EQUATION_CODE), "cell 7: a displayed equation"),
    (S.equation_complaints, source(2, "fail", "fail\n\n\\begin{align}\\end{align}\n"), None),
    (S.equation_complaints, source(8, "Build it", "Build it\n\n$$a$$"), None),
    (S.equation_complaints, source(MOVE - 1, "work", "work\n\n$$a$$"), "cell 11: a displayed equation"),
    (S.observation_complaints, without(CLAIMS), "cell 5: 2 sentences"),
    (S.observation_complaints, source(SEEN, "It fails.", "It fails. So!"), "3 sentences of 'What you see'"),
    (S.observation_complaints, source(CLAIMS, 'claim("it fails",', 'print("it fails",'), "found 1"),
    (S.observation_complaints, source(SEEN, "**What", "Now.\n\n**What"), "must begin its cell"),
    (S.observation_complaints, field(SEEN, "source", "**What you see.**"), "0 sentences"),
    (S.answer_complaints, source(EXPLORER, "claim('again'", "print('again'"), "cell 12: 2 answers under 'Predict"),
    (S.answer_complaints, swapped(MOVE, EXPLORER), "claims after them; found 0"),
    (S.answer_complaints, source(13, "Exercises", f"Exercises\n\n{PROMPT}"), "1 answers under 'Exercises'"),
    (
        S.answer_complaints,
        source(13, "Exercises", f"Exercises\n\n{PROMPT}".replace("Depth 9", "See notebook 09")),
        None,
    ),
    (S.prediction_complaints, source(EXPLORER, "Explorer(", "explore("), "no cell that calls Explorer"),
    (S.prediction_complaints, swapped(EXPLORER, EQUATION_CODE), "no cell that calls Explorer"),
    (S.prediction_complaints, source(MOVE, PROMPT + "\n\n" + PROMPT, PROMPT), "found 1 with 1"),
    (S.prediction_complaints, source(MOVE, "<summary>Which depth?</summary>", ""), "found 2 with 0"),
    (S.prediction_complaints, source(MOVE, "Which depth?", " "), "found 2 with 0"),
    (S.exercise_link_complaints, source(13, "exercises/05", "exercises/06"), "must link exercises/05_build_he.ipynb"),
    (S.summary_complaints, source(SUMMARY_CELL, "`he_normal` doubles it.", ""), "counted 2"),
    (S.summary_complaints, source(SUMMARY_CELL, "kept? ", "kept? Yes."), "counted 4"),
    (S.summary_complaints, source(SUMMARY_CELL, "`he_normal`", "\n\n### More\n\n`he_normal`"), "counted 1"),
    (S.cell_complaints, field(EXPLORER, "id", "the explorer"), "cell 13: its id must be of letters"),
    (S.cell_complaints, field(EXPLORER, "id", ""), "cell 13: its id must be of letters"),
    (S.cell_complaints, field(EXPLORER, "id", "cell-1"), "cell 13: the id 'cell-1' is another cell's"),
    (S.cell_complaints, source(FAIL, "print(0.5)", "print(0.5);"), "a last ';'"),
    (S.cell_complaints, source(FAIL, "print(0.5)", "print(0.5);  # quiet\n"), "a last ';'"),
    (S.cell_complaints, source(FAIL, "print(0.5)", "# NBVAL_SKIP\nprint(0.5)"), "a comment keeps it"),
    (S.cell_complaints, source(FAIL, "print(0.5)", "print(0.5"), "does not parse"),
    (S.cell_complaints, field(FAIL, "source", " \n"), "empty"),
    *[
        (S.cell_complaints, field(FAIL, "metadata", {"tags": [tag]}), f"the tag {tag}")
        for tag in ("nbval-skip", "nbval-ignore-output", "nbval-raises-exception", "raises-exception")
    ],
    (S.execution_count_complaints, field(FAIL, "execution_count", None), "must be 2; got None"),
    (S.execution_count_complaints, field(FAIL, "execution_count", 3), "must be 2; got 3"),
    (S.metadata_complaints, top("kernelspec", {"name": "python3"}), "metadata.kernelspec"),
    (S.metadata_complaints, top("language_info", {"name": "python", "version": "3.11.7"}), "language_info"),
    (S.metadata_complaints, top("widgets", {}), "metadata.widgets"),
    (
        S.output_complaints,
        output({"output_type": "error", "ename": "E", "evalue": "", "traceback": []}),
        "error",
    ),
    (S.output_complaints, output(printed("careful", "stderr")), "stderr"),
    (S.output_complaints, output(printed(["in /" + "home/ana/x.py\n"])), "path of one machine"),
    (S.output_complaints, shown("text/plain", "<object at 0x7f12ab34cd>"), "memory address"),
    (S.output_complaints, shown("text/plain", "0.69314718"), "shows 0.69314718"),
    (S.output_complaints, shown("text/plain", "1.2345678e-05"), "shows 1.2345678e-05"),
    (S.output_complaints, shown("text/html", "<td width='1234567.8'>12,345,678</td>"), "shows 12,345,678"),
    *[
        (S.shell_complaints, source(FAIL, "print(0.5)", line), "no shell commands")
        for line in ("!ls", "%pip install x", "  !ls", "%%bash\nls", "files = !ls")
    ],
    (S.notebook_code_complaints, source(FAIL, "print(0.5)", "np.random.seed(0)"), "global random state"),
    (S.notebook_code_complaints, source(IMPORTS, "import numpy as np", "import requests"), "requests"),
    (S.notebook_code_complaints, source(IMPORTS, "import numpy as np", "import subprocess"), "subprocess"),
]


@pytest.mark.parametrize("rule", S.LESSON_RULES + S.NOTEBOOK_RULES)
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
    untried = set(S.LESSON_RULES + S.NOTEBOOK_RULES) - broken
    assert untried == {S.notebook_size_complaints}  # tested below


def test_notebook_size():
    assert structure.notebook_size_complaints(lesson(size=500_000)) == []
    assert structure.notebook_size_complaints(lesson(size=500_001)) != []


def test_other_headings_may_stand_between():
    content = lesson_content()
    content["cells"][8]["source"] = "## The words\n\n| a | b |\n\n## Build it"
    assert structure.section_complaints(lesson(content)) == []


# One source.


def redefined(text, *tags):
    return structure.redefinition_complaints(lesson({"cells": [code(text, *tags)]}), MODULES)


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
    assert structure.public_names(modules) == set()
    assert structure.public_names({"experiments.race": module("STARTS = 1")}) == {"STARTS"}


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
    return structure.source_complaints(lesson({"cells": [cell]}), {"made": module(HELPER)})


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
    assert "must begin" in structure.source_complaints(lesson(content), MODULES)[0]


def test_what_is_built_in_a_notebook_needs_a_tagged_cell():
    assert structure.built_in_complaints([lesson()], MODULES) == []
    content = lesson_content()
    content["cells"][SOURCE]["metadata"] = {}
    missing = structure.built_in_complaints([lesson(content)], MODULES)
    assert missing == ["05_build_he.ipynb: no cell is tagged source:helpers.initializers.halved"]
    assert structure.built_in_complaints([], MODULES) == [], "notebook 05 is not written yet"


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
    (complaint,) = structure.foreign_import_complaints({name: module(text)})
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
    assert structure.foreign_import_complaints({name: module(text)}) == []


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
        "import random",
        "from random import choice",
    ],
)
def test_global_randomness_fails(text):
    assert structure.random_complaints("here", module(text)) != []


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
    assert structure.random_complaints("here", module(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import urllib.request",
        "from urllib import request",
        "import requests",
        "import socket",
        "from http.client import HTTPConnection",
        "import threading",
        "import subprocess",
        "from multiprocessing import Pool",
        "from concurrent.futures import ThreadPoolExecutor",
    ],
)
def test_network_and_processes_fail(text):
    assert structure.forbidden_import_complaints("here", module(text)) != []
    assert structure.forbidden_import_complaints("here", module("import importlib.resources")) == []


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
    (complaint,) = structure.link_complaints([("README.md", text)], tmp_path)
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
    assert structure.link_complaints([("README.md", text)], tmp_path) == []


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
    assert structure.mention_complaints(pieces, lessons) == ["a cell: there is no notebook 09"]


@pytest.mark.parametrize("text", UNWANTED)
def test_unwanted_words_fail(text):
    assert structure.wording_complaints("a.md", f"first\n{text}\n")[0].startswith("a.md, line 2: ")


def test_wanted_words_pass():
    text = 'TODOS, "https://example.org/home/x", a/home/b, "image/png": "a/' + 'home/b"'
    assert structure.wording_complaints("a.md", text) == []


def test_file_size():
    assert structure.file_size_complaints("a", 1_000_000) == []
    assert structure.file_size_complaints("a", 1_000_001) != []


def test_repository_files_are_found_without_git(tmp_path):
    for name in ("a.md", "notebooks/b.ipynb", ".ci/run", ".venv/c.py", "helpers/__pycache__/d.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {str(path.relative_to(tmp_path)) for path in structure.repository_files(tmp_path)}
    assert found == {"a.md", "notebooks/b.ipynb", ".ci/run"}


# Running notebooks.


def png(shade, size=(4, 3), level=6):
    """Return a grey picture as base64."""
    stream = io.BytesIO()
    Image.new("RGB", size, (shade, shade, shade)).save(stream, format="PNG", compress_level=level)
    return base64.b64encode(stream.getvalue()).decode()


def test_the_same_picture():
    assert png(100, level=0) != png(100)
    assert notebooks.same_picture(png(100, level=0), png(100))
    assert notebooks.same_picture(png(100), png(108))
    assert not notebooks.same_picture(png(100), png(109))
    assert not notebooks.same_picture(png(100), png(100, size=(3, 4)))


def store(folder, name, *cells, **metadata):
    """Write a notebook of `cells`, as an editor would have left it, and return its path."""
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    content = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(content))
    return path


def run(folder, *names):
    return notebooks.main(["run", *names], folder)


SHOW = """from IPython.display import display
display({data}, raw=True)"""


def test_run_writes_only_what_matters(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STEP_ZERO_SEED", "7")
    stored_picture = png(100, level=0)
    stored = {"output_type": "display_data", "data": {"image/png": stored_picture}, "metadata": {}}
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Picture"}
    data = {**view, "image/png": png(100)}
    views_only = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    path = store(
        tmp_path / "a place",
        "00_start",
        markdown("# Räce"),
        code("import os, pathlib, sys\nprint(pathlib.Path.cwd().name, os.environ.get('STEP_ZERO_SEED'))"),
        {**code("print(1)\nsys.stdout.flush()\nprint('σ')"), "metadata": {"execution": {"a": "1"}, "tags": []}},
        {
            **code(SHOW.format(data=data), "source:x", outputs=[stored]),
            "id": "kept-id",
            "execution_count": 90,
        },
        code(SHOW.format(data=views_only)),
        code("1 + 1"),
        widgets={"state": {}},
        kernelspec={"name": "other", "display_name": "Mine", "language": "python"},
    )

    assert run(path.parent, "00") == 0

    assert "00_start.ipynb: " in capsys.readouterr().out
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    title, place, streams, picture, view_only, result = content["cells"]
    assert content["metadata"] == {
        "kernelspec": structure.KERNELSPEC,
        "language_info": structure.LANGUAGE_INFO,
    }
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert text.endswith("}\n")
    assert text.startswith('{\n "cells"')
    assert "Räce" in text
    assert title["id"]
    assert place["outputs"][0]["text"] == ["a place None\n"]
    assert streams["metadata"] == {}
    assert [output["text"] for output in streams["outputs"]] == [["1\n", "σ\n"]]
    assert picture["id"] == "kept-id"
    assert picture["metadata"] == {"tags": ["source:x"]}
    assert picture["outputs"][0]["data"] == {"image/png": stored_picture, "text/plain": ["Picture"]}
    assert view_only["outputs"] == []
    assert result["outputs"][0]["execution_count"] == 5
    assert [cell["execution_count"] for cell in content["cells"][1:]] == [1, 2, 3, 4, 5]
    assert os.listdir(path.parent) == [path.name]

    assert run(path.parent, str(path)) == 0
    assert "unchanged" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "path", sorted(structure.NOTEBOOKS.rglob("*.ipynb")), ids=lambda path: path.parent.name + path.stem
)
def test_as_a_script_a_notebook_is_a_python_file_with_its_text_as_comments(path):
    notebook = nbformat.read(path, as_version=4)
    script, resources = ScriptExporter().from_notebook_node(notebook)
    assert resources["output_extension"] == ".py"
    title = notebook.cells[0].source.splitlines()[0]
    assert f"\n# {title}\n" in script
    written = [ast.dump(node) for node in ast.parse(script).body]
    assert written == [
        ast.dump(node) for cell in notebook.cells if cell.cell_type == "code" for node in ast.parse(cell.source).body
    ]


def test_a_failing_notebook_stays_as_it_was_and_the_next_one_runs(tmp_path, capsys):
    broken = store(tmp_path, "01_broken", markdown("# T"), code("x = 1\nraise ValueError('a\\nno good')"))
    good = store(tmp_path, "02_good", code("print(1)"))
    before = broken.read_bytes()

    assert run(tmp_path) == 1

    assert broken.read_bytes() == before
    assert '"1\\n"' in good.read_text()
    assert sorted(os.listdir(tmp_path)) == [broken.name, good.name]
    printed_lines = capsys.readouterr().out
    assert "01_broken.ipynb, cell 2 (x = 1): " in printed_lines
    assert "no good\n" in printed_lines


def test_a_notebook_that_cannot_run_is_named(tmp_path, capsys):
    store(tmp_path, "01_empty", markdown("# T"), code(" \n"))
    (tmp_path / "02_text.ipynb").write_text("not JSON")
    assert run(tmp_path) == 1
    out = capsys.readouterr().out
    assert "01_empty.ipynb, cell 2: an empty code cell" in out
    assert "02_text.ipynb: " in out


def test_names(tmp_path, capsys):
    first = store(tmp_path, "00_start_here")
    second = store(tmp_path, "01_break")
    assert notebooks.find("00", tmp_path) == first
    assert notebooks.find("00_start_here", tmp_path) == first
    assert notebooks.find("01_break.ipynb", tmp_path) == second
    assert notebooks.find(str(second), tmp_path) == second
    for unknown in ("02", "0", "start"):
        with pytest.raises(SystemExit) as exit_info:
            run(tmp_path, unknown)
        assert exit_info.value.code != 0
        assert "available: 00_start_here, 01_break" in capsys.readouterr().err


def test_glossary_is_run_but_is_no_lesson(tmp_path, monkeypatch):
    lesson = store(tmp_path, "00_start_here")
    glossary = store(tmp_path, "glossary")
    ran, tried = [], []
    monkeypatch.setattr(notebooks, "run_all", lambda paths, run: ran.extend(paths))
    monkeypatch.setattr(notebooks, "reseed", lambda paths, offsets, cheap: tried.extend(paths))
    run(tmp_path)
    notebooks.main(["reseed"], tmp_path)
    assert (ran, tried) == ([lesson, glossary], [lesson])
    assert structure.lesson_paths(tmp_path) == [lesson]


def test_ids_are_kept_or_made_alike_everywhere():
    cells = [markdown("a"), markdown("a"), {**markdown("b"), "id": "b"}, {**markdown("c"), "id": "b"}]
    again = copy.deepcopy(cells)
    notebooks.give_ids(cells)
    notebooks.give_ids(again)
    identities = [cell["id"] for cell in cells]
    assert identities == [cell["id"] for cell in again]
    assert identities[2] == "b"
    assert len(set(identities)) == 4


# From solutions to exercises.

ANSWER = """def half(x):
    y = ...
    ### BEGIN SOLUTION
    y = x / 2
    ### END SOLUTION
    return y"""
CHECK = """# 3 points: half of it
print("asked")
### BEGIN HIDDEN TESTS
assert half(2) == 1
### END HIDDEN TESTS"""
HIDDEN = """# 1 point: also of 0
### BEGIN HIDDEN TESTS
assert half(0) == 0
### END HIDDEN TESTS"""


def test_a_student_gets_no_solution_no_hidden_test_and_no_points():
    assert exercises.for_students(ANSWER) == "def half(x):\n    y = ...\n    return y"
    assert exercises.for_students(CHECK) == 'print("asked")'
    assert exercises.for_students(HIDDEN) == ""
    assert exercises.for_students("x = 1") == "x = 1"
    assert exercises.points_of(CHECK) == (3, "half of it")
    assert exercises.points_of(HIDDEN) == (1, "also of 0")
    assert exercises.points_of(ANSWER) is None


@pytest.mark.parametrize(
    "text",
    [
        "### BEGIN SOLUTION\nx = 1",
        "x = 1\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ],
)
def test_a_region_that_is_not_whole_is_refused(text):
    with pytest.raises(exercises.RegionError):
        exercises.for_students(text)


def test_exercises_are_made_from_solutions_and_both_are_run(tmp_path, capsys):
    cells = [markdown("# Exercises"), code(ANSWER), code(CHECK), code(HIDDEN), markdown("The end.")]
    source = store(tmp_path / "solutions", "05_half", *cells)
    assert notebooks.main(["exercises", "05"], tmp_path) == 0
    assert "changed" in capsys.readouterr().out
    derived = json.loads((tmp_path / "exercises" / "05_half.ipynb").read_text(encoding="utf-8"))
    assert [joined_source(cell) for cell in derived["cells"]] == [
        "# Exercises",
        "def half(x):\n    y = ...\n    return y",
        'print("asked")',
        "The end.",
    ]
    assert derived["cells"][2]["outputs"][0]["text"] == ["asked\n"]
    assert json.loads(source.read_text(encoding="utf-8"))["cells"][3]["execution_count"] == 3
    assert notebooks.main(["exercises"], tmp_path) == 0
    assert "unchanged" in capsys.readouterr().out


def test_a_failing_solution_makes_no_exercises(tmp_path, capsys):
    store(tmp_path / "solutions", "05_half", code(ANSWER.replace("x / 2", "x")), code(CHECK))
    assert notebooks.main(["exercises"], tmp_path) == 1
    assert "AssertionError" in capsys.readouterr().out
    assert not (tmp_path / "exercises" / "05_half.ipynb").exists()


def joined_source(cell):
    return structure.joined(cell["source"])


def test_check_runs_the_structure_tests_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(pytest, "main", lambda arguments: asked.append(arguments) or 5)
    assert notebooks.main(["check"]) == 5
    assert asked[0][-1] == str(structure.ROOT / "tests" / "test_structure.py")
