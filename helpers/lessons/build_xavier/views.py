"""Views of signals and gradients in networks as they start (notebook 04)."""

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREEN, GREY, ORANGE, PURPLE, VERMILION, Look
from helpers.lessons.build_xavier.experiment import DEEPEST_LAYERS, GRADIENT_BINS, PAPER_DEPTH, SIGNAL_BINS, SIZE_BINS
from helpers.statistics import quantiles
from helpers.tables import rounded

LAYER_LOOKS = [
    Look(ORANGE, "-", "o"),
    Look(VERMILION, "--", "s"),
    Look(PURPLE, "-.", "^"),
    Look(BLUE, (0, (5, 1.5)), "D"),
    Look(BLACK, ":", "v"),
]
QUANTITY_LOOKS = {
    "signal h": Look(BLUE, "-", "o"),
    "delta δ": Look(VERMILION, "--", "s"),
    "weight gradient ∂L/∂W": Look(GREEN, "-.", "D"),
}
LOWEST, HIGHEST = 10 ** SIZE_BINS[[0, -1]]  # of sizes and scales in LayersView


class ThreeScalesView(View):
    """The scales of the paper's network by layer: which fade, and on which way."""

    size = (7.4, 3.1)

    def build(self):
        self.axes = axes = self.figure.subplots()
        axes.set(xlim=(-0.2, PAPER_DEPTH + 1.9), ylim=(0.02, 2), yscale="log", xlabel="layer")
        axes.set_ylabel("scale, relative to its start")
        axes.set_xticks(range(PAPER_DEPTH + 1))
        axes.set_yticks([0.1, 1])
        self.bands = layer_bands(self, axes)
        self.words = {
            name: self.moving(axes.text(0, 0, "", va="center", fontsize=10.5, color=look.color))
            for name, look in QUANTITY_LOOKS.items()
        }

    def move(self, layers):
        self.axes.set_title(f"{layers.start} start, {layers.activation}, {layer_text(layers)} units")
        move_layer_bands(self.bands, layers)
        up, down, product = (np.median(scales, axis=1) for scales in layers.relative.values())
        last = layers.depth
        places = [(last + 0.15, up[-1]), (0.1, 0.5 * down[0]), (last + 0.15, product[-1])]
        texts = [
            f"signal h, going up:\n{rounded(up[-1])} is left",
            f"delta δ, coming down:\n{rounded(down[0])} is left",
            f"weight gradient ∂L/∂W:\nstill {rounded(product[0])} in layer 1",
        ]
        for text, place, words in zip(self.words.values(), places, texts, strict=True):
            text.set_position(place)
            text.set_text(words)

    def reading(self, layers):
        return scales_text(layers)


class LayersView(View):
    """One start: how large the values of h are in each layer, and beside it the three scales by layer."""

    size = (7.4, 3.3)

    def build(self):
        left, right = self.figure.subplots(1, 2, width_ratios=[1, 1.25])
        left.set(xlim=(LOWEST, HIGHEST), xscale="log", xlabel="|h|, the size of a value")
        left.set(ylim=(0.7, DEEPEST_LAYERS + 1.1), ylabel="layer")
        left.set_xticks([1e-6, 1e-4, 1e-2, 1, 100])
        left.set_yticks(range(1, DEEPEST_LAYERS + 1))
        left.set_title("how large h is")
        left.grid(False)
        self.spreads = self.moving(PolyCollection([], facecolor=BLUE, alpha=0.3, linewidth=0))
        self.outlines = self.moving(LineCollection([], color=BLUE, linewidth=1.3))
        for artist in (self.spreads, self.outlines):
            left.add_collection(artist, autolim=False)
        right.set(xlim=(-0.2, DEEPEST_LAYERS + 0.2), ylim=(LOWEST, HIGHEST), yscale="log", xlabel="layer")
        right.set_xticks(range(DEEPEST_LAYERS + 1))
        right.set_title("scale, relative to its start")
        right.axhline(1, color=GREY, linewidth=1, linestyle=DOTTED)
        self.bands = layer_bands(self, right)
        handles = [band.line for band in self.bands.values()]
        self.figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=3)

    def move(self, layers):
        self._move_ridges(layers)
        move_layer_bands(self.bands, layers)

    def _move_ridges(self, layers):
        """Draw each layer's histogram on the layer's line, its tallest bin with the height of nearly one layer."""
        ridges = quantiles(np.swapaxes(layers.size_shares, 1, 2))
        tallest = ridges[2].max(axis=1, keepdims=True)
        floors = np.arange(1, layers.depth + 1)[:, np.newaxis]
        low, middle, high = (floors + 0.9 * ridge / np.where(tallest > 0, tallest, 1) for ridge in ridges)
        centres = 10 ** middles(SIZE_BINS)
        self.outlines.set_segments([np.column_stack([centres, ridge]) for ridge in middle])
        self.spreads.set_verts(
            [
                np.concatenate([np.column_stack([centres, top]), np.column_stack([centres, bottom])[::-1]])
                for top, bottom in zip(high, low, strict=True)
            ]
        )

    def reading(self, layers):
        return scales_text(layers)


class PaperView(View):
    """Two starts of the paper's network, one a row: histograms of signals, deltas and weight gradients by layer."""

    size = (7.4, 4.9)
    columns = ("signal h", "delta δ", "weight gradient ∂L/∂W")

    def build(self):
        self.panels = self.figure.subplots(2, 3, sharex="col", sharey="col")
        self.bands = []
        for row in self.panels:
            for axes, column in zip(row, self.columns, strict=True):
                edges = SIGNAL_BINS if column == "signal h" else GRADIENT_BINS
                axes.set(yticks=[], xlim=(edges[0], edges[-1]))
                axes.grid(False)
            self.bands.append([[Band(self, axes, look, marked=False) for look in LAYER_LOOKS] for axes in row])
        for axes, column in zip(self.panels[0], self.columns, strict=True):
            axes.set_title(column)
        self.panels[1, 0].set_xlabel("h")
        for axes in self.panels[1, 1:]:
            axes.set_xlabel(f"in units of layer {PAPER_DEPTH}'s scale")
        self.figure.legend(
            handles=[band.line for band in self.bands[0][0]],
            labels=[f"layer {layer}" for layer in range(1, PAPER_DEPTH + 1)],
            loc="outside lower center",
            ncols=PAPER_DEPTH,
            handlelength=3,
        )

    def move(self, two):
        """Show a list of two Layers of five hidden layers."""
        tallest = np.max([[shares.max() for shares in shares_by_column(layers)] for layers in two], axis=0)
        for place, layers in enumerate(two):
            self.panels[place, 0].set_ylabel(f"{layers.start}\nshare of values")
            for column, shares in enumerate(shares_by_column(layers)):
                self.panels[place, column].set_ylim(0, 1.05 * tallest[column])
                edges = SIGNAL_BINS if column == 0 else GRADIENT_BINS
                for band, of_layer in zip(self.bands[place][column], shares, strict=True):
                    band.move(middles(edges), of_layer.T)

    def reading(self, two):
        return (
            "; ".join(
                f"{layers.start}, layer 1 over layer {layers.depth}: h {rounded(ratio(layers.signal[1:]))}, "
                f"δ {rounded(ratio(layers.delta))}, ∂L/∂W {rounded(ratio(layers.weight_gradient))}"
                for layers in two
            )
            + "."
        )


class TanhDecayView(View):
    """The variance of h over 100 tanh layers, with the law 1/(2 l)."""

    size = (7.4, 3.3)

    def build(self):
        axes = self.figure.subplots()
        self.axes = axes
        axes.set(ylim=(2e-3, 1), xscale="log", yscale="log", xlabel="layer l", ylabel="E[h²]")
        axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        self.band = Band(self, axes, Look(BLUE, "-", "o"), "measured", marked=False)
        self.expected = self.moving(axes.plot([], [], color=BLACK, linestyle="--", label="infinitely many units")[0])
        self.law = self.moving(axes.plot([], [], color=VERMILION, linestyle=":", linewidth=2.4, label="1/(2 l)")[0])
        axes.legend(handles=[self.band.line, self.expected, self.law], loc="upper right", handlelength=3)

    def move(self, decay):
        self.axes.set_xlim(1, decay.layers[-1])
        self.axes.set_title(f"Xavier and tanh, {decay.measured.shape[1]} seeds: median, and the middle 80 %")
        self.band.move(decay.layers, decay.measured)
        self.expected.set_data(decay.layers, decay.expected)
        self.law.set_data(decay.layers, decay.law)

    def reading(self, decay):
        rows = [9, len(decay.layers) - 1]
        parts = ", ".join(
            f"{rounded(np.median(decay.measured[row]), 1)} at layer {decay.layers[row]} (1/(2 l) says "
            f"{rounded(decay.law[row], 1)})"
            for row in rows
        )
        return f"The median variance of h is {parts}."


def layer_bands(view, axes):
    """Return a Band of `view` on `axes` for each of the three scales, with a marker at every layer."""
    bands = {name: Band(view, axes, look, name) for name, look in QUANTITY_LOOKS.items()}
    for band in bands.values():
        band.line.set_markevery(1)
    return bands


def move_layer_bands(bands, layers):
    """Move the layer_bands to the scales of `layers`."""
    for name, scales in layers.relative.items():
        bands[name].move(np.arange(layers.depth + 1)[-len(scales) :], scales)


def scales_text(layers):
    """Tell by what the three scales are multiplied on their ways."""
    signal, delta, gradient = (np.median(values, axis=1) for values in layers.relative.values())
    return (
        f"{layers.start}, {layers.activation}, {layer_text(layers)} units: "
        f"from the input to layer {layers.depth} the scale of h is multiplied by {rounded(signal[-1])}; from layer "
        f"{layers.depth} back to layer 1 that of δ by {rounded(delta[0])}, that of ∂L/∂W by {rounded(gradient[0])}."
    )


def shares_by_column(layers):
    """Return the three arrays of histograms in the order of PaperView's columns."""
    return layers.signal_shares, layers.delta_shares, layers.weight_gradient_shares


def middles(edges):
    """Return the middle of each bin."""
    return (edges[:-1] + edges[1:]) / 2


def ratio(scales):
    """Return the median over the networks of layer 1's scale over the last layer's."""
    return np.median(scales[0] / scales[-1])


def layer_text(layers):
    """Write how many layers there are, and how wide: "5 hidden layers of 64", or "1 hidden layer of 16 to 128"."""
    first, last = layers.widths[0], layers.widths[-1]
    count = "1 hidden layer" if layers.depth == 1 else f"{layers.depth} hidden layers"
    return f"{count} of {first}" if first == last else f"{count} of {first} to {last}"
