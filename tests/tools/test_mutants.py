"""The report on mutants is about the code as it is, and is good enough; and its tool says when it is not."""

import re

import pytest

from tools.course.places import ROOT
from tools.measure.mutants import MODULES, REASONS, REPORT, Mutant, complaints

TEXT = REPORT.read_text(encoding="utf-8")
SURVIVORS = re.findall(r"^# helpers/(\w+)\.py, (\S+).*\n((?:[-+].*\n)+)", TEXT, flags=re.MULTILINE)
ROWS = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| [\d.]+ \|$", TEXT, flags=re.MULTILINE)


def test_at_least_95_per_cent_of_each_modules_mutants_die():
    assert [row[0] for row in ROWS] == [*MODULES, "all"]
    for _, mutants, killed, survived in ROWS:
        assert int(killed) + int(survived) == int(mutants)
        assert int(killed) >= 0.95 * int(mutants) > 0


def test_every_survivor_is_listed_with_a_reason():
    assert len(SURVIVORS) == int(ROWS[-1][3])
    for module, name, diff in SURVIVORS:
        reason = Mutant(module, name, "survived", diff).reason
        assert reason, f"{module}, {name}"
        assert reason in TEXT


@pytest.mark.parametrize("module", MODULES)
def test_the_report_tells_of_code_that_is_there(module):
    source = (ROOT / "helpers" / f"{module}.py").read_text(encoding="utf-8").splitlines()
    for _, name, diff in (survivor for survivor in SURVIVORS if survivor[0] == module):
        gone = [line[1:] for line in diff.splitlines() if line.startswith("-") and line[1:] not in source]
        assert not gone, f"{name}: run step-zero mutants again"


def test_every_reason_is_needed():
    for pattern, reason in REASONS:
        assert re.search(pattern, TEXT, flags=re.MULTILINE), f"no survivor is left for: {reason}"


def mutant(status, line, module="training"):
    return Mutant(module, "one", status, f"--- a\n+++ b\n-old\n+{line}\n")


def test_a_survivor_needs_a_reason():
    excused, strange = "    return rates.astype(None)", "    return rates.astype(int)"
    dead = [mutant("killed", "", module) for module in MODULES for _ in range(100)]
    assert complaints([*dead, mutant("survived", excused), mutant("killed", strange)]) == []
    for status in ("survived", "timeout"):
        assert complaints([*dead, mutant(status, strange)]) == ["training, one: survives without a reason"]


def test_more_than_5_per_cent_of_survivors_are_too_many():
    dead = [mutant("killed", "", module) for module in MODULES for _ in range(18)]
    excused = mutant("survived", "    return rates.astype(None)")
    assert complaints([*dead, excused]) == ["training: only 18 of 19 mutants die"]
