"""What readers do by accident: nothing of it breaks silently. A cell prints what is stored, or stops with an error.

Covered: a cell run again, out of order, after all others; two notebooks in one kernel; a notebook opened from another
folder; a checkout that cannot be written; a kernel interrupted in the middle of a training, and of a slider's drag.
"""

import copy
import os
import shutil
import subprocess
import sys
import textwrap
from contextlib import contextmanager

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell, new_output

from helpers.data import two_moons
from helpers.networks import dense
from helpers.seeding import seeded, seeded_many
from helpers.training import SGD, fit
from tests.support import needs
from tests.support.repository import LESSONS
from tools.authoring.kernels import client_for
from tools.authoring.run import kernel_environment, merged_streams
from tools.course.notebook import KERNELSPEC, read_valid, texts
from tools.course.places import ROOT


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
        if not stopped and texts(here) != texts(stored.outputs):
            found.append(stored.id)
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_cell_run_again_out_of_order_breaks_nothing_silently(path):
    notebook = read_valid(path)
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
    first, second = read_valid(LESSONS[2]), read_valid(LESSONS[5])
    stored = code_cells(copy.deepcopy(second))
    cells = [*code_cells(first), *code_cells(second)]
    outputs = run_in_one_kernel(first, LESSONS[2], cells)
    assert broken_silently(outputs[-len(stored) :], stored) == []
    assert not [output for each in outputs[-len(stored) :] for output in each if output.output_type == "error"]


def test_a_notebook_opened_from_another_folder(tmp_path):
    elsewhere = shutil.copy(LESSONS[5], tmp_path)
    notebook = read_valid(LESSONS[5])
    stored = code_cells(copy.deepcopy(notebook))
    outputs = run_in_one_kernel(notebook, tmp_path / elsewhere, code_cells(notebook))
    assert [texts(here) for here in outputs] == [texts(cell.outputs) for cell in stored]


READ_ONLY = """
from tools.measure.processors import differing_cells
from tools.course.places import NOTEBOOKS
print("differing:", differing_cells(NOTEBOOKS / "05_build_he.ipynb", {}))
"""


def test_a_checkout_that_cannot_be_written(tmp_path):
    needs.linux("bubblewrap makes the checkout read-only")
    if shutil.which("bwrap") is None:
        needs.missing("bubblewrap is not here, so no read-only checkout is tried: apt install bubblewrap")
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
        cwd=ROOT,
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


# A kernel that is interrupted.


@contextmanager
def kernel_in(folder):
    """Give a kernel's manager and a client of it."""
    manager, client = start_new_kernel(kernel_name=KERNELSPEC["name"], cwd=str(folder), env=kernel_environment())
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client, code):
    """Run `code` in the kernel and return what it printed, and the name of its error or None."""
    texts = []
    reply = client.execute_interactive(
        code, timeout=60, output_hook=lambda message: texts.append(message["content"].get("text", ""))
    )
    return "".join(texts), reply["content"].get("ename")


def interrupted(manager, client, code):
    """Run `code`, interrupt the kernel once, as soon as it prints something, and return the name of the error."""
    heard = []

    def interrupt(message):
        if message["msg_type"] == "stream":
            heard.append(message)  # a line may come in two messages; a second interrupt would hit the kernel itself
            if len(heard) == 1:
                manager.interrupt_kernel()

    return client.execute_interactive(code, timeout=60, output_hook=interrupt)["content"].get("ename")


def test_a_training_interrupted_in_a_kernel_and_run_again_prints_what_is_stored():
    path = LESSONS[0]
    cells = code_cells(read_valid(path))
    trains = next(number for number, cell in enumerate(cells) if "run_race(" in cell.source)
    with kernel_in(path.parent) as (manager, client):
        for cell in cells[:trains]:
            printed(client, cell.source)
        again_and_again = textwrap.indent(cells[trains].source, "    ")  # or it might end before the interrupt comes
        code = f"print('begun', flush=True)\nwhile True:\n{again_and_again}"
        assert interrupted(manager, client, code) == "KeyboardInterrupt"
        for cell in cells[trains:]:
            stored = "".join(output.text for output in cell.outputs if output.output_type == "stream")
            assert printed(client, cell.source) == (stored, None)


DRAGGED = """
import sys, time
from helpers.lessons.start_here.experiment import run_race, watch_race
from helpers.explorer import Explorer, Slider
from helpers.lessons.start_here.views import RaceView

def compute(learning_rate):
    if learning_rate == 1.0:
        print("here", flush=True)
        time.sleep(60)
    yield from watch_race("He", learning_rate=learning_rate)

explorer = Explorer(compute, RaceView(), learning_rate=Slider("learning rate", [0.1, 0.3, 1.0, 3.0], start=0.3))
before = explorer.image.value
slider = explorer.inputs["learning_rate"]
"""
STATE = """
_, _, problem = explorer.text.value.partition("</label>")
print(slider.value, explorer.image.value == before, explorer.finished, problem)
"""


def drag(client, model, index):
    """Send what a browser sends when its reader moves a slider."""
    content = {"comm_id": model, "data": {"method": "update", "state": {"index": index}, "buffer_paths": []}}
    client.shell_channel.send(client.session.msg("comm_msg", content))


def test_a_drag_interrupted_in_a_kernel_is_told_and_the_next_move_goes_on(tmp_path):
    with kernel_in(tmp_path) as (manager, client):
        assert printed(client, DRAGGED) == ("", None)
        model, _ = printed(client, "print(slider.model_id, end='')")
        drag(client, model, 2)  # to 1.0, where compute hangs
        heard = ""
        while "here\n" not in heard:
            heard += client.get_iopub_msg(timeout=60)["content"].get("text", "")
        manager.interrupt_kernel()
        told, error = printed(client, STATE)
        assert error is None
        assert told.startswith("1.0 True True ")
        assert "KeyboardInterrupt" in told
        drag(client, model, 1)  # back to 0.3
        assert printed(client, STATE) == ("0.3 True True \n", None)
        drag(client, model, 3)
        moved, _ = printed(client, f"explorer.finish()\n{STATE}")
        assert moved == "3.0 False True \n"
