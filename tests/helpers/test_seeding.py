"""Does a key name one stream of numbers, and only one?"""

import re
from itertools import combinations

import numpy as np
import pytest

from helpers.offset import OFFSET_VARIABLE, other_seeds, seed_offset
from helpers.seeding import seeded, seeded_many


@pytest.fixture(autouse=True)
def _no_offset(monkeypatch):
    monkeypatch.delenv(OFFSET_VARIABLE, raising=False)


def numbers(*key):
    return seeded(*key).random(8)


def test_it_returns_a_generator():
    assert isinstance(seeded(3, 0), np.random.Generator)


@pytest.mark.parametrize("key", [(), (0,), (3, 1), (3, 1, 4, 1, 5), (np.int64(3), np.uint8(1))])
def test_the_same_key_gives_the_same_numbers(key):
    np.testing.assert_array_equal(numbers(*key), numbers(*key))


def test_a_numpy_integer_is_as_good_as_an_int():
    np.testing.assert_array_equal(numbers(np.int64(3), np.uint8(1)), numbers(3, 1))


def pairs(*keys):
    return list(combinations(keys, 2))


@pytest.mark.parametrize(("first", "second"), pairs((1,), (3,), (0, 3), (3, 1), (1, 3), (3, 1, 2)))
def test_different_keys_give_different_numbers(first, second):
    assert not np.isin(numbers(*first), numbers(*second)).any()


# NumPy pads what seeds it with zeros, so that default_rng([3]) and default_rng([3, 0]) are the same stream.
@pytest.mark.parametrize(
    ("first", "second"),
    pairs((), (0,), (0, 0), (3,), (3, 0), (3, 0, 0), (3, 1, 2, 4), (3, 1, 2, 4, 0)),
)
def test_a_zero_at_the_end_of_a_key_counts(first, second):
    assert not np.isin(numbers(*first), numbers(*second)).any()


def test_two_calls_with_one_key_do_not_share_a_generator():
    first, second = seeded(3), seeded(3)
    first.random(100)
    np.testing.assert_array_equal(second.random(8), numbers(3))


@pytest.mark.parametrize("key", [(), (0,), (3, 1)])
def test_the_variable_changes_the_numbers_of_every_key(monkeypatch, key):
    before = numbers(*key)
    monkeypatch.setenv(OFFSET_VARIABLE, "7")
    seventh = numbers(*key)
    monkeypatch.setenv(OFFSET_VARIABLE, "8")
    assert not np.isin(seventh, before).any()
    assert not np.isin(seventh, numbers(*key)).any()


def test_the_variable_is_called_step_zero_seed():
    assert OFFSET_VARIABLE == "STEP_ZERO_SEED"


def test_an_offset_of_zero_is_the_same_as_none(monkeypatch):
    before = numbers(3, 1)
    monkeypatch.setenv(OFFSET_VARIABLE, "0")
    np.testing.assert_array_equal(numbers(3, 1), before)


@pytest.mark.parametrize(("text", "offset"), [("0", 0), ("7", 7), (" 12 ", 12)])
def test_the_offset_is_the_integer_in_the_variable(monkeypatch, text, offset):
    monkeypatch.setenv(OFFSET_VARIABLE, text)
    assert seed_offset() == offset


@pytest.mark.parametrize("text", ["", "-1", "1.5", "seven", "0x10", "²"])
def test_a_bad_offset_says_what_it_should_be(monkeypatch, text):
    monkeypatch.setenv(OFFSET_VARIABLE, text)
    message = f"STEP_ZERO_SEED must be an integer from 0 up, for example 7; got {text!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        seeded(3)


@pytest.mark.parametrize("part", [1.0, "1", None, True, (1, 2)])
def test_a_key_of_something_else_than_integers_is_refused(part):
    message = f"a key is made of integers, for example seeded(3, 0); got {part!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        seeded(3, part)


def test_a_negative_part_of_a_key_is_refused():
    with pytest.raises(ValueError, match="a key is made of integers from 0 up; got -1"):
        seeded(3, -1)


def test_many_are_the_keys_numbered_from_zero():
    for number, rng in enumerate(seeded_many(4, 3, 1)):
        np.testing.assert_array_equal(rng.random(8), numbers(3, 1, number))


def test_many_are_as_many_as_were_asked_for():
    assert len(seeded_many(5, 3)) == 5


def test_none_are_an_empty_list():
    assert seeded_many(0, 3) == []


@pytest.mark.parametrize("count", ["5", None, 2.0, True, -1, [1]])
def test_a_number_of_seeds_that_counts_nothing_is_refused(count):
    message = f"seeds are counted by an integer from 0 up, for example 16; got {count!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        seeded_many(count, 3)


@pytest.mark.parametrize("offset", [0, 5])
def test_other_seeds_are_those_of_a_larger_offset_and_end_with_their_block(monkeypatch, offset):
    monkeypatch.setenv(OFFSET_VARIABLE, str(offset + 2))
    expected = numbers(3, 1)
    monkeypatch.setenv(OFFSET_VARIABLE, str(offset))
    first = numbers(3, 1)
    with other_seeds(2):
        np.testing.assert_array_equal(numbers(3, 1), expected)
    np.testing.assert_array_equal(numbers(3, 1), first)


def fail_with_other_seeds():
    with other_seeds(2):
        raise KeyError


def test_other_seeds_end_with_a_failure_too():
    first = numbers(3, 1)
    with pytest.raises(KeyError):
        fail_with_other_seeds()
    np.testing.assert_array_equal(numbers(3, 1), first)


def test_the_global_random_state_is_not_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    numbers(3, 1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
