"""Does every claim hold from seeds that nobody picked, and does all that is random hang on them?

The offsets are drawn from the commit's hash, so that nobody can tune to them; the head of pytest's output names them.
"""

import pytest
from test_structure import LESSONS, MODULES, accept, relative

from tools import ledger, notebooks, seeds, structure

OFFSETS = seeds.drawn_offsets()
TRIED = notebooks.with_solutions(LESSONS)
REPORT = structure.ROOT / ledger.REPORT

# Cells that draw, or read what was drawn, and show only what every seed gives: by cell id, with the reason.
THE_SAME_FROM_EVERY_SEED = {}


@pytest.mark.parametrize("path", TRIED, ids=relative)
def test_claims_hold_and_data_move(path):
    found = seeds.sweep(notebooks.read(path), path, OFFSETS)
    again = f"python -m tools.notebooks reseed --offsets {','.join(map(str, OFFSETS))} {path.stem}"
    accept(found.failures and [*found.failures, f"try it again: {again}"])
    still = seeds.unmoved(structure.read_notebook(path), MODULES, found)
    accept(
        [
            f"{path.name}, cell {cell.number} ({cell.id}): seems random, but is the same from all of these seeds"
            for cell in still
            if (path.name[:2], cell.id) not in THE_SAME_FROM_EVERY_SEED
        ]
    )


@pytest.mark.parametrize("path", LESSONS, ids=relative)
def test_the_report_has_every_claim(path):
    accept(ledger.stale(structure.read_notebook(path), REPORT.read_text(encoding="utf-8")))
