"""A kernel for a notebook, and what is said where a notebook fails."""

import re

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.course.notebook import KERNELSPEC

CELL_TIMEOUT = 120  # seconds, as nbval's in pyproject.toml


def client_for(notebook, path, **options):
    """Return a client that runs `notebook` in a fresh kernel, which stands in the folder of `path`."""
    return NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name=KERNELSPEC["name"],
        store_widget_state=False,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # not a warning for each kernel that talks to this machine alone
        resources={"metadata": {"path": str(path.parent)}},
        **options,
    )


def last_line(error):
    """Return the line of `error` that says what went wrong."""
    if isinstance(error, CellExecutionError):
        text = f"{error.ename}: {error.evalue}" if error.evalue else error.ename
    else:
        text = str(error) or type(error).__name__
    return without_colours(text).strip().splitlines()[-1]


def without_colours(text):
    """Return `text` without the codes that colour it in a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
