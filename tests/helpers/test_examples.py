"""The examples in the docstrings of the subject run, and print what stands there."""

import doctest
import importlib
from pathlib import Path

import pytest

SUBJECT = ["activations", "arguments", "data", "initializers", "networks", "propagation", "statistics", "training"]
LOOKED_UP_MOST = ["he_normal", "he_uniform", "xavier_normal", "xavier_uniform"]


def examples_of(module):
    """Return the doctests of a module of helpers by the name of what they explain."""
    found = doctest.DocTestFinder().find(importlib.import_module(f"helpers.{module}"), module)
    return {test.name.rpartition(".")[2]: test for test in found if test.examples}


@pytest.mark.parametrize("module", SUBJECT)
def test_the_examples_print_what_is_said(module, capsys):
    runner = doctest.DocTestRunner()
    for example in examples_of(module).values():
        assert runner.run(example).failed == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", LOOKED_UP_MOST)
def test_the_initializers_that_are_looked_up_most_say_everything(name):
    assert name in examples_of("initializers")
    docstring = getattr(importlib.import_module("helpers.initializers"), name).__doc__
    for heading in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"{heading}\n    {'-' * len(heading)}\n" in docstring


def test_every_module_of_the_subject_is_searched():
    helpers = Path(importlib.import_module("helpers").__file__).parent
    with_examples = {path.stem for path in helpers.glob("*.py") if ">>> " in path.read_text(encoding="utf-8")}
    assert with_examples <= set(SUBJECT)
