"""What all Views share: the redraw of what moved, the picture, the band over seeds."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers.figures.bands import Band
from helpers.figures.base import SHARPNESS, View
from helpers.figures.style import LOOKS
from helpers.statistics import quantiles


class CurveView(View):
    size = (3, 2)

    def build(self):
        self.axes = self.figure.subplots()
        self.axes.set(xlim=(0, 10), ylim=(0, 10))
        self.band = Band(self, self.axes, LOOKS["He"], "He")
        self.drawn = 0

    def move(self, values):
        self.axes.set_title(f"{values.shape[1]} seeds")
        self.band.move(np.arange(len(values)), values)

    def reading(self, values):
        return f"The median ends at {np.median(values[-1]):.1f}."

    def _draw_background(self):
        self.drawn += 1
        super()._draw_background()


def spread(seeds=5):
    return np.linspace(1, 9, 11)[:, np.newaxis] + np.linspace(-0.5, 0.5, seeds)


def decoded(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_the_background_is_drawn_again_only_when_it_changes():
    view = CurveView()
    view.update(spread())
    view.update(spread() / 2)
    assert view.drawn == 1
    view.update(spread(seeds=6))
    assert view.drawn == 2


def test_a_moved_view_draws_what_a_fresh_one_draws():
    moved, fresh = CurveView(), CurveView()
    moved.update(spread() / 2)
    moved.update(spread())
    fresh.update(spread())
    np.testing.assert_array_equal(decoded(moved.png()), decoded(fresh.png()))


def test_the_picture_has_the_size_that_it_is_shown_at_times_the_sharpness():
    view = CurveView()
    view.update(spread())
    data, metadata = view.mimebundle(spread(), view.png())
    assert metadata["image/png"]["width"] == 288
    assert decoded(data["image/png"]).shape[1] == pytest.approx(SHARPNESS * 288, abs=1)
    assert metadata["image/png"]["alt"] == data["text/plain"] == "The median ends at 9.0."


def test_the_band_holds_the_middle_80_percent():
    low, middle, high = quantiles(np.arange(11.0)[np.newaxis])
    assert (low, middle, high) == (1, 5, 9)


def test_nan_counts_as_infinitely_large():
    low, middle, high = quantiles(np.array([[1.0, 2.0, np.nan, 3.0, np.nan]]))
    assert (low, middle, high) == (1, 3, np.inf)


def test_a_curve_stops_where_its_median_is_no_finite_number():
    view = CurveView()
    values = spread()
    values[6:] = np.inf
    view.update(values)
    assert list(view.band.line.get_xdata()) == [0, 1, 2, 3, 4, 5]


def test_a_band_ends_at_the_edge_of_its_axes():
    view = CurveView()
    values = spread()
    values[:, -1] = np.inf
    view.update(values)
    assert view.band.area.get_paths()[0].vertices[:, 1].max() == 10


def test_show_prints_the_reading_below_the_picture(capsys):
    CurveView().show(spread())
    assert capsys.readouterr().out.endswith("The median ends at 9.0.\n")
