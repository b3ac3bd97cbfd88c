"""What one run of a lesson can show: each stored output comes out on another processor, and no cell run again misleads.

The processor's setting is drawn for this commit. Behind the last cell, in the same kernel, all cells run in reverse.
"""

import copy

import pytest
from nbformat.v4 import new_code_cell, new_output

from tests.support.kernels import broken_silently, code_cells, run_in_one_kernel
from tests.support.repository import LESSONS, accept, relative
from tools.claims.offsets import drawn_offsets
from tools.course.notebook import read_valid, texts
from tools.measure import processors

SETTINGS = processors.settings()
(DRAWN,) = drawn_offsets(count=1)
NEXT_IN_ITS_KERNEL = {2: 5}  # a reader opens 05 in the kernel in which 02 was read


@pytest.mark.parametrize("number", range(len(LESSONS)), ids=lambda number: LESSONS[number].stem)
def test_outputs_are_the_same_on_another_processor_and_no_cell_run_again_misleads(number):
    path = LESSONS[number]
    setting = list(SETTINGS)[(DRAWN + number) % len(SETTINGS)]
    notebook = read_valid(path)
    stored = code_cells(copy.deepcopy(notebook))
    cells = code_cells(notebook)
    behind = code_cells(read_valid(LESSONS[NEXT_IN_ITS_KERNEL[number]])) if number in NEXT_IN_ITS_KERNEL else []
    wanted = [texts(cell.outputs) for cell in behind]
    outputs = run_in_one_kernel(notebook, path, [*cells, *cells[::-1], *behind], SETTINGS[setting])
    first, again, other = (
        outputs[: len(cells)],
        outputs[len(cells) : 2 * len(cells)],
        outputs[2 * len(cells) :],
    )
    differ = [cell.id for here, cell in zip(first, stored, strict=True) if texts(here) != texts(cell.outputs)]
    accept(differ and [f"{relative(path)} with {setting}: other texts in cells {differ}"])
    assert broken_silently(again, stored[::-1]) == []
    assert [texts(here) for here in other] == wanted


def test_a_cell_that_prints_something_else_is_found():
    one, two = (new_output("stream", text=text) for text in ("1\n", "2\n"))
    stored = new_code_cell("print(n)", id="a", outputs=[one])
    assert broken_silently([[two]], [stored]) == ["a"]
    assert broken_silently([[one]], [stored]) == []
