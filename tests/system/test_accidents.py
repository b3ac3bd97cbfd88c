"""What readers do by accident: nothing of it breaks silently. A cell prints what is stored, or stops with an error.

Covered: a notebook opened from another folder; a checkout that cannot be written; a kernel interrupted in the middle of
a training, and of a slider's drag. Cells run again, out of order, and two notebooks in one kernel: test_one_kernel.py.
"""

import os
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from helpers.data import two_moons
from helpers.networks import dense
from helpers.seeding import seeded, seeded_many
from helpers.training import SGD, fit
from tests.support import needs
from tests.support.kernels import code_cells, kernel_in, printed
from tests.support.repository import LESSONS
from tools.course.notebook import read_valid
from tools.course.places import ROOT

ELSEWHERE = """
import sys
from pathlib import Path
from tools.measure.processors import differing_cells
print("differing:", differing_cells(Path(sys.argv[1]), {}))
"""


def test_a_notebook_opened_from_another_folder_beside_a_checkout_that_cannot_be_written(tmp_path):
    copied = shutil.copy(LESSONS[5], tmp_path)
    command = [sys.executable, "-c", ELSEWHERE, copied]
    if sys.platform == "linux":
        if shutil.which("bwrap") is None:
            needs.missing("bubblewrap is not here, so no read-only checkout is tried: apt install bubblewrap")
        wall = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        command = [*wall, "--bind", str(tmp_path), str(tmp_path), *command]
    own = dict.fromkeys(("HOME", "TMPDIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"), str(tmp_path))
    asked = subprocess.run(command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True)
    assert asked.stdout.strip() == "differing: []", asked.stderr[-2000:]
    needs.linux("bubblewrap makes the checkout read-only; from another folder it was read")


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
        state, error = printed(client, STATE)
        assert error is None
        assert state.startswith("1.0 True True ")
        assert "KeyboardInterrupt" in state
        drag(client, model, 1)  # back to 0.3
        assert printed(client, STATE) == ("0.3 True True \n", None)
        drag(client, model, 3)
        moved, _ = printed(client, f"explorer.finish()\n{STATE}")
        assert moved == "3.0 False True \n"
