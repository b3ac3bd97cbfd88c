"""Does every claim hold from seeds that nobody picked, and does all that is random follow them?

The offsets are drawn from the commit's hash, so that nobody can tune to them; the head of pytest's output names them.
"""

import os

import pytest

from tests.support.repository import LESSONS, MODULES, accept, relative
from tools.claims import report, sweep
from tools.claims.offsets import SINCE, drawn_offsets, untouched
from tools.course.notebook import read_notebook, read_valid
from tools.course.places import ROOT, with_solutions

OFFSETS = drawn_offsets()
TRIED = with_solutions(LESSONS)
UNTOUCHED = untouched(TRIED)  # by a pull request; on main, and every week, all are tried
REPORT = ROOT / report.REPORT

# Cells that seem to draw, or read what was drawn, and whose data every seed leaves alike: by cell id, with the reason.
THE_SAME_FROM_EVERY_SEED = {
    ("01_break_the_symmetry.ipynb", "fail-zeros"): "zeros draw nothing, and the digits are not drawn either",
    ("01_break_the_symmetry.ipynb", "derive-zeros"): "zeros again",
    ("01_break_the_symmetry.ipynb", "build-first"): "zeros and constants, and the digits",
    ("01_break_the_symmetry.ipynb", "work-constant"): "shows a network that started from a constant",
    ("01_break_the_symmetry.ipynb", "rounding-show"): "networks that start from a constant, and part by rounding alone",
    ("06_unify_variance_scaling.ipynb", "build-gain-draft"): "gains by quadrature, beside those on paper",
    ("06_unify_variance_scaling.ipynb", "build-gain-same"): "the same",
}


@pytest.mark.parametrize("path", TRIED, ids=relative)
def test_claims_hold_and_data_move(path):
    if path in UNTOUCHED:
        pytest.skip(f"nothing that it depends on has changed since {os.environ[SINCE]}")
    found = sweep.sweep(read_valid(path), path, OFFSETS)
    name = path.stem if path in LESSONS else relative(path)
    again = f"uv run step-zero reseed --offsets {','.join(map(str, OFFSETS))} {name}"
    accept(found.failures and [*found.failures, f"try it again: {again}"])
    still = {cell.id for cell in sweep.unmoved(read_notebook(path), MODULES, found)}
    known = {cell for name, cell in THE_SAME_FROM_EVERY_SEED if name == found.notebook}
    accept([f"{found.notebook}, cell {cell}: draws, and is the same from all of these seeds" for cell in still - known])
    accept([f"{found.notebook}, cell {cell}: is no longer the same from every seed" for cell in known - still])


@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_the_report_has_every_claim(path):
    accept(report.stale(read_notebook(path), REPORT.read_text(encoding="utf-8")))
