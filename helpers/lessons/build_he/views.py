"""Views of ReLU networks: their signals, their trainings, and those that are born dead (notebook 05)."""

import math

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREEN, GREY, LOOKS, ORANGE, PURPLE, VERMILION, Look
from helpers.lessons.build_he.experiment import (
    DEEPEST_DEAD_UNITS,
    DIGITS_SEEN,
    FANNED,
    H_BINS,
    SIZE_LAYERS,
    Training,
    kept_by_leak,
)
from helpers.statistics import quantiles, wilson_intervals
from helpers.tables import rounded

DOTTED_LINE = {"linewidth": 1, "linestyle": DOTTED}
WIDTH_LOOKS = [
    Look(VERMILION, "-", "o"),
    Look(ORANGE, "--", "s"),
    Look(GREEN, "-.", "^"),
    Look(BLUE, "-", "D"),
    Look(PURPLE, "--", "v"),
]


class DecayView(View):
    """E[h²] by layer from three starts on the left, what leaky ReLUs keep of E[z²] on the right."""

    size = (7.4, 3.5)

    def build(self):
        left, right = self.figure.subplots(1, 2, width_ratios=[1.25, 1])
        self.left = left
        left.set(ylim=(1e-28, 1e4), yscale="log", xlabel="layer", ylabel="E[h²]")
        left.set_yticks([1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1])
        left.set_title("ReLU: dotted is predicted")
        self.bands = {start: Band(self, left, LOOKS[start], start) for start in FANNED}
        self.predicted = {start: self.moving(left.plot([], [], color=BLACK, **DOTTED_LINE)[0]) for start in FANNED}
        left.legend(handles=[band.line for band in self.bands.values()], loc="lower left", handlelength=3)
        right.set(xlim=(-1.05, 1.05), ylim=(0, 1.08), xlabel="slope s below zero", ylabel="E[f(z)²] / E[z²]")
        right.set_title("leaky ReLU")
        slopes = np.linspace(-1, 1, 101)
        right.plot(slopes, kept_by_leak(slopes), color=BLACK, **DOTTED_LINE)
        right.text(0, 0.36, "dotted: (1 + s²) / 2", ha="center", fontsize=9.5, color=GREY)
        right.text(0, 0.58, "ReLU", ha="center", fontsize=9.5, color=GREY)
        look = LOOKS["leaky_relu"]
        self.leak = Band(self, right, Look(look.color, "", look.marker))
        self.leak.line.set_markevery(1)

    def move(self, shown):
        """Show a list of Decays and a Leak."""
        decays, leak = shown
        self.left.set_xlim(0, decays[0].layers[-1])
        for decay in decays:
            self.bands[decay.start].move(decay.layers, decay.square)
            self.predicted[decay.start].set_data(decay.layers, decay.predicted)
        self.leak.move(leak.slopes, leak.kept)

    def reading(self, shown):
        decays, leak = shown
        ends = ", ".join(f"{decay.start} {rounded(np.median(decay.square[-1]), 1)}" for decay in decays)
        off = np.abs(leak.kept.mean(axis=1) / leak.predicted - 1).max()
        return (
            f"E[h²] at layer {decays[0].layers[-1]}, median of {decays[0].square.shape[1]}: {ends}; the leaky "
            f"formula is met within {math.ceil(100 * off)} % at each of {len(leak.slopes)} slopes."
        )


class SizesView(View):
    """How large the values of h are in four layers, a panel for each of two starts."""

    size = (7.4, 3.1)
    starts = ("Xavier", "He")

    def build(self):
        self.panels = self.figure.subplots(1, 2, sharey=True)
        self.hills, self.words = {}, {}
        for axes, start in zip(self.panels, self.starts, strict=True):
            axes.set(xlim=10 ** H_BINS[[0, -1]], xscale="log", xlabel="h, where it is not 0")
            axes.set(ylim=(0.4, len(SIZE_LAYERS) + 1.05), title=start)
            axes.set_xticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
            axes.grid(False)
            color = LOOKS[start].color
            spread = self.moving(PolyCollection([], facecolor=color, alpha=0.35, linewidth=0))
            outline = self.moving(LineCollection([], color=color, linewidth=1.4))
            for artist in (spread, outline):
                axes.add_collection(artist, autolim=False)
            self.hills[start] = spread, outline
            floors = range(1, len(SIZE_LAYERS) + 1)
            self.words[start] = [
                self.moving(axes.text(1.5e-8, floor + 0.3, "", va="center", fontsize=9.5, color=GREY))
                for floor in floors
            ]
        self.panels[0].set_yticks(range(1, len(SIZE_LAYERS) + 1), [f"layer {layer}" for layer in SIZE_LAYERS])

    def move(self, two):
        """Show a list of the Sizes of two starts; the tallest bin of each hill has the same height."""
        centres = 10 ** ((H_BINS[:-1] + H_BINS[1:]) / 2)
        floors = np.arange(1, len(SIZE_LAYERS) + 1)[:, np.newaxis]
        for sizes in two:
            ridges = quantiles(np.swapaxes(sizes.shares, 1, 2))
            tallest = ridges[2].max(axis=1, keepdims=True)
            low, middle, high = (floors + 0.85 * ridge / tallest for ridge in ridges)
            spread, outline = self.hills[sizes.start]
            outline.set_segments([np.column_stack([centres, ridge]) for ridge in middle])
            spread.set_verts(
                [
                    np.concatenate([np.column_stack([centres, top]), np.column_stack([centres, bottom])[::-1]])
                    for top, bottom in zip(high, low, strict=True)
                ]
            )
            for text, zeros in zip(self.words[sizes.start], np.median(sizes.zeros, axis=1), strict=True):
                text.set_text(f"{zeros:.0%} are 0")

    def reading(self, two):
        parts = "; ".join(
            f"{sizes.start}, {', '.join(rounded(size, 1) for size in sizes.middle)} "
            f"({np.median(sizes.zeros[-1]):.0%} are 0 in the last)"
            for sizes in two
        )
        layers = ", ".join(map(str, SIZE_LAYERS))
        return f"The median size of the values that are not 0, in layers {layers}: {parts}."


class InsideView(View):
    """The scale of h in four layers while networks train, a panel for each of two starts."""

    size = (7.4, 3.3)
    starts = ("Xavier", "He")

    def build(self):
        self.panels = self.figure.subplots(1, 2, sharey=True)
        self.bands = {}
        for axes, start in zip(self.panels, self.starts, strict=True):
            axes.set(ylim=(1e-6, 30), yscale="log", xlabel="step", title=f"{start}, while it trains")
            axes.set_yticks([1e-6, 1e-4, 1e-2, 1])
            self.bands[start] = [Band(self, axes, look, "") for look in INSIDE_LOOKS]
        self.panels[0].set_ylabel("scale of h")
        handles = [band.line for band in self.bands["He"]]
        self.legend = self.figure.legend(handles, [""] * 4, loc="outside lower center", ncols=4, handlelength=3)

    def move(self, two):
        """Show a list of the Trainings of two starts of one depth."""
        layers = inside_layers(two[0])
        for text, layer in zip(self.legend.get_texts(), layers, strict=True):
            text.set_text(f"layer {layer}")
        for axes, training in zip(self.panels, two, strict=True):
            axes.set_xlim(0, training.steps[-1])
            for band, layer in zip(self.bands[training.start], layers, strict=True):
                band.move(training.steps, training.scale[:, layer - 1])

    def reading(self, two):
        parts = "; ".join(
            f"{training.start}, "
            + ", ".join(
                f"{rounded(first, 1)} → {rounded(last, 1)}"
                for first, last in (
                    np.median(training.scale[[0, -1], layer - 1], axis=1) for layer in inside_layers(training)
                )
            )
            for training in two
        )
        layers = ", ".join(map(str, inside_layers(two[0])))
        return f"The scale of h in layers {layers}, from step 0 to step {two[0].steps[-1]}: {parts}."


INSIDE_LOOKS = [Look(BLACK, "-", "o"), Look(ORANGE, "--", "s"), Look(PURPLE, "-.", "^"), Look(BLUE, ":", "D")]


def inside_layers(training):
    """Return four hidden layers from the first to the last, evenly spread."""
    return np.linspace(1, training.layers - 1, 4).round().astype(int)


class TrainingsView(View):
    """Losses of Xavier and He, a panel for each of two depths."""

    size = (7.4, 3.3)

    def build(self):
        self.panels = self.figure.subplots(1, 2, sharey=True)
        for axes in self.panels:
            axes.set(ylim=(0, 2), xlabel="step")
            axes.axhline(Training.guessing, color=BLACK, **DOTTED_LINE)
        self.panels[0].set_ylabel("loss [nats]")
        self.panels[1].text(
            0.99,
            Training.guessing + 0.04,
            "guessing: log 3",
            ha="right",
            fontsize=9.5,
            color=GREY,
            transform=self.panels[1].get_yaxis_transform(),
        )
        starts = ("Xavier", "He")
        self.bands = [{start: Band(self, axes, LOOKS[start], start) for start in starts} for axes in self.panels]
        self.panels[0].legend(handles=[band.line for band in self.bands[0].values()], loc="upper right", handlelength=3)

    def move(self, trainings):
        """Show a list of Trainings of two depths."""
        depths = sorted({training.layers for training in trainings})
        for axes, layers in zip(self.panels, depths, strict=True):
            axes.set_title(f"{layers} layers")
            axes.set_xlim(0, trainings[0].steps[-1])
        for training in trainings:
            self.bands[depths.index(training.layers)][training.start].move(training.steps, training.loss)

    def reading(self, trainings):
        parts = ", ".join(
            f"{training.start} with {training.layers} layers {training.learned.sum()}" for training in trainings
        )
        return f"How many of {len(trainings[0].learned)} networks got below half of guessing: {parts}."


class BornView(View):
    """Share of networks that are born dead, by depth and width: to one input on the left, to all on the right."""

    size = (7.4, 3.7)

    def build(self):
        self.panels = panels = self.figure.subplots(1, 2, sharey=True)
        panels[0].set_title("answers 0 to one input")
        panels[1].set_title("answers 0 to every input: dead")
        self.curves = []
        for axes in panels:
            axes.set(ylim=(0, 1.02), xlabel="layers")
            self.curves.append([Share(self, axes, look) for look in WIDTH_LOOKS])
        panels[0].set_ylabel("share of networks")
        handles = [curve.line for curve in self.curves[0]]
        self.legend = self.figure.legend(
            handles, [""] * len(handles), loc="outside lower center", ncols=len(handles), handlelength=3
        )

    def move(self, born):
        for axes in self.panels:
            axes.set_xlim(1, born.layers[-1])
        for text, width in zip(self.legend.get_texts(), born.widths, strict=True):
            text.set_text(f"{width} wide")
        for curves, counts in zip(self.curves, (born.dead_for_one, born.dead_for_all), strict=True):
            for curve, count, bound in zip(curves, counts, born.bound, strict=True):
                curve.move(born.layers, count, born.networks, bound)

    def reading(self, born):
        half = len(born.layers) // 2
        shares = ", ".join(
            f"{width} wide {rounded(count[half - 1] / born.networks)} (bound {rounded(bound[half - 1])})"
            for width, count, bound in zip(born.widths, born.dead_for_all, born.bound, strict=True)
        )
        return f"Share of {born.networks} networks that are dead at layer {half}: {shares}."


class Share:
    """A measured share with its 95 % interval, and dotted the probability that it is compared with."""

    def __init__(self, view, axes, look):
        self.area = view.moving(PolyCollection([], facecolor=look.color, alpha=0.3, linewidth=0))
        axes.add_collection(self.area, autolim=False)
        self.line = view.moving(
            axes.plot([], [], color=look.color, linestyle=look.linestyle, marker=look.marker, markevery=8)[0]
        )
        self.bound = view.moving(axes.plot([], [], color=BLACK, **DOTTED_LINE)[0])

    def move(self, layers, count, trials, bound):
        self.line.set_data(layers, count / trials)
        self.bound.set_data(layers, bound)
        low, high = wilson_intervals(count, trials)
        there, back = np.column_stack([layers, low]), np.column_stack([layers, high])
        self.area.set_verts([np.concatenate([there, back[::-1]])])


class DeadUnitsView(View):
    """The scale of z by layer on the left, the share of dead units on the right."""

    size = (7.4, 2.75)

    def build(self):
        left, right = self.figure.subplots(1, 2)
        left.set(
            xlim=(1, DEEPEST_DEAD_UNITS), ylim=(1e-22, 1e25), yscale="log", xlabel="layer", ylabel="root mean square"
        )
        left.set_yticks([1e-20, 1e-10, 1, 1e10, 1e20])
        left.set_title("scale of z")
        right.set(xlim=(1, DEEPEST_DEAD_UNITS), ylim=(0, 1.12), xlabel="layer", ylabel="share of the layer")
        right.set_yticks([0, 0.25, 0.5, 0.75, 1])
        right.set_title(f"units with z ≤ 0 for all {DIGITS_SEEN} digits")
        self.scale = Band(self, left, LOOKS["relu"], marked=False)
        self.dead = Band(self, right, Look(VERMILION, "-", "o"), marked=False)
        self.words = [
            self.moving(axes.text(3, y, "", va="center", fontsize=9.5)) for axes, y in ((left, 1e22), (right, 1.06))
        ]

    def move(self, units):
        self.scale.move(units.layers, units.scale)
        self.dead.move(units.layers, units.dead)
        last = rounded(np.median(units.scale[-1]), 1)
        self.words[0].set_text(f"median at layer {units.layers[-1]}: {last}")
        self.words[1].set_text(constant_networks(units))

    def reading(self, units):
        share = np.median(units.dead[-1])
        return (
            f"Variance {units.variance:g} / fan_in, slope {units.slope:g}, width {units.width}: at layer "
            f"{units.layers[-1]} the median scale of z is {rounded(np.median(units.scale[-1]), 1)} and the median "
            f"share of silent units {rounded(share)}; {constant_networks(units)}."
        )


def constant_networks(units):
    """Tell how many of the networks answer 0 to every digit."""
    return f"{units.constant.sum()} of {len(units.constant)} networks are dead"
