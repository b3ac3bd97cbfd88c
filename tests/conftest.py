"""Options of the tests; what is said before any runs: which seeds nobody picked were drawn for this commit; and other
libraries, for the tests that compare the course with them.
"""

import os

import pytest

from tools.claims.offsets import drawn_offsets


def pytest_addoption(parser):
    parser.addoption("--all-submissions", action="store_true", help="grade every known wrong answer, not one of a kind")


def pytest_report_header():
    return f"unseen seeds of this commit: STEP_ZERO_SEED = {', '.join(map(str, drawn_offsets()))}"


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
