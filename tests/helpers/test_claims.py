"""Does a claim speak when it holds, and stop the notebook when it does not?"""

import re

import numpy as np
import pytest

from helpers.claims import ClaimFailed, claim


@pytest.mark.parametrize("holds", [True, np.True_, np.float64(1) < 2])
def test_a_claim_that_holds_prints_its_sentence(capsys, holds):
    claim("He keeps the signal", holds)
    assert capsys.readouterr().out == "✓ He keeps the signal\n"


@pytest.mark.parametrize("holds", [False, np.False_, np.float64(1) > 2, np.nan < 1])
def test_a_claim_that_fails_raises_its_sentence_and_prints_nothing(capsys, holds):
    with pytest.raises(ClaimFailed, match=r"^✗ He keeps the signal$"):
        claim("He keeps the signal", holds)
    assert capsys.readouterr().out == ""


def test_a_failed_claim_is_an_assertion_error():
    assert issubclass(ClaimFailed, AssertionError)


@pytest.mark.parametrize("holds", [np.array([True, True]), np.array(True), [True], 1, 0, 1.0, None, "yes"], ids=repr)
def test_what_is_not_one_truth_value_is_refused(capsys, holds):
    message = f"claim needs one truth value, for example x.max() < 1 or np.all(x < 1); got {type(holds).__name__}"
    with pytest.raises(TypeError, match=re.escape(message)):
        claim("He keeps the signal", holds)
    assert capsys.readouterr().out == ""
