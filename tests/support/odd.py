"""Odd submissions of exercise 05, one function each: what real students, browsers and learning platforms hand in.

Each is called with a fresh copy of the released notebook with right answers, as a dictionary of JSON, and with the
folder submitted/. It puts something there, and returns the name of what it put. Its decorator says how many points
that is worth, None for refused, and what the row's note must mention.
"""

import io
import json
import os
import zipfile

ASSIGNMENT = "05_build_he"
NAME = f"{ASSIGNMENT}.ipynb"
ODD = {}


def odd(points, *mentioned):
    def kept(function):
        ODD[function.__name__] = (function, points, mentioned)
        return function

    return kept


def put(submitted, student, content, *place):
    """Write a submission where it belongs, or to `place` below the student's folder."""
    path = submitted.joinpath(student, *(place or (ASSIGNMENT, NAME)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return student


def cell(notebook, name):
    return next(item for item in notebook["cells"] if item["id"] == name)


def code(source, **more):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, **more}


def before_all(notebook, source):
    imports = cell(notebook, "imports")
    imports["source"] = f"{source}\n{''.join(imports['source'])}"
    return notebook


def after_import(notebook, *sources):
    place = notebook["cells"].index(cell(notebook, "imports")) + 1
    notebook["cells"][place:place] = [code(source, id=f"own-{number}") for number, source in enumerate(sources)]
    return notebook


def at_end(notebook, *sources):
    notebook["cells"] += [code(source, id=f"end-{number}") for number, source in enumerate(sources)]
    return notebook


# Names.


@odd(10)
def in_brackets(notebook, submitted):
    return put(submitted, "[late] anna", notebook)


@odd(10)
def with_a_star(notebook, submitted):
    return put(submitted, "anna*", notebook)


@odd(10)
def ends_in_a_blank(notebook, submitted):
    return put(submitted, "anna ", notebook)


@odd(10)
def not_utf_8(notebook, submitted):
    return put(submitted, os.fsdecode(b"J\xfcrgen"), notebook)


@odd(10)
def with_a_line_separator(notebook, submitted):
    return put(submitted, "anna\u2028berg", notebook)


@odd(10)
def with_a_line_end(notebook, submitted):
    return put(submitted, "anna\nberg", notebook)


@odd(10)
def a_formula(notebook, submitted):
    return put(submitted, "=1+2", notebook)


@odd(10)
def begins_with_a_dash(notebook, submitted):
    return put(submitted, "-rf", notebook)


@odd(10)
def with_a_percent_sign(notebook, submitted):
    return put(submitted, "anna%20berg {0} %s", notebook)


@odd(10)
def very_long(notebook, submitted):
    return put(submitted, "n" * 250, notebook)


@odd(10)
def composed(notebook, submitted):
    return put(submitted, "Jose\u0301", notebook)


@odd(10)
def precomposed(notebook, submitted):
    return put(submitted, "Jos\u00e9", notebook)


@odd(10)
def with_an_escape_sequence(notebook, submitted):
    return put(submitted, "\x1b[31mred", notebook)


# Where it lies.


@odd(10, "found as 05_build_he.ipynb")
def straight_in_the_students_folder(notebook, submitted):
    return put(submitted, "loose", notebook, NAME)


@odd(None, "lies straight in submitted/")
def straight_in_submitted(notebook, submitted):
    (submitted / "whose.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return "whose.ipynb"


@odd(10, "05_build_he.ipynb/05_build_he.ipynb")
def unzipped_as_a_folder_of_that_name(notebook, submitted):
    return put(submitted, "folder", notebook, ASSIGNMENT, NAME, NAME)


@odd(10, "deep/deeper")
def two_folders_deep(notebook, submitted):
    return put(submitted, "deep", notebook, ASSIGNMENT, "deep", "deeper", NAME)


@odd(10, ".ipynb.json")
def ends_in_json(notebook, submitted):
    return put(submitted, "json", notebook, ASSIGNMENT, f"{NAME}.json")


@odd(10, ".ipynb.txt")
def ends_in_txt(notebook, submitted):
    return put(submitted, "txt", notebook, ASSIGNMENT, f"{NAME}.txt")


@odd(10, ".IPYNB")
def in_capitals(notebook, submitted):
    return put(submitted, "capitals", notebook, ASSIGNMENT, "05_BUILD_HE.IPYNB")


def zipped(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


@odd(10, "handed.zip/he/05_build_he.ipynb")
def zipped_up(notebook, submitted):
    archive = zipped((f"he/{NAME}", json.dumps(notebook)), (f"__MACOSX/he/._{NAME}", b"\0\0"))
    return put(submitted, "zip", archive, ASSIGNMENT, "handed.zip")


@odd(None, "cannot be unpacked")
def half_a_zip(notebook, submitted):
    return put(submitted, "halfzip", zipped((NAME, json.dumps(notebook)))[:300], ASSIGNMENT, "handed.zip")


@odd(None, "found: 05_build_he/he.py")
def a_script(notebook, submitted):
    return put(submitted, "script", b"print()", ASSIGNMENT, "he.py")


@odd(None, "which of these notebooks counts?")
def two_of_them(notebook, submitted):
    put(submitted, "two", notebook, ASSIGNMENT, "final.ipynb")
    return put(submitted, "two", at_end(notebook, "1"), ASSIGNMENT, "final2.ipynb")


@odd(10, "final.ipynb")
def the_same_twice(notebook, submitted):
    put(submitted, "same", notebook, ASSIGNMENT, "final.ipynb")
    return put(submitted, "same", notebook, ASSIGNMENT, "copy of final.ipynb")


@odd(10)
def beside_another_assignment(notebook, submitted):
    other = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    put(submitted, "both", other, "04_build_xavier", "04_build_xavier.ipynb")
    return put(submitted, "both", notebook)


@odd(10)
def with_a_module_of_its_own(notebook, submitted):
    put(submitted, "module", b"def half(x):\n    return x / 2\n", ASSIGNMENT, "mine.py")
    return put(submitted, "module", before_all(notebook, "from mine import half\nassert half(2) == 1"))


@odd(10, "timestamp.txt")
def with_a_timestamp_that_is_none(notebook, submitted):
    put(submitted, "stamp", b"yesterday", ASSIGNMENT, "timestamp.txt")
    return put(submitted, "stamp", notebook)


@odd(None, "nothing was handed in")
def an_empty_folder(notebook, submitted):
    (submitted / "empty").mkdir()
    return "empty"


@odd(None, "a link")
def a_link(notebook, submitted):
    place = submitted / "link" / ASSIGNMENT
    place.mkdir(parents=True)
    (place / NAME).symlink_to("/etc/hostname")
    return "link"


@odd(None, "found: nothing")
def a_pipe(notebook, submitted):
    place = submitted / "pipe" / ASSIGNMENT
    place.mkdir(parents=True)
    os.mkfifo(place / NAME)
    return "pipe"


# What is in the file.


@odd(None, "is empty")
def empty(notebook, submitted):
    return put(submitted, "nothing", b"")


@odd(None, "only a part of one")
def half(notebook, submitted):
    text = json.dumps(notebook)
    return put(submitted, "half", text[: len(text) // 2].encode())


@odd(None, "no notebook")
def a_list(notebook, submitted):
    return put(submitted, "list", [1, 2])


@odd(None, "no list of cells")
def without_cells(notebook, submitted):
    return put(submitted, "cells", notebook | {"cells": None})


@odd(None, "none of the cells")
def another_assignment(notebook, submitted):
    return put(submitted, "other", notebook | {"cells": [code("x = 1")]})


@odd(10, "UTF-8")
def in_utf_16(notebook, submitted):
    return put(submitted, "utf16", json.dumps(notebook).encode("utf-16"))


@odd(10)
def metadata_of_all_kinds(notebook, submitted):
    notebook["metadata"] = ["no", "dictionary"]
    notebook["cells"][0]["metadata"] = None
    notebook["cells"][1]["metadata"]["nbgrader"] = [1]
    return put(submitted, "metadata", notebook)


@odd(10, "a markdown cell with outputs")
def markdown_with_outputs(notebook, submitted):
    notebook["cells"][0] |= {"outputs": [], "execution_count": 3}
    return put(submitted, "vscode", notebook)


@odd(10, "id has another form")
def odd_ids(notebook, submitted):
    notebook["cells"][0]["id"] = "[1]"
    notebook["cells"][2]["id"] = 7
    notebook["cells"][3]["id"] = "x" * 200
    return put(submitted, "ids", notebook)


@odd(10)
def without_ids(notebook, submitted):
    for item in notebook["cells"]:
        del item["id"]
    return put(submitted, "noids", notebook | {"nbformat_minor": 4})


@odd(10)
def without_marks(notebook, submitted):
    for item in notebook["cells"]:
        item["metadata"] = {}
    return put(submitted, "nomarks", notebook)


@odd(10, "no cell")
def cells_that_are_none(notebook, submitted):
    notebook["cells"] += [None, 3, "text", {"cell_type": "heading", "source": "x", "level": 1}]
    return put(submitted, "nocells", notebook)


@odd(10, "halves of characters")
def halves_of_characters(notebook, submitted):
    notebook["cells"][0]["source"] = "\ud800"
    at_end(notebook, "print('\\ud83d')", "raise ValueError('\\udc00')", "# \udfff")
    return put(submitted, "halves", notebook)


@odd(10)
def duplicate_ids(notebook, submitted):
    notebook["cells"][0]["id"] = notebook["cells"][2]["id"] = "same"
    return put(submitted, "duplicate", notebook)


@odd(10)
def in_notebook_format_3(notebook, submitted):
    for item in notebook["cells"]:
        if item["cell_type"] == "code":
            item["input"] = item.pop("source")
            item["prompt_number"] = 1
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": notebook["cells"]}]}
    return put(submitted, "three", content)


@odd(10)
def widget_state(notebook, submitted):
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"x": 1}}}
    return put(submitted, "widgets", notebook)


# What its cells do.


@odd(10)
def matplotlib_inline(notebook, submitted):
    return put(submitted, "inline", before_all(notebook, "%matplotlib inline"))


@odd(10)
def matplotlib_notebook(notebook, submitted):
    return put(submitted, "notebook", before_all(notebook, "%matplotlib notebook\n%config InlineBackend.dpi = 80"))


@odd(10)
def autoreload(notebook, submitted):
    return put(submitted, "autoreload", before_all(notebook, "%load_ext autoreload\n%autoreload 2"))


@odd(10, "import pandas failed here", "import torch.nn failed here")
def other_libraries(notebook, submitted):
    return put(submitted, "libraries", before_all(notebook, "import pandas as pd\nimport torch.nn as nn"))


@odd(10, "import google.colab failed here")
def colab(notebook, submitted):
    lines = "from google.colab import drive\ndrive.mount('/content/drive')\n!pip install torch\n%pip install jax"
    return put(submitted, "colab", before_all(notebook, lines))


@odd(10, "import cell was missing")
def without_imports(notebook, submitted):
    notebook["cells"].remove(cell(notebook, "imports"))
    return put(submitted, "noimports", notebook)


@odd(10, "stopped")
def slow_and_endless_behind(notebook, submitted):
    slow = "import time\nend = time.process_time() + 1.9\nwhile time.process_time() < end: pass"
    return put(submitted, "slow", at_end(notebook, *[slow] * 13, *["while True: pass"] * 3))


@odd(10, "stopped")
def slow_and_endless_before(notebook, submitted):
    slow = "import time\nend = time.process_time() + 1.9\nwhile time.process_time() < end: pass"
    return put(submitted, "slowbefore", after_import(notebook, *[slow] * 6, "while True: pass"))


@odd(8)
def an_error_with_a_line_separator(notebook, submitted):
    cell(notebook, "dead_share")["source"] = "def dead_share(z):\n    raise ValueError('one\\u2028two\\x85three')"
    return put(submitted, "separator", notebook)


@odd(10)
def timed(notebook, submitted):
    cell(notebook, "dead_share")["source"] += "\n%timeit dead_share(np.ones((200, 300)))"
    return put(submitted, "timed", notebook)


@odd(10)
def spawns(notebook, submitted):
    cell(notebook, "he_with_dropout")["source"] = (
        "def he_with_dropout(shape, rng, keep):\n"
        "    child = rng.spawn(1)[0]\n"
        "    return normal(shape, child, std=math.sqrt(2 * keep / fans(shape)[0]))"
    )
    return put(submitted, "spawns", notebook)


@odd(10)
def a_fraction(notebook, submitted):
    cell(notebook, "left_after_20")["source"] = "from fractions import Fraction\nleft_after_20 = Fraction(18, 25) ** 20"
    return put(submitted, "fraction", notebook)


@odd(10)
def a_decimal(notebook, submitted):
    cell(notebook, "left_after_20")["source"] = "from decimal import Decimal\nleft_after_20 = Decimal('0.72') ** 20"
    return put(submitted, "decimal", notebook)


@odd(8)
def an_answer_as_a_mapping(notebook, submitted):
    cell(notebook, "left_after_20")["source"] = "left_after_20 = {'value': 0.72**20}"
    return put(submitted, "mapping", notebook)


@odd(8)
def a_syntax_error(notebook, submitted):
    cell(notebook, "left_after_20")["source"] = "left_after_20 = 0.72 **"
    return put(submitted, "syntax", notebook)


@odd(8)
def never_returns(notebook, submitted):
    cell(notebook, "dead_share")["source"] = "def dead_share(z):\n    while True:\n        pass"
    return put(submitted, "never", notebook)


@odd(0)
def untouched_but_for_a_flood(notebook, submitted):
    for name in ("he_with_dropout", "left_after_20", "dead_share", "sick_start"):
        cell(notebook, name)["source"] = "print('x' * 10**7)"
    return put(submitted, "flood", notebook)


@odd(0)
def leaves_traces(notebook, submitted):
    for name in ("he_with_dropout", "left_after_20", "dead_share", "sick_start"):
        cell(notebook, name)["source"] = "pass"
    lines = "import os\nfor place in ('ROOT', 'COURSE', '/var/tmp', '/dev/shm', '/tmp'):\n    try:\n"
    lines += (
        "        open(os.path.join(place, 'step-zero-trace'), 'w').write('here')\n    except OSError:\n        pass"
    )
    source = lines.replace("ROOT", os.path.dirname(__file__)).replace("COURSE", str(submitted.parent))
    return put(submitted, "traces", after_import(notebook, source, "import os\nos._exit(3)"))


@odd(0)
def looks_for_traces(notebook, submitted):
    for name in ("he_with_dropout", "left_after_20", "dead_share", "sick_start"):
        cell(notebook, name)["source"] = "pass"
    lines = "import glob\nprint('traces:', glob.glob('/*/step-zero*') + glob.glob('/dev/shm/*'))"
    return put(submitted, "looks", after_import(notebook, lines))
