"""Views of gains, of what they do to a signal, and of the weights that carry them (notebook 06)."""

import numpy as np

from helpers.activations import ACTIVATIONS
from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, GREEN, GREY, LOOKS, PURPLE, VERMILION, Look
from helpers.lessons.unify_variance_scaling.experiment import DEPTH
from helpers.statistics import quantiles
from helpers.tables import rounded, scale_text

RULE_LOOKS = {
    "exact": Look(VERMILION, "-.", "s"),
    "PyTorch's table": Look(PURPLE, ":", "^"),
    "1, as LeCun": LOOKS["Xavier"],
    "√2, as He": LOOKS["He"],
}
WEIGHT_LOOKS = {
    "normal": LOOKS["normal"],
    "truncated_normal": Look(GREEN, "--", "D"),
    "truncated, uncorrected": Look(PURPLE, ":", "^"),
}
PREDICTION = {"color": BLACK, "linewidth": 1.1, "linestyle": (0, (1, 1.5))}


def layer_axes(axes, limits):
    """Prepare `axes` for E[z²] by layer, with a line at 1."""
    axes.set(xlim=(1, DEPTH), ylim=limits, yscale="log", xticks=[1, 10, 20, DEPTH])
    axes.axhline(1, color=GREY, linewidth=0.8)


def ticks(values):
    """Return the places of an axis's ticks and what is written there."""
    return values, [f"{value:g}" for value in values]


class Course:
    """The second moment of z by layer: a band for what was measured, a dotted line for what was predicted."""

    def __init__(self, view, axes, look, label=None):
        self.band = Band(view, axes, look, label)
        (self.prediction,) = axes.plot([], [], **PREDICTION)
        view.moving(self.prediction)

    def move(self, levels):
        self.band.move(levels.layers, levels.measured)
        self.prediction.set_data(levels.layers, levels.predicted)

    def clear(self):
        self.band.clear()
        self.prediction.set_data([], [])


class Factor:
    """What a layer multiplies E[z²] by, and where that is 1: full where layers lead there, hollow where away."""

    def __init__(self, view, axes, look):
        (line,) = axes.plot([], [], color=look.color, linestyle=look.linestyle)
        (steady,) = axes.plot([], [], linestyle="", marker="o", ms=8, color=look.color)
        (watershed,) = axes.plot([], [], linestyle="", marker="o", ms=8, mfc="white", mec=look.color, mew=1.8)
        self.line, self.steady, self.watershed = (view.moving(artist) for artist in (line, steady, watershed))

    def move(self, levels):
        self.line.set_data(levels.grid, levels.factor)
        for artist, kind in ((self.steady, True), (self.watershed, False)):
            places = [q for q, steady in levels.rests if steady == kind]
            artist.set_data(places, [1] * len(places))

    def clear(self):
        for artist in (self.line, self.steady, self.watershed):
            artist.set_data([], [])


class LevelsView(View):
    """E[z²] by layer on the left, and on the right what one layer does to it, for one network or several rules."""

    size = (7.4, 3.5)
    rules = tuple(RULE_LOOKS)
    limits = (1e-4, 1e4)
    grid_limits = (1e-6, 1e6)
    grid_ticks = (1e-4, 1e-2, 1, 1e2, 1e4)
    factor_limits = (0.05, 20)
    factor_ticks = (0.1, 0.3, 1, 3, 10)

    def build(self):
        self.left, self.right = self.figure.subplots(1, 2, width_ratios=[1.25, 1])
        layer_axes(self.left, self.limits)
        self.left.set(xlabel="layer")
        self.right.set(xlim=self.grid_limits, ylim=self.factor_limits, xscale="log", yscale="log")
        self.right.set(xlabel="E[z²] of a layer", title="the next layer multiplies it by")
        self.right.set_xticks(*ticks(self.grid_ticks))
        self.right.set_yticks(*ticks(self.factor_ticks))
        self.right.axhline(1, color=GREY, linewidth=0.8)
        self.courses = {rule: Course(self, self.left, RULE_LOOKS[rule]) for rule in self.rules}
        self.factors = {rule: Factor(self, self.right, RULE_LOOKS[rule]) for rule in self.rules}
        self.words()

    def words(self):
        """Write what stands in the picture: one moving line, and what the dots mean."""
        low, high = self.limits
        self.text = self.moving(self.left.text(2, high / 2.5, "", va="center", fontsize=9.5, color=BLACK))
        self.left.text(2, low * 2.5, "dotted: predicted", va="center", fontsize=9.5, color=GREY)
        note = "dot: layers lead here\nring: layers lead away"
        self.right.text(1.6e-6, 0.06, note, va="bottom", fontsize=9.5, color=GREY)

    def move(self, levels):
        for artist in (*self.courses.values(), *self.factors.values()):
            artist.clear()
        self.left.set_title(f"E[z²] in {levels.seeds} networks")
        self.courses[levels.rule].move(levels)
        self.factors[levels.rule].move(levels)
        self.text.set_text(f"{levels.activation}, gain {levels.gain:.3g}, width {levels.width}")

    def reading(self, levels):
        ends = [*quantiles(levels.measured[-1]), levels.predicted[-1]]
        low, middle, high, predicted = (scale_text(end) for end in ends)
        return (
            f"{levels.activation}, gain {levels.gain:.3g}, {levels.weights}, width {levels.width}: "
            f"E[z²] at layer {levels.layers[-1]} is "
            f"{middle} in the median network, {low} to {high} in the middle 80 %; predicted {predicted}."
        )


class RulesView(LevelsView):
    """One activation under several rules for its gain, drawn over each other."""

    rules = ("1, as LeCun", "exact", "PyTorch's table")
    limits = (0.1, 2)
    grid_limits = (0.1, 10)
    grid_ticks = (0.1, 0.3, 1, 3, 10)
    factor_limits = (0.2, 3)
    factor_ticks = (0.2, 0.5, 1, 2)

    def words(self):
        self.left.set_yticks(*ticks((0.1, 0.2, 0.5, 1, 2)))
        lines = [course.band.line for course in self.courses.values()]
        self.left.legend(lines, self.rules, loc="lower right", handlelength=3)

    def move(self, many):
        self.left.set_title(f"E[z²] in {many[0].seeds} networks")
        for levels in many:
            self.courses[levels.rule].move(levels)
            self.factors[levels.rule].move(levels)

    def reading(self, many):
        ends = ", ".join(f"{rounded(np.median(levels.measured[-1]))} ({levels.rule})" for levels in many)
        return f"{many[0].activation}: E[z²] of the median network at layer {many[0].layers[-1]}: {ends}."


class NineView(View):
    """Nine activations, each under three rules for its gain. What leaves a panel above or below goes on outside."""

    size = (7.4, 5.4)
    limits = (1e-3, 1e3)  # so that a slow fade shows
    rules = ("1, as LeCun", "√2, as He", "exact")

    def build(self):
        panels = self.figure.subplots(3, 3, sharex=True, sharey=True)
        self.courses = {}
        for axes, name in zip(panels.flat, ACTIVATIONS, strict=True):
            layer_axes(axes, self.limits)
            axes.set_yticks((1e-3, 1, 1e3))
            axes.set_title(name, fontsize=10)
            self.courses[name] = {rule: Band(self, axes, RULE_LOOKS[rule]) for rule in self.rules}
        for axes in panels[:, 0]:
            axes.set_ylabel("E[z²]")
        for axes in panels[-1]:
            axes.set_xlabel("layer")
        lines = [band.line for band in self.courses["linear"].values()]
        self.figure.legend(lines, self.rules, loc="outside lower center", ncols=3, handlelength=3)

    def move(self, many):
        for levels in many:
            self.courses[levels.activation][levels.rule].move(levels.layers, levels.measured)

    def reading(self, many):
        parts = []
        for rule in self.rules:
            ends = {levels.activation: np.median(levels.measured[-1]) for levels in many if levels.rule == rule}
            kept = [name for name, end in ends.items() if 0.1 < end < 10]
            parts.append(f"gain {rule}: {', '.join(kept) or 'none'}")
        return f"E[z²] of the median network within a factor of 10 of 1 at layer {DEPTH}, {'; '.join(parts)}."


class WeightsView(View):
    """Weights with and without tails: how they are distributed, and what 30 ReLU layers make of them."""

    size = (7.4, 3.4)

    def build(self):
        left, right = self.figure.subplots(1, 2)
        self.left = left
        left.set(ylim=(0, 0.5), yticks=[], xlabel="weight / σ asked for", title="the weights")
        left.grid(False)
        layer_axes(right, (1e-4, 10))
        right.set(xlabel="layer", title="E[z²], ReLU at its exact gain")
        start = ([0.0], [-4.0, 4.0])
        self.areas, self.outlines = {}, {}
        for kind, look in WEIGHT_LOOKS.items():
            self.areas[kind] = self.moving(left.stairs(*start, baseline=[0.0], fill=True, color=look.color, alpha=0.25))
            outline = left.stairs(*start, baseline=None, color=look.color, linestyle=look.linestyle, linewidth=1.6)
            self.outlines[kind] = self.moving(outline)
        self.courses = {kind: Course(self, right, look) for kind, look in WEIGHT_LOOKS.items()}
        names = ["normal", "truncated, corrected", "truncated, uncorrected"]
        lines = [course.band.line for course in self.courses.values()]
        self.figure.legend(lines, names, loc="outside lower center", ncols=3, handlelength=3)

    def move(self, pairs):
        """Show a list of (WeightShapes, Levels), one for each kind of weights."""
        edges = pairs[0][0].edges
        self.left.set_xlim(edges[0], edges[-1])
        for shapes, levels in pairs:
            low, middle, high = quantiles(shapes.density)
            self.areas[shapes.weights].set_data(high, shapes.edges, low)
            self.outlines[shapes.weights].set_data(middle, shapes.edges)
            self.courses[levels.weights].move(levels)

    def reading(self, pairs):
        ends = ", ".join(f"{scale_text(np.median(levels.measured[-1]))} ({levels.weights})" for _, levels in pairs)
        return f"E[z²] of the median ReLU network at layer {DEPTH}: {ends}."
