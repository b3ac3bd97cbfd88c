"""What every figure keeps: text that is large enough to read, and no meaning that only a colour carries."""

import dataclasses
import functools
import json
import re
from itertools import combinations

import numpy as np
import pytest
from coloraide import Color
from matplotlib.cbook import is_math_text
from matplotlib.colors import to_hex
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text

from helpers.figures.style import BLUE, ORANGE
from tests.support.views import VIEWS, drawn
from tools.course.places import NOTEBOOKS

drawn = functools.cache(drawn)  # each is looked at by several tests
each_view = pytest.mark.parametrize("name", VIEWS)


def test_every_view_that_a_notebook_draws_is_tested_here():
    used = set()
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        used |= {f"{path.stem[3:]}.{name}" for name in re.findall(r"\bviews\.(\w+View)\b", code)}
    assert used == set(VIEWS)


# Text

SMALLEST = 9  # points
POINTS_A_CSS_PIXEL = 0.75
POINTS_AN_INCH = 72


def texts(view):
    return [text for text in view.figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def smallest_size(text):
    """Return the size in points of a text's smallest letter; an exponent is smaller than what it stands on."""
    if text.get_parse_math() and is_math_text(text.get_text()):
        glyphs = MathTextParser("path").parse(text.get_text(), 72, text.get_fontproperties()).glyphs
        return min(size for _, size, *_ in glyphs)
    return text.get_size()


@each_view
def test_text_has_at_least_nine_points_where_it_is_read(name):
    view, result = drawn(name)
    _, metadata = view.mimebundle(result, view.png())
    shown = metadata["image/png"]["width"] * POINTS_A_CSS_PIXEL / (view.figure.get_figwidth() * POINTS_AN_INCH)
    sizes = {text.get_text(): smallest_size(text) * shown for text in texts(view)}
    assert len(sizes) >= 3
    assert {words: size for words, size in sizes.items() if size < SMALLEST - 0.01} == {}


@each_view
def test_nothing_is_cut_off(name):
    view, _ = drawn(name)
    edges, renderer = view.figure.bbox.padded(1), view.canvas.get_renderer()
    moving = [text.get_window_extent(renderer) for text in texts(view) if text.get_animated()]
    still = view.figure.get_tightbbox(renderer).transformed(view.figure.dpi_scale_trans)
    for box in [still, *moving]:
        assert edges.x0 <= box.x0 <= box.x1 <= edges.x1
        assert edges.y0 <= box.y0 <= box.y1 <= edges.y1


# Colours

# Machado et al. (2009) at full severity; for tritanopia, which theirs is not made for, Brettel et al. (1997).
SIMULATIONS = {"protan": "machado", "deutan": "machado", "tritan": "brettel"}
FAR_ENOUGH = 7  # CIEDE2000; side by side, about 2 is just noticeable

# Where lines or dots of one look differ in nothing but colour, their place tells what they are.
TOLD_BY_PLACE = {
    "compare_convergence.ContestsView": "the dots are in the row that has the start's name",
    "compare_convergence.CornersView": "an interval stands behind its start's marker",
    "unify_variance_scaling.RulesView": "a dot lies on the curve of its rule",
}


@functools.cache
def as_seen(color, kind):
    return Color(color).filter(kind, method=SIMULATIONS[kind])


@functools.cache
def difference(one, other):
    """Return how far apart two colours are for the kind of colour blindness that they are closest for."""
    return min(as_seen(one, kind).delta_e(as_seen(other, kind), method="2000") for kind in SIMULATIONS)


def lines(axes):
    return [line for line in axes.get_lines() if line.get_visible() and len(line.get_xdata())]


def color_of(line):
    dots_only = line.get_linestyle() in ("None", "")
    return to_hex(line.get_markerfacecolor() if dots_only else line.get_color())


def look_without_color(line):
    return line.get_linestyle(), line._unscaled_dash_pattern, line.get_marker(), line.get_linewidth()


def pairs_of_colors(name):
    """Return the pairs of lines in one axes of a View that have different colours."""
    view, _ = drawn(name)
    pairs = [pair for axes in view.figure.axes for pair in combinations(lines(axes), 2)]
    return [(one, other) for one, other in pairs if color_of(one) != color_of(other)]


@each_view
def test_colours_differ_in_every_kind_of_colour_blindness(name):
    for one, other in pairs_of_colors(name):
        assert difference(color_of(one), color_of(other)) >= FAR_ENOUGH, (color_of(one), color_of(other))


@each_view
def test_colour_never_carries_a_meaning_alone(name):
    alike = [
        (color_of(one), color_of(other))
        for one, other in pairs_of_colors(name)
        if look_without_color(one) == look_without_color(other)
    ]
    assert bool(alike) == (name in TOLD_BY_PLACE), alike


def test_maps_go_from_blue_to_orange_which_nobody_confuses():
    assert difference(BLUE, ORANGE) > 40
    view, _ = drawn("start_here.RaceView")
    first, second = view.plane.points
    assert first.get_marker() != second.get_marker()


def test_red_and_green_of_one_lightness_would_be_found():
    assert difference("#b05000", "#708000") < FAR_ENOUGH < difference("#0072b2", "#e69f00")


# Numbers


def sizes(result):
    """Return all lengths of the arrays in a result, however deep they are."""
    if isinstance(result, np.ndarray):
        return set(result.shape)
    if isinstance(result, (list, tuple)):
        return {size for part in result for size in sizes(part)}
    if dataclasses.is_dataclass(result):
        return {size for field in dataclasses.fields(result) for size in sizes(getattr(result, field.name))}
    return set()


@each_view
def test_the_number_of_seeds_in_a_picture_is_the_results(name):
    view, result = drawn(name)
    told = " | ".join(text.get_text() for text in texts(view))
    for count in re.findall(r"(\d+) (?:seeds|networks)", told):
        assert int(count) in sizes(result), told


def test_the_number_of_seeds_is_looked_for():
    told = [" ".join(text.get_text() for text in texts(drawn(name)[0])) for name in VIEWS]
    assert sum(bool(re.search(r"\d+ (seeds|networks)", text)) for text in told) >= 6
