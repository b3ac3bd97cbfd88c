"""Options of the tests; which of them are slow, and in which order two processes take them; other libraries."""

import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from tools.claims.offsets import drawn_offsets

ROOT = Path(__file__).parents[1]

# What needs a browser, a sandbox, a notebook's run, or each known answer. `-m "not slow"` does not even read it.
SLOW = ("tests/system", "notebooks")

# These take longest, and each of their tests stands alone: they are begun first, one test at a time.
LONG = (
    "tests/system/test_browser.py",
    "tests/system/test_unseen_seeds.py",
    "tests/system/test_one_kernel.py",
)


def pytest_addoption(parser):
    parser.addoption("--all-submissions", action="store_true", help="grade every known wrong answer, not one of a kind")


def pytest_configure(config):
    config.addinivalue_line("markers", 'slow: needs a browser, a sandbox or whole runs; -m "not slow" leaves it out')


def pytest_report_header():
    return f"unseen seeds of this commit: STEP_ZERO_SEED = {', '.join(map(str, drawn_offsets()))}"


def place_of(path):
    """Return a path as the tests are named in a report, from the root of the checkout."""
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


def is_slow(path):
    return place_of(path).startswith(SLOW)


def pytest_ignore_collect(collection_path, config):
    """Do not read what is slow where it was not asked for: to read it takes longer than to run the rest."""
    if config.option.markexpr == "not slow" and is_slow(collection_path):
        return True
    return None


def pytest_collection_modifyitems(items):
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: not place_of(item.path).startswith(LONG))


class LongFirst(LoadFileScheduling):
    """A file's tests go to one process, as its fixtures and a notebook's kernel want it; those of LONG one by one."""

    def _split_scope(self, nodeid):
        return nodeid if nodeid.startswith(LONG) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return LongFirst(config, log)


# The extra `bench` brings these.


def library(name, called):
    """Return the module `name`; skip the test where it is not installed."""
    return pytest.importorskip(name, reason=f"{called} is not installed; the extra `bench` brings it")


@pytest.fixture(scope="session")
def torch():
    return library("torch", "PyTorch")


@pytest.fixture(scope="session")
def keras(torch):
    os.environ["KERAS_BACKEND"] = "torch"  # Keras needs one of three, and reads which when it is imported
    return library("keras", "Keras")


@pytest.fixture(scope="session")
def jax():
    return library("jax", "JAX")


@pytest.fixture(scope="session")
def flax(jax):
    library("flax.linen", "Flax")
    library("flax.nnx", "Flax")
    return library("flax", "Flax")
