"""The machinery of the checks: hints that grow stronger, answers that misbehave, and what crosses to the sandbox."""

import math
import time
from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from helpers.checks import base
from tools.grading import wire


@base.exercise(
    means="two is the answer.",
    hints={"too small": ("{got} is too small.", "look above {got}."), "odd": ("no.", "no, again.")},
)
def two(answer, *, rng):
    """The number 2."""
    base.compare(base.number(answer), 2, {"too small": 1}, within=0.01, otherwise="odd")


@pytest.fixture(autouse=True)
def first_try():
    base.TRIES.clear()


def printed(capsys, *answers):
    two(*answers)
    return capsys.readouterr().out.strip()


def test_the_hint_is_stronger_the_second_time_and_aimed_at_the_same_mistake(capsys):
    assert printed(capsys, 1) == "✗ two: 1 is too small."
    assert printed(capsys, 7) == "✗ two: no."
    assert printed(capsys, 1) == "✗ two: look above 1."
    assert printed(capsys, 2) == "✓ two: two is the answer."
    assert printed(capsys, ...) == "○ two: not attempted"


def test_insist_raises_with_the_verdict():
    two.insist(2)
    with pytest.raises(base.NotSolved, match="✗ two: 1 is too small"):
        two.insist(1)
    with pytest.raises(base.NotSolved, match="○ two: not attempted"):
        two.insist(...)


def test_judge_does_not_count_as_a_try(capsys):
    for _ in range(3):
        two.judge(1, rng=np.random.default_rng(0))
    assert printed(capsys, 1) == "✗ two: 1 is too small."


def test_long_lines_are_wrapped():
    verdict = base.Verdict("✓", "word " * 50)
    assert max(map(len, str(verdict).splitlines())) <= base.LINE


def mistake_of(function, *arguments):
    with pytest.raises(base.Wrong) as caught:
        function(*arguments)
    return caught.value.mistake


def raises(error):
    def answer():
        raise error

    return answer


def test_call_names_what_goes_wrong():
    assert mistake_of(base.call, 3) == "not a function"
    assert mistake_of(base.call, raises(ValueError("no"))) == "raises"
    assert mistake_of(base.call, lambda: None) == "returns nothing"
    with pytest.raises(base.NotAttempted):
        base.call(lambda: ...)
    assert base.call(lambda x, y: x + y, 1, y=2) == 3


def never():
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def test_a_call_that_does_not_return_is_ended(monkeypatch):
    monkeypatch.setattr(base, "PATIENCE", 0.1)
    start = time.monotonic()
    assert mistake_of(base.call, never) == "never returns"
    assert time.monotonic() - start < 5


def test_array_of():
    assert base.array_of([[1, 2]], (1, 2)).dtype == float
    for result, shape, mistake in [
        ("text", (2,), "not an array"),
        ([[1], [1, 2]], (2,), "not an array"),
        (10**400, (), "not an array"),
        ([1, 2, 3], (2,), "wrong shape"),
        (np.ones((3, 2)), (2, 3), "transposed"),
        ([1, math.nan], (2,), "not finite"),
    ]:
        assert mistake_of(base.array_of, result, shape) == mistake


def test_number_and_choice():
    assert base.number(np.float32(0.5)) == base.number([0.5]) == 0.5
    assert mistake_of(base.number, "a half") == "not a number"
    assert mistake_of(base.number, [1, 2]) == "not a number"
    assert base.choice(" B ", "abc") == "b"
    for wrong in ("e", "ab", "", 1):
        assert mistake_of(base.choice, wrong, "abc") == "no such choice"


def test_numbers_in_hints_have_two_digits():
    assert [base.rounded(value) for value in (0.123456, 123.4, np.float64(2), 3, "x")] == ["0.12", "120", "2", 3, "x"]


# What crosses between the checks and the sandbox.


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -0.5, math.inf, "é", [1, "a"], (1, (2.5,)), {"a": [1], (1, 2): None}, ...],
    ids=repr,
)
def test_plain_data_comes_back_the_same(value):
    assert wire.decode(wire.encode(value)) == value


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_arrays_come_back_the_same(dtype, shape):
    array = np.ones(shape, dtype)
    back = wire.decode(wire.encode(array))
    assert np.array_equal(back, array)
    assert back.dtype == array.dtype


def test_a_generator_draws_the_same_numbers():
    rng = np.random.default_rng(3)
    assert wire.decode(wire.encode(rng)).random() == rng.random()


@pytest.mark.parametrize("value", [{1, 2}, 1j, Fraction(1, 3), Decimal("0.1"), range(2, 9, 3), deque([1])], ids=repr)
def test_what_is_no_json_comes_back_the_same(value):
    back = wire.decode(wire.encode(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "values",
    [["a", "b"], [object()], [None, Fraction(1, 3)], ["2026-01-01"]],
    ids=["text", "object", "fraction", "date"],
)
@pytest.mark.parametrize("dtype", [object, "U10"])
def test_arrays_of_text_and_of_objects_come_back(values, dtype):
    array = np.array(values, dtype)
    back = wire.decode(wire.encode(array))
    assert (back.shape, back.dtype) == (array.shape, array.dtype)
    assert [type(item).__name__ for item in back] == [type(item).__name__ for item in array]


@pytest.mark.parametrize(
    "value",
    [object(), print, int, (x for x in "a"), np.zeros(1, [("a", "f8")]), 10**5000],
    ids=lambda value: type(value).__name__,
)
def test_of_anything_else_only_the_name_of_its_type_is_sent(value):
    back = wire.decode(wire.encode(value))
    assert isinstance(back, wire.Opaque)
    assert type(back).__name__ == type(value).__name__


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"a": 1, "b": 2},
        {"object": 1},
        {"fraction": [1, 0]},
        {"fraction": [1, 2, 3]},
        {"decimal": "two"},
        {"decimal": "1e999999"},
        {"objects": [[2], [1]]},
        {"range": [1, 2, 0]},
        {"generator": {"state": {"dict": [["bit_generator", "RandomState"]]}}},
        {"array": 1},
        {"array": ["O", [1], ""]},
        {"array": ["<f8", [2], "AAAA"]},
        {"array": ["<f8", [1], "no base64!"]},
        {"array": ["nonsense", [1], ""]},
        {"tuple": 1},
        {"dict": [1]},
        {"dict": [[{"dict": []}, 1]]},
        {"generator": {}},
        {"generator": 1},
    ],
    ids=str,
)
def test_what_encode_never_writes_is_refused(data):
    with pytest.raises(wire.NotPlain):
        wire.decode(data)
