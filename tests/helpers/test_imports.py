"""Which way imports run in helpers: the contracts in pyproject.toml hold, and an arrow that they forbid breaks one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# A module, what is added to it, and what import-linter then names.
WRONG = {
    "sideways in the subject": (
        "initializers",
        "from helpers.activations import relu",
        "helpers.initializers -> helpers.activations",
    ),
    "a module as a name": ("activations", "from helpers import networks", "helpers.activations -> helpers.networks"),
    "training under networks": (
        "networks",
        "from helpers.training import fit",
        "helpers.networks -> helpers.training",
    ),
    "networks under data": ("data", "from helpers.networks import dense", "helpers.data -> helpers.networks"),
    "a lesson under the subject": (
        "propagation",
        "from helpers.lessons.watch_signals_vanish.experiment import run_signals",
        "helpers.propagation -> helpers.lessons.watch_signals_vanish.experiment",
    ),
    "a lesson under another": (
        "lessons.build_he.experiment",
        "from helpers.lessons.build_xavier.experiment import run_paper",
        "helpers.lessons.build_he.experiment -> helpers.lessons.build_xavier.experiment",
    ),
    "a table in an experiment": (
        "lessons.start_here.experiment",
        "from helpers.tables import table",
        "helpers.lessons.start_here.experiment -> helpers.tables",
    ),
    "a view in an experiment, inside of a function": (
        "lessons.start_here.experiment",
        "def f():\n    from helpers.lessons.start_here.views import RaceView",
        "helpers.lessons.start_here.experiment -> helpers.lessons.start_here.views",
    ),
    "a figure under tables": ("tables", "import helpers.figures.style", "helpers.tables -> helpers.figures.style"),
    "the Explorer under a view": (
        "lessons.start_here.views",
        "from helpers.explorer import Explorer",
        "helpers.lessons.start_here.views -> helpers.explorer",
    ),
    "widgets in a view": (
        "lessons.start_here.views",
        "import ipywidgets",
        "helpers.lessons.start_here.views -> ipywidgets",
    ),
    "an experiment in a check": (
        "lessons.build_he.checks",
        "from helpers.lessons.build_he.experiment import run_decay",
        "helpers.lessons.build_he.checks -> helpers.lessons.build_he.experiment",
    ),
    "another lesson's experiment in a check": (
        "lessons.build_he.checks",
        "from helpers.lessons.start_here.experiment import run_race",
        "helpers.lessons.build_he.checks -> helpers.lessons.start_here.experiment",
    ),
    "a module without a place": ("gadgets", "", "gadgets"),
    "a lesson's module without a place": ("lessons.build_he.gadgets", "", "gadgets"),
}
RIGHT = {
    "networks": "import math\nimport numpy as np\nfrom helpers.activations import relu",
    "lessons.start_here.experiment": "from helpers.initializers import zeros\nfrom helpers.seeding import seeded",
    "lessons.start_here.views": "from matplotlib.figure import Figure\nfrom helpers.figures.style import RC",
    "explorer": "import asyncio\nimport ipywidgets as widgets",
}


def linted(folder):
    """Return import-linter's exit status for the package in `folder`, and what it printed."""
    command = [sys.executable, "-c", LINT, "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copied(tmp_path):
    """A copy of helpers and its contracts; called with a module and a text, it adds the text to the module."""
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def add(module, text):
        with (tmp_path / "helpers" / f"{module.replace('.', '/')}.py").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
        return linted(tmp_path)

    return add


def test_imports_run_down():
    status, printed = linted(ROOT)
    assert status == 0, printed


@pytest.mark.parametrize(("module", "text", "named"), WRONG.values(), ids=WRONG)
def test_a_wrong_arrow_is_named(copied, module, text, named):
    status, printed = copied(module, text)
    assert status == 1
    assert named in " ".join(printed.split())


@pytest.mark.parametrize("module", RIGHT)
def test_a_downward_import_passes(copied, module):
    status, printed = copied(module, RIGHT[module])
    assert status == 0, printed
