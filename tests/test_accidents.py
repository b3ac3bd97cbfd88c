"""What readers do by accident: nothing of it breaks silently. A cell prints what is stored, or stops with an error.

Covered: a cell run again, out of order, after all others; two notebooks in one kernel; a notebook opened from another
folder; a checkout that cannot be written; an interrupted training. tests/test_explorer.py interrupts an Explorer.
"""

import copy
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_output
from test_structure import LESSONS

from helpers.data import two_moons
from helpers.networks import dense
from helpers.seeding import seeded, seeded_many
from helpers.training import SGD, fit
from tools import structure
from tools.kernels import client_for
from tools.notebooks import kernel_environment, merged_streams, read
from tools.processors import texts


def run_in_one_kernel(notebook, path, cells):
    """Run `cells` in this order in a fresh kernel, and return the outputs of each as they were after its run."""
    client = client_for(notebook, path, allow_errors=True)
    outputs = []
    with client.setup_kernel(env=kernel_environment()):
        for cell in cells:
            client.nb.cells = [cell]
            client.execute_cell(cell, 0)
            outputs.append(merged_streams(cell.outputs))
    return outputs


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def broken_silently(outputs, stored_cells):
    """Return the ids of the cells that neither printed what is stored nor stopped with an error."""
    found = []
    for here, stored in zip(outputs, stored_cells, strict=True):
        stopped = any(output.output_type == "error" for output in here)
        if not stopped and texts({"outputs": here}) != texts(stored):
            found.append(stored.id)
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_cell_run_again_out_of_order_breaks_nothing_silently(path):
    notebook = read(path)
    stored = code_cells(copy.deepcopy(notebook))
    cells = code_cells(notebook)
    outputs = run_in_one_kernel(notebook, path, [*cells, *cells[::-1]])
    assert broken_silently(outputs[: len(cells)], stored) == []
    assert broken_silently(outputs[len(cells) :], stored[::-1]) == []


def test_a_cell_that_prints_something_else_is_found():
    one, two = (new_output("stream", text=text) for text in ("1\n", "2\n"))
    stored = new_code_cell("print(n)", id="a", outputs=[one])
    assert broken_silently([[two]], [stored]) == ["a"]
    assert broken_silently([[one]], [stored]) == []


def test_two_notebooks_in_one_kernel():
    first, second = read(LESSONS[2]), read(LESSONS[5])
    stored = code_cells(copy.deepcopy(second))
    cells = [*code_cells(first), *code_cells(second)]
    outputs = run_in_one_kernel(first, LESSONS[2], cells)
    assert broken_silently(outputs[-len(stored) :], stored) == []
    assert not [output for each in outputs[-len(stored) :] for output in each if output.output_type == "error"]


def test_a_notebook_opened_from_another_folder(tmp_path):
    elsewhere = shutil.copy(LESSONS[5], tmp_path)
    notebook = read(LESSONS[5])
    stored = code_cells(copy.deepcopy(notebook))
    outputs = run_in_one_kernel(notebook, tmp_path / elsewhere, code_cells(notebook))
    assert [texts({"outputs": here}) for here in outputs] == [texts(cell) for cell in stored]


READ_ONLY = """
from tools.processors import differing_cells
from tools.structure import NOTEBOOKS
print("differing:", differing_cells(NOTEBOOKS / "05_build_he.ipynb", {}))
"""


def test_a_checkout_that_cannot_be_written(tmp_path):
    if shutil.which("bwrap") is None:
        told = "bubblewrap is not here, so no read-only checkout is tried: apt install bubblewrap"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    command = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--bind",
        str(tmp_path),
        str(tmp_path),
    ]
    own = dict.fromkeys(("HOME", "TMPDIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"), str(tmp_path))
    asked = subprocess.run(
        [*command, sys.executable, "-c", READ_ONLY],
        cwd=structure.ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.strip() == "differing: []", asked.stderr[-2000:]


class Interrupted(SGD):
    """Gradient descent that somebody stops with Ctrl-C at the sixth step."""

    taken = 0

    def update(self, parameters, gradient):
        self.taken += 1
        if self.taken == 6:
            raise KeyboardInterrupt
        super().update(parameters, gradient)


def test_an_interrupted_training_leaves_the_network_as_it_was():
    x, labels = two_moons(64, seeded(99, 1))
    network = dense([2, 8, 1], lambda shape, rng: rng.standard_normal(shape), seeded_many(4, 99, 2))
    before = network.parameters.flat.copy()
    with pytest.raises(KeyboardInterrupt):
        fit(network, x, labels, optimizer=Interrupted(0.1), steps=20)
    assert np.array_equal(network.parameters.flat, before)
    again = fit(network, x, labels, optimizer=SGD(0.1), steps=20)
    fresh = fit(network.copy(), x, labels, optimizer=SGD(0.1), steps=20)
    assert np.array_equal(again.loss, fresh.loss)
