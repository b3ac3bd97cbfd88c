"""Every Explorer of every notebook: every control to both ends and the middle, without a kernel."""

import functools
import inspect
import io

import numpy as np
import pytest
from PIL import Image

from helpers.offset import OFFSET_VARIABLE, seed_offset
from tools.course.lesson import explorers_of as made
from tools.course.places import lesson_paths

MAX_FRAME_BYTES = 30_000
explorers_of = functools.cache(made)  # what one test computed, the next need not compute again


def options_of(control):
    return [value for _, value in control.options]


def pixels_of(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.image.value)).convert("RGB")).astype(int)


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_every_control_works_at_both_ends_and_in_the_middle(path):
    explorers = explorers_of(path)
    assert explorers, "a notebook has at least one Explorer, and its cell begins with Explorer("
    for explorer in explorers.values():
        for name, control in explorer.inputs.items():
            values = options_of(control)
            for value in (values[0], values[len(values) // 2], values[-1]):
                explorer.set(**{name: value})
                assert 'role="alert"' not in explorer.text.value, f"{name}={value}"
                assert explorer.finished
                assert len(explorer.text.value) > 30
                assert len(explorer.image.value) < MAX_FRAME_BYTES
            explorer.reset()


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_every_control_changes_the_picture(path):
    for explorer in explorers_of(path).values():
        for name, control in explorer.inputs.items():
            values = options_of(control)
            pictures = []
            for value in (values[0], values[-1]):
                explorer.set(**{name: value})
                pictures.append(pixels_of(explorer))
            assert np.abs(pictures[0] - pictures[1]).max() > 30, f"{name} changes nothing"
            explorer.reset()


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_every_setting_in_the_corners_is_told_in_words(path):
    """All controls at their lowest, then at their highest: the two worst corners."""
    for explorer in explorers_of(path).values():
        for end in (0, -1):
            explorer.set(**{name: options_of(control)[end] for name, control in explorer.inputs.items()})
            assert 'role="alert"' not in explorer.text.value
            assert "nan" not in explorer.text.value  # what is no number is told in words


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_a_kept_curve_stays_until_reset(path):
    for explorer in explorers_of(path).values():
        explorer.reset()  # another test may have moved it
        first = explorer.image.value
        far = {
            name: next(value for value in options_of(control) if value != control.value)
            for name, control in explorer.inputs.items()
        }
        explorer.set(**far)
        alone = pixels_of(explorer)
        explorer.reset()
        explorer.keep_button.click()
        explorer.set(**far)
        assert np.abs(pixels_of(explorer) - alone).max() > 60
        assert len(explorer.image.value) < MAX_FRAME_BYTES
        explorer.reset()
        assert explorer.image.value == first


@pytest.mark.parametrize("path", lesson_paths(), ids=lambda path: path.stem)
def test_other_seeds_are_those_that_the_whole_lesson_would_have_with_the_next_offset(path, monkeypatch):
    for explorer in explorers_of(path).values():
        explorer.reset()  # another test may have moved it
        first = explorer.image.value
        explorer.seeds_button.click()
        shown = explorer.view.reading(explorer.result)
        assert explorer.image.value != first
        monkeypatch.setenv(OFFSET_VARIABLE, str(seed_offset() + 1))
        result = explorer.compute(**explorer.parameters)
        if inspect.isgenerator(result):
            *_, result = result
        assert explorer.view.reading(result) == shown
        monkeypatch.undo()
        explorer.reset()
        assert explorer.image.value == first
