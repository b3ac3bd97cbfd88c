"""The report of claims: is a margin what it says, and are weak claims and stale reports found?"""

import numpy as np
import pytest

from tests.support.notebooks import IMPORTS, code, lesson, store
from tools import cli
from tools.claims import report
from tools.claims.offsets import span
from tools.claims.sweep import Made


def made(offset, *parts, holds=True, text="it is so", cell=3):
    return Made("01_small.ipynb", offset, cell, 1, 0, text, holds, list(parts))


def part(relation, measured, bound):
    room = {"<": bound - measured, ">": measured - bound, "=": -abs(measured - bound)}[relation]
    return {"relation": relation, "measured": measured, "bound": bound, "room": room}


def row(*values, relation="<", bound=10.0):
    """Return the row of a claim that compares one of `values` with `bound` at each offset."""
    return report.row_of([made(offset, part(relation, value, bound)) for offset, value in enumerate(values)])


def test_a_margin_counts_standard_errors_to_the_bound():
    found = row(4.0, 5.0, 6.0)
    assert (found.kind, found.held, found.runs) == ("bound", 3, 3)
    assert (found.measured, found.bound) == (6.0, 10.0), "the offset with the least room"
    assert found.margin == pytest.approx((10 - 5) / 1.0)
    assert row(4.0, 5.0, 6.0, relation=">").margin == pytest.approx(-5)


def test_what_explodes_is_measured_by_its_logarithm():
    exploding = [1e4, 1e6, 1e8]
    assert row(*exploding, relation=">", bound=1.0).margin == pytest.approx(6 / 2)
    plain = (1e9 - np.mean(exploding)) / np.std(exploding, ddof=1)
    assert row(*exploding, relation="<", bound=1e9).margin == pytest.approx(plain)
    assert row(-1.0, 1e4, 1e6, relation=">", bound=-2.0).margin < 1, "what can be negative has no logarithm"


def test_a_margin_of_one_offset_or_of_equal_values_is_relative():
    assert (row(4.0).kind, row(4.0).margin) == ("same", pytest.approx(0.6))
    assert row(4.0, 4.0 + 1e-12).margin == pytest.approx(0.6)
    assert np.isnan(row(0.0, bound=0.0).margin)
    assert np.isnan(row(1.0, np.inf, relation=">", bound=0.5).margin)


def test_of_several_comparisons_the_one_nearest_to_failing_is_shown():
    both = [made(place, part("<", 4.0 + place, 90.0), part(">", 4.0 + place, 3.0)) for place in range(3)]
    assert (report.row_of(both).relation, report.row_of(both).margin) == (">", 2.0)


def test_equalities_and_truths_have_no_margin():
    equality = report.row_of([made(0, part("=", 3.0, 3.0)), made(1, part("=", 4.0, 4.5))])
    assert (equality.kind, equality.measured, equality.bound) == ("equality", 4.0, 4.5)
    truth = report.row_of([made(0), made(1, holds=False)])
    assert (truth.kind, truth.held, truth.runs) == ("yes or no", 1, 2)
    assert np.isnan(equality.margin)
    assert np.isnan(truth.margin)


def test_a_claim_that_could_not_fail_is_marked():
    steady, tenth, spread = row(4.999, 5.0, 5.001), row(0.4999, 0.5, 0.5001), row(1e-9, 1e-5, 1e-1)
    assert [each.beyond_reach for each in (steady, tenth, spread)] == [False, True, False]
    assert "!" not in report.report_line(steady)
    assert "9.5e+04 se **!**" in report.report_line(tenth)
    assert row(500.0, 501.0, relation=">").beyond_reach
    assert not row(500.0, 501.0, relation=">", bound=0.0).beyond_reach, "a sign is no bound to be near to"
    assert not row(0.5).beyond_reach, "one offset says nothing of chance"


def test_the_report_is_short_and_says_what_failed():
    failed = report.row_of([made(0, part("<", 0.123456, 0.5)), made(1, part("<", 0.61, 0.5), holds=False, text="a|b")])
    section = report.section("01_small.ipynb", [1, 2], [failed])
    assert "1 claims at 2 offsets, 1 to 2; 0 could not fail." in section
    assert section.endswith("| it is so | 0.61 | < 0.5 | 0.39 se | **1 of 2** |\n")
    assert report.as_cell("a|b*") == r"a\|b\*"
    assert span([1, 2, 3]) == "1 to 3"
    assert span([7, 3]) == "7, 3"


def test_a_new_section_replaces_the_old_one():
    one = report.updated("", {"02_b": "## 02_b\n\nearlier\n", "01_a": "## 01_a\n\nkept\n"})
    two = report.updated(one, {"02_b": "## 02_b\n\nnew\n"})
    assert two == one.replace("earlier", "new")
    assert two.index("01_a") < two.index("02_b")
    assert report.updated(two, {}) == two


def test_a_report_of_other_claims_is_stale():
    cells = [code('claim("a|b holds", x < 1)\nfor name in "xy":\n    claim(f"{name} holds", 1 < 2)')]
    notebook = lesson({"cells": cells})
    rows = [report.row_of([made(0, text=text)]) for text in ("a|b holds", "x holds", "y holds")]
    text = report.updated("", {notebook.name: report.section(notebook.name, [0], rows)})
    assert report.stale(notebook, text) == []
    assert "no line for" in report.stale(notebook, text.replace("a\\|b", "a"))[0]
    assert "a line without a claim, 'it is so'" in report.stale(notebook, text + report.report_line(row(1.0)))[0]
    assert len(report.stale(notebook, "")) == 3, "two claims, and the command that writes them"


# The commands.


def test_claims_are_listed_and_written(tmp_path, capsys):
    folder = tmp_path / "notebooks"
    drawn = code(
        'x = seeded(1).random()\nclaim("x is below 2", x < 2)\nclaim("the offset is below 3", seed_offset() < 3)'
    )
    store(folder, "01_small", IMPORTS, drawn)
    store(folder, "02_empty", code(""))
    store(folder / "solutions", "01_small", code("1 / 0"))

    assert cli.main(["claims", "--offsets", "1-3"], folder) == 1

    out = capsys.readouterr().out
    assert "✓   3 of 3 " in out
    assert "✗   2 of 3 " in out
    assert "offset 3: 01_small.ipynb, cell 2: ✗ the offset is below 3 (3 < 3)" in out
    assert "offset 1: solutions/01_small.ipynb, cell 1: ZeroDivisionError" in out
    assert "02_empty.ipynb, cell 1: an empty code cell" in out
    text = (tmp_path / report.REPORT).read_text(encoding="utf-8")
    assert "## 01_small.ipynb\n" in text
    assert "| the offset is below 3 | 3 | < 3 |" in text
    assert "solutions" not in text

    assert cli.main(["reseed", "--offsets", "1", "--cheap", "01"], folder) == 1
    assert (tmp_path / report.REPORT).read_text(encoding="utf-8") == text


def test_offsets_that_are_none_are_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["reseed", "--offsets", "few"], tmp_path)
    assert "for example 1-20" in capsys.readouterr().err
