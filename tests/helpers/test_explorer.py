"""The Explorer: what a control does, and what happens when a computation is slow, interrupted or fails."""

import asyncio
import io
import re
import time
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.lines import Line2D
from PIL import Image

from helpers.explorer import MOST_KEPT, SLICE_SECONDS, Choice, Explorer, Slider
from helpers.figures.base import View
from helpers.offset import OFFSET_VARIABLE
from helpers.seeding import seeded


@dataclass(frozen=True)
class Point:
    height: float
    progress: float = 1.0


class PointView(View):
    size = (2, 2)

    def build(self):
        axes = self.figure.subplots()
        axes.set(xlim=(0, 1), ylim=(0, 10))
        self.point = self.moving(axes.add_line(Line2D([0.5], [0], marker="o", color="black")))

    def move(self, result):
        if result.height > 10:
            raise ValueError("out of the picture")
        self.point.set_ydata([result.height])

    def reading(self, result):
        return f"The point stands at {result.height}."


def stand(height, scale=1):
    if height == 7:
        raise ValueError("7 is not allowed")
    return Point(height * scale)


def climb(height):
    for step in range(1, 5):
        time.sleep(2 * SLICE_SECONDS)  # one step a slice
        yield Point(height * step / 4, progress=step / 4)


HEIGHT = Slider("height", range(1, 21), start=3, unit="m")


def pixels(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.image.value)).convert("RGB")).astype(int)


def alert(explorer):
    """Return what an Explorer says that went wrong, as HTML."""
    return "".join(re.findall(r'<p role="alert">(.*?)</p>', explorer.text.value))


def notes(explorer):
    """Return what an Explorer says of curves that were kept, and of other seeds."""
    return re.findall(r'<p role="note">(.*?)</p>', explorer.text.value)


def kept_heights(explorer):
    """Return where the grey points stand."""
    (axes,) = explorer.view.figure.axes
    return [line.get_ydata()[0] for line in axes.get_lines() if line.get_label() == "_kept"]


def bar(explorer):
    """Return the HTML of how far a training has come."""
    return "".join(re.findall(r"<label.*?</label>", explorer.text.value))


@pytest.fixture
def explorer():
    return Explorer(stand, PointView(), height=HEIGHT, scale=Choice("scale", [1, 0.5], start=1))


def test_shows_the_result_of_the_start_values(explorer):
    assert explorer.result == Point(3)
    assert list(explorer.view.point.get_ydata()) == [3]
    assert "The point stands at 3." in explorer.text.value


def test_a_moved_control_moves_the_artist_and_the_picture(explorer):
    before = pixels(explorer)
    explorer.inputs["height"].value = 9
    assert list(explorer.view.point.get_ydata()) == [9]
    assert "The point stands at 9." in explorer.text.value
    assert np.abs(pixels(explorer) - before).max() > 100


def test_moving_back_gives_the_same_picture(explorer):
    before = explorer.image.value
    explorer.inputs["height"].value = 9
    explorer.inputs["height"].value = 3
    assert explorer.image.value == before


def test_reset_puts_every_control_back(explorer):
    explorer.set(height=9, scale=0.5)
    assert explorer.result == Point(4.5)
    explorer.reset_button.click()
    assert explorer.parameters == {"height": 3, "scale": 1}
    assert explorer.result == Point(3)


def test_a_result_is_computed_once_for_the_same_settings():
    calls = []

    def compute(height):
        calls.append(height)
        return Point(height)

    explorer = Explorer(compute, PointView(), height=HEIGHT)
    for value in (4, 3, 4, 3):
        explorer.inputs["height"].value = value
    assert calls == [3, 4]


@pytest.mark.parametrize(("height", "told"), [(7, "7 is not allowed"), (20, "out of the picture")])
def test_a_failure_is_told_and_leaves_the_last_good_picture(explorer, height, told):
    before = explorer.image.value
    explorer.inputs["height"].value = height
    assert told in alert(explorer)
    assert "Traceback" not in explorer.text.value
    assert explorer.image.value == before
    assert explorer._repr_mimebundle_()[0]["image/png"] == before
    explorer.inputs["height"].value = 4
    assert alert(explorer) == ""
    assert explorer.result == Point(4)


def test_a_failure_at_the_start_fails_the_cell():
    with pytest.raises(ValueError, match="7 is not allowed"):
        Explorer(stand, PointView(), height=Slider("height", range(1, 11), start=7))


def test_a_failure_text_cannot_inject_markup():
    def compute(height):
        if height == 4:
            raise ValueError("<b>bold</b>")
        return Point(height)

    explorer = Explorer(compute, PointView(), height=HEIGHT)
    explorer.inputs["height"].value = 4
    assert "&lt;b&gt;bold" in alert(explorer)


def test_repr_is_made_of_the_parameters(explorer):
    assert repr(explorer) == "Explorer(height=3, scale=1)"


def test_the_stored_output_has_the_picture_and_its_reading(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert data["text/plain"] == "Explorer(height=3, scale=1)\nThe point stands at 3."
    assert data["image/png"] == explorer.image.value
    assert metadata["image/png"]["alt"] == "The point stands at 3."
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_training_is_finished_when_the_cell_runs():
    explorer = Explorer(climb, PointView(), height=HEIGHT)
    assert explorer.finished
    assert explorer.result == Point(3.0)
    assert "visibility: hidden" in bar(explorer)


def test_only_a_training_has_a_place_for_its_progress(explorer):
    assert bar(explorer) == ""
    assert bar(Explorer(climb, PointView(), height=HEIGHT)) != ""


def test_a_training_grows_in_slices_on_the_event_loop_and_ends():
    async def watch():
        explorer = Explorer(climb, PointView(), height=HEIGHT)
        explorer.inputs["height"].value = 8
        heights = [explorer.result.height]
        assert 'visible">training <progress value="0.250">' in bar(explorer)
        while not explorer.finished:
            await asyncio.sleep(0.005)
            heights.append(explorer.result.height)
        return heights

    heights = asyncio.run(watch())
    assert heights[0] == 2
    assert heights[-1] == 8
    assert heights == sorted(heights)


def test_moving_a_control_cancels_a_training_and_starts_afresh():
    advanced = []

    def compute(height):
        for step in range(1, 5):
            advanced.append((height, step))
            time.sleep(2 * SLICE_SECONDS)
            yield Point(height * step / 4, progress=step / 4)

    async def interrupt():
        explorer = Explorer(compute, PointView(), height=HEIGHT)
        explorer.inputs["height"].value = 8
        explorer.inputs["height"].value = 4
        while not explorer.finished:
            await asyncio.sleep(0.005)
        return explorer

    explorer = asyncio.run(interrupt())
    assert explorer.result == Point(4.0)
    assert [height for height, _ in advanced].count(8) == 1


def test_a_training_that_fails_later_is_told_and_leaves_the_last_good_picture():
    def compute(height):
        yield Point(height, progress=0.5)
        time.sleep(2 * SLICE_SECONDS)
        yield Point(height, progress=0.75)
        if height == 8:
            raise ValueError("fell off")

    explorer = Explorer(compute, PointView(), height=HEIGHT)
    explorer.inputs["height"].value = 8
    assert "fell off" in alert(explorer)
    assert explorer.result == Point(8, progress=0.75)
    assert explorer.finished
    assert "visibility: hidden" in bar(explorer)


def test_a_compute_that_yields_nothing_is_told_and_shows_nothing_old():
    def compute(height):
        if height != 8:
            yield Point(height)

    explorer = Explorer(compute, PointView(), height=HEIGHT)
    for _ in range(2):  # a failure is not kept, as a result would be
        explorer.inputs["height"].value = 8
        assert "at least one" in alert(explorer)
        assert explorer.result == Point(3)
        explorer.inputs["height"].value = 3


def test_a_start_outside_the_values_is_refused():
    with pytest.raises(ValueError, match=r"height starts at 5, which is not one of its values \[1, 2\]"):
        Slider("height", [1, 2], start=5)


def test_a_control_for_no_parameter_is_refused():
    with pytest.raises(TypeError, match="compute takes height, scale; no control can move width"):
        Explorer(stand, PointView(), width=HEIGHT)


def test_something_that_is_no_control_is_refused():
    with pytest.raises(TypeError, match="a control must be a Slider or a Choice; height is not"):
        Explorer(stand, PointView(), height=3)


@pytest.mark.parametrize("control", [Slider, Choice])
@pytest.mark.parametrize("value", [[64, 16], {"width": 64}, np.array([64, 16]), (64, [16])], ids=str)
def test_values_by_which_no_result_can_be_kept_are_refused(control, value):
    message = f"widths needs values such as 0.1, 'relu' or (64, 16), which cannot change; got {value!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        control("widths", [value, (16, 64)], start=value)


@pytest.mark.parametrize("control", [Slider, Choice])
@pytest.mark.parametrize("values", [[], None, 3, "abc", np.array(3), iter([1, 2])], ids=lambda values: type(values))
def test_values_that_are_no_list_are_refused(control, values):
    with pytest.raises(TypeError, match=r"^depth needs a list of values, for example \[1, 2, 4\]; got "):
        control("depth", values, start=1)


@pytest.mark.parametrize("control", [Slider, Choice])
def test_a_control_without_a_label_is_refused(control):
    with pytest.raises(TypeError, match=r'^a control begins with its label, for example "depth"; got \[1, 2\]$'):
        control([1, 2], [1, 2], start=1)


@pytest.mark.parametrize("start", [[1], np.array([1, 2]), None, "1"], ids=str)
def test_a_start_of_another_kind_than_the_values_is_refused(start):
    with pytest.raises(ValueError, match=r"depth starts at .*, which is not one of its values"):
        Slider("depth", [1, 2], start=start)


@pytest.mark.parametrize("values", [range(1, 4), np.array([1, 2, 3]), (1, 2, 3), {1: "a", 2: "b"}.keys()], ids=repr)
def test_any_collection_of_values_will_do(values):
    explorer = Explorer(stand, PointView(), height=Slider("height", values, start=2))
    explorer.set(height=1)
    assert explorer.result == Point(1)


def test_tuples_may_be_chosen_from():
    explorer = Explorer(lambda pair: Point(sum(pair)), PointView(), pair=Choice("pair", [(1, 2), (2, 3)], (1, 2)))
    explorer.set(pair=(2, 3))
    assert explorer.result == Point(5)


def test_a_parameter_without_a_control_or_a_default_is_named():
    with pytest.raises(TypeError, match=r"compute takes height, scale; no control was given for height$"):
        Explorer(stand, PointView(), scale=Choice("scale", [1, 0.5], start=1))


def test_a_compute_that_takes_any_options_takes_any_control():
    def compute(height, **options):
        return Point(height + options["more"])

    explorer = Explorer(compute, PointView(), height=HEIGHT, more=HEIGHT)
    assert explorer.result == Point(6)


@pytest.mark.parametrize("compute", ["stand", None, Point(3)], ids=str)
def test_a_compute_that_cannot_be_called_is_refused(compute):
    with pytest.raises(TypeError, match=r"^compute must be a function, for example run_race; got "):
        Explorer(compute, PointView(), height=HEIGHT)


@pytest.mark.parametrize("view", [PointView, None, "PointView"], ids=str)
def test_a_view_that_is_a_class_or_something_else_is_refused(view):
    with pytest.raises(TypeError, match=r"^view must be a View, for example RaceView\(\); got "):
        Explorer(stand, view, height=HEIGHT)


def test_a_control_that_is_not_there_is_not_moved(explorer):
    with pytest.raises(TypeError, match="there is no control width, but height, scale"):
        explorer.set(height=9, width=3)
    assert explorer.parameters == {"height": 3, "scale": 1}


@pytest.mark.parametrize("value", [0.25, "1", None, [1]], ids=str)
def test_a_control_is_moved_to_its_values_only(explorer, value):
    with pytest.raises(ValueError, match=re.escape(f"scale must be one of [1, 0.5]; got {value!r}")):
        explorer.set(height=9, scale=value)
    assert explorer.parameters == {"height": 3, "scale": 1}


# Keep this curve


def test_a_kept_point_stays_when_a_control_moves(explorer):
    explorer.inputs["height"].value = 9
    alone = pixels(explorer)
    explorer.inputs["height"].value = 3
    explorer.keep_button.click()
    explorer.inputs["height"].value = 9
    assert kept_heights(explorer) == [3]
    assert np.abs(pixels(explorer) - alone).max() > 30
    assert explorer._repr_mimebundle_()[0]["image/png"] == explorer.image.value


def test_what_was_kept_is_told_by_what_differs(explorer):
    assert notes(explorer) == []
    explorer.keep_button.click()
    assert notes(explorer) == ["In grey: what the picture shows."]
    explorer.set(height=9, scale=0.5)
    explorer.keep_button.click()
    explorer.set(height=4)
    assert notes(explorer) == ["In grey: height 3, scale 1; height 9."]


def test_the_oldest_of_too_many_goes(explorer):
    for height in (1, 2, 4, 5, 6):
        explorer.set(height=height)
        explorer.keep_button.click()
    assert MOST_KEPT == 3
    assert kept_heights(explorer) == [4, 5, 6]


def test_the_same_is_kept_once(explorer):
    explorer.keep_button.click()
    before = explorer.image.value
    explorer.keep_button.click()
    assert kept_heights(explorer) == [3]
    assert explorer.image.value == before


def test_reset_clears_what_was_kept(explorer):
    before = explorer.image.value
    for height in (9, 4):
        explorer.set(height=height)
        explorer.keep_button.click()
    explorer.reset_button.click()
    assert kept_heights(explorer) == []
    assert notes(explorer) == []
    assert explorer.image.value == before


@pytest.mark.parametrize("height", [7, 20])
def test_after_a_failure_the_last_good_picture_is_kept_and_the_failure_still_told(explorer, height):
    explorer.set(height=height)
    told = alert(explorer)
    explorer.keep_button.click()
    assert kept_heights(explorer) == [3]
    assert notes(explorer) == ["In grey: what the picture shows."]
    assert alert(explorer) == told != ""


def test_a_training_goes_on_over_what_was_kept_of_it():
    async def keep_early():
        explorer = Explorer(climb, PointView(), height=HEIGHT)
        explorer.inputs["height"].value = 8
        explorer.keep_button.click()
        assert 'visible">training <progress value="0.250">' in bar(explorer)
        while not explorer.finished:
            await asyncio.sleep(0.005)
        return explorer

    explorer = asyncio.run(keep_early())
    assert kept_heights(explorer) == [2]
    assert explorer.result == Point(8)


# Other seeds


def throw(height):
    return Point(height * seeded(0, 0).random())


def throw_often(height):
    rng = seeded(0, 0)
    for step in range(1, 4):
        time.sleep(2 * SLICE_SECONDS)
        yield Point(height * rng.random(), progress=step / 3)


def last_of(result):
    return result if isinstance(result, Point) else list(result)[-1]


@pytest.mark.parametrize("compute", [throw, throw_often])
@pytest.mark.parametrize("offset", [0, 5])
def test_other_seeds_are_those_of_the_next_offset_and_reset_takes_them_back(monkeypatch, compute, offset):
    expected = {}
    for number in (offset + 2, offset + 1, offset):
        monkeypatch.setenv(OFFSET_VARIABLE, str(number))
        expected[number] = last_of(compute(3))
    explorer = Explorer(compute, PointView(), height=HEIGHT)
    before = explorer.image.value
    assert explorer.result == expected[offset]
    for number in (offset + 1, offset + 2):
        explorer.seeds_button.click()
        assert explorer.result == expected[number]
        assert notes(explorer) == [f"Other seeds: those of STEP_ZERO_SEED={number}."]
    assert last_of(compute(3)) == expected[offset]  # of what is not the Explorer, nothing has changed
    explorer.reset_button.click()
    assert explorer.result == expected[offset]
    assert notes(explorer) == []
    assert explorer.image.value == before


def test_other_seeds_stay_when_a_control_moves_and_what_they_gave_is_not_computed_again():
    calls = []

    def compute(height):
        calls.append(height)
        return throw(height)

    explorer = Explorer(compute, PointView(), height=HEIGHT)
    explorer.seeds_button.click()
    shown = [explorer.result.height / 3]
    for height in (4, 3):
        explorer.set(height=height)
        shown.append(explorer.result.height / height)
    assert shown == pytest.approx(3 * [shown[0]])
    assert calls == [3, 3, 4]
    explorer.reset()
    explorer.seeds_button.click()
    assert calls == [3, 3, 4]


def test_the_seeds_of_what_was_kept_are_told_where_they_differ():
    explorer = Explorer(throw, PointView(), height=HEIGHT)
    explorer.keep_button.click()
    explorer.seeds_button.click()
    explorer.keep_button.click()
    explorer.set(height=4)
    kept, others = notes(explorer)
    assert kept == "In grey: height 3, STEP_ZERO_SEED=0; height 3."
    assert others == "Other seeds: those of STEP_ZERO_SEED=1."


def test_the_buttons_stand_in_the_order_of_their_use(explorer):
    *_, buttons, _, _ = explorer.box.children
    assert [button.description for button in buttons.children] == ["Keep this curve", "Other seeds", "Reset"]
    assert all(button.tooltip for button in buttons.children)
