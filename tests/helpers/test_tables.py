"""Tables of rounded text."""

import numpy as np
import pytest

from helpers.tables import rounded, scale_text, table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.693147, "0.69"),
        (42.4, "42"),
        (1234.0, "1200"),
        (12345.0, "1.2e+04"),
        (0.00521, "0.0052"),
        (0.000521, "5.2e-04"),
        (0.996, "1.0"),
        (-0.0499, "-0.050"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_a_number_has_two_significant_digits(value, text):
    assert rounded(value) == text


def test_a_number_has_as_many_digits_as_asked_for():
    assert rounded(0.693147, 1) == "0.7"
    assert rounded(0.693147, 3) == "0.693"


def test_a_table_aligns_its_columns():
    text = table(["start", "loss"], [["zeros", np.float64(0.693147)], ["He", 12]])
    assert text.splitlines() == ["start  loss", "─────  ────", "zeros  0.69", "He       12"]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="every row needs 2 cells, one for each of start, loss"):
        table(["start", "loss"], [["zeros"]])


@pytest.mark.parametrize(
    ("scale", "text"),
    [(0.0, "0"), (np.inf, "inf"), (np.nan, "nan"), (3e-11, "< 1e-10"), (3e11, "> 1e+10"), (0.26, "0.3")],
)
def test_scale_text(scale, text):
    assert scale_text(scale) == text
