"""What a test needs of the machine. Where that is missing, the test says so, and fails if a change is being decided."""

import os
import sys

import pytest

from tools.authoring.lab import browser_path


def missing(what):
    """Skip the test for want of `what`; with CI=true fail it, so that nothing is left out there."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def a_browser():
    if browser_path() is None:
        missing("no Chromium on this machine: install the package chromium of your distribution, or Chrome")


def linux(why):
    """Skip the test on other systems, even with CI=true: there is no way to have it there."""
    if sys.platform != "linux":
        pytest.skip(f"on Linux alone: {why}")


def own_versions():
    """Return the environment without what a run with the oldest or newest versions asks of uv."""
    return {name: value for name, value in os.environ.items() if name not in ("UV_RESOLUTION", "UV_EXCLUDE_NEWER")}
