"""Views of signals and gradients on their way through many layers (notebook 03)."""

import numpy as np

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREY, LOOKS, VERMILION, Look
from helpers.lessons.watch_signals_vanish.experiment import DEEPEST_SIGNALS, FIVE, FLOAT32_MAX, FLOAT32_MIN
from helpers.tables import rounded

BEYOND_FLOAT32 = "#ececec"  # where float32 ends
MATRIX_LOOKS = {"fresh": Look(BLUE, "-", "P"), "reused": Look(VERMILION, "--", "X")}


def activation_bands(view, axes):
    """Return a Band for each activation; their markers alternate, so that curves that coincide can be told apart."""
    bands = {name: Band(view, axes, LOOKS[name], name) for name in FIVE}
    for number, band in enumerate(bands.values()):
        band.line.set_markevery((4 * number, 20))
    return bands


def scale_axes(axes, limits, ticks=(1e-40, 1e-20, 1e0, 1e20)):
    """Prepare `axes` for scales by layer; what lies beyond float32 is shaded, where the limits reach so far."""
    low, high = limits
    axes.set(xlim=(0, DEEPEST_SIGNALS), ylim=limits, yscale="log")
    axes.set_yticks(ticks)
    if low < FLOAT32_MIN:
        axes.axhspan(FLOAT32_MAX, high, color=BEYOND_FLOAT32, linewidth=0)
        axes.axhspan(low, FLOAT32_MIN, color=BEYOND_FLOAT32, linewidth=0)


class SignalView(View):
    """One kind of network: the scale of its signal on the left, of its gradient on the right."""

    size = (7.4, 3.5)

    def build(self):
        left, right = self.figure.subplots(1, 2, sharey=True)
        left.set_title("forward → scale of the signal h")
        right.set_title("backward ← scale of the gradient δ")
        for axes in (left, right):
            scale_axes(axes, (1e-60, 1e60))
            axes.set_xlabel("layer")
            for y, words in ((1e43, "beyond float32: inf"), (1e-53, "below float32: 0")):
                axes.text(98, y, words, ha="right", va="center", fontsize=9.5, color=GREY)
        left.set_ylabel("root mean square")
        self.forward = activation_bands(self, left)
        self.backward = activation_bands(self, right)
        self.words = [
            self.moving(axes.text(2, 1e54, "", va="center", fontsize=9.5, color=BLACK)) for axes in (left, right)
        ]

    def move(self, signals):
        for name in FIVE:
            if name == signals.activation:
                self.forward[name].move(signals.layers, signals.forward)
                self.backward[name].move(signals.layers[1:], signals.backward)
            else:
                self.forward[name].clear()
                self.backward[name].clear()
        for text, outcome in zip(self.words, (forward_outcome, backward_outcome), strict=True):
            text.set_text(outcome(signals))

    def reading(self, signals):
        return (
            f"{signals.activation}, gain {signals.gain:g}, {signals.depth} layers of {signals.width} units, "
            f"matrices {signals.matrices}: "
            f"forward, {forward_outcome(signals)}; backward, {backward_outcome(signals)}."
        )


class SignalsView(View):
    """Five activations at three gains: forward in the upper row, backward in the lower one.

    The middle gain, at which little happens, has an axis of its own: on that of the others nobody sees tanh fade.
    """

    size = (7.4, 5.6)

    def build(self):
        panels = self.figure.subplots(2, 3, sharex=True)
        self.upper, lower = panels
        for axes in panels[:, [0, 2]].flat:
            scale_axes(axes, (1e-54, 1e47))
            axes.text(97, 1e42, "inf", ha="right", va="center", fontsize=9, color=GREY)
            axes.text(97, 1e-50, "0", ha="right", va="center", fontsize=9, color=GREY)
        for axes in panels[:, 1]:
            scale_axes(axes, (1e-4, 4), ticks=(1e-4, 1e-3, 1e-2, 1e-1, 1))
        self.upper[0].set_ylabel("forward: scale of h")
        lower[0].set_ylabel("backward: scale of δ")
        for axes in lower:
            axes.set_xlabel("layer")
        self.forward, self.backward = ([activation_bands(self, axes) for axes in row] for row in panels)
        handles = [band.line for band in self.forward[0].values()]
        self.figure.legend(handles=handles, loc="outside lower center", ncols=5, handlelength=3)

    def move(self, columns):
        """Show `columns`: for each of three gains, a list with the Signals of each activation."""
        for axes, forward, backward, column in zip(self.upper, self.forward, self.backward, columns, strict=True):
            magnified = ", magnified" if axes is self.upper[1] else ""
            axes.set_title(f"gain {column[0].gain:g}{magnified}")
            for signals in column:
                forward[signals.activation].move(signals.layers, signals.forward)
                backward[signals.activation].move(signals.layers[1:], signals.backward)

    def reading(self, columns):
        return " ".join(f"Gain {column[0].gain:g}: {float32_outcome(column)}." for column in columns)


class HistogramsView(View):
    """Rows of histograms, one row for an activation and gain, one column for a layer."""

    size = (7.4, 4.8)
    rows, columns = 4, 4

    def build(self):
        panels = self.figure.subplots(self.rows, self.columns, sharex=True, sharey=True)
        self.panels = panels
        for axes in panels.flat:
            axes.set(xlim=(-1.05, 1.05), ylim=(0, 1.12), yticks=[], xticks=[-1, 0, 1])
            axes.grid(False)
        empty, edges = np.zeros(1), np.array([-1.0, 1.0])
        self.spreads = [
            [self.moving(axes.stairs(empty, edges, baseline=empty, fill=True, color=BLUE, alpha=0.25)) for axes in row]
            for row in panels
        ]
        self.middles = [
            [self.moving(axes.stairs(empty, edges, color=BLUE, linewidth=1.4)) for axes in row] for row in panels
        ]
        self.figure.supxlabel("activation h", fontsize=10)

    def move(self, many):
        """Show a list of four Histograms of four layers; the tallest bin of each panel has the height 1."""
        for row, histograms in enumerate(many):
            self.panels[row, 0].set_ylabel(f"{histograms.activation}\ngain {histograms.gain:g}")
            for column, layer in enumerate(histograms.layers):
                if row == 0:
                    self.panels[row, column].set_title(f"layer {layer}")
                low, middle, high = np.quantile(histograms.shares[column], [0.1, 0.5, 0.9], axis=0)
                top = high.max()
                self.middles[row][column].set_data(middle / top, histograms.edges)
                self.spreads[row][column].set_data(high / top, histograms.edges, low / top)

    def reading(self, many):
        shares = ", ".join(
            f"{histograms.saturated[-1].mean():.0%} in {histograms.activation} at gain {histograms.gain:g}"
            for histograms in many
        )
        return f"Values that are saturated at layer {many[0].layers[-1]}: {shares}."


class ReuseView(View):
    """A matrix used 100 times against 100 matrices: scales on the left, the eigenvalue's part on the right."""

    size = (7.4, 3.4)

    def build(self):
        left, right = self.figure.subplots(1, 2, width_ratios=[1.3, 1])
        left.set(ylim=(1e-4, 1e12), yscale="log", xlabel="layer")
        left.set_ylabel("forward: scale of h")
        self.left = left
        self.bands = {kind: Band(self, left, look, kind) for kind, look in MATRIX_LOOKS.items()}
        handles = [band.line for band in self.bands.values()]
        self.legend = left.legend(handles, ["", ""], loc="upper left", handlelength=3)
        limits = (0.85, 1.45)
        right.set(xlim=limits, ylim=limits, title="one matrix: each seed")
        right.set(xlabel="its largest |eigenvalue|", ylabel="measured growth a layer")
        right.plot(limits, limits, color=GREY, linewidth=1, linestyle=DOTTED)
        look = MATRIX_LOOKS["reused"]
        self.points = self.moving(right.plot([], [], linestyle="", marker=look.marker, color=look.color)[0])

    def move(self, reuse):
        depth = reuse.fresh.depth
        self.left.set_xlim(0, depth)
        self.left.set_title(f"{reuse.fresh.seeds} seeds: median, and the middle 80 %")
        names = (f"{depth} fresh matrices", f"one matrix, {depth} times")
        for text, name in zip(self.legend.get_texts(), names, strict=True):
            text.set_text(name)
        self.bands["fresh"].move(reuse.fresh.layers, reuse.fresh.forward)
        self.bands["reused"].move(reuse.reused.layers, reuse.reused.forward)
        self.points.set_data(reuse.radius, reuse.growth)

    def reading(self, reuse):
        ranges = [
            f"{rounded(signals.forward[-1].min(), 1)} to {rounded(signals.forward[-1].max(), 1)}"
            for signals in (reuse.fresh, reuse.reused)
        ]
        return (
            f"At layer {reuse.fresh.depth} the scale of {reuse.fresh.seeds} seeds runs from {ranges[0]} through "
            f"fresh matrices, from {ranges[1]} through one matrix reused."
        )


def forward_outcome(signals):
    """Tell in a few words how the signal of all seeds ends."""
    diverged = np.isfinite(signals.diverged_at).sum()
    vanished = np.isfinite(signals.zero_at).sum()
    if diverged:
        return f"{counted(diverged, signals)} diverged, first at layer {signals.diverged_at.min():.0f}"
    if vanished == signals.seeds:
        return f"{counted(vanished, signals)} exactly 0 from layer {signals.zero_at.max():.0f}"
    if vanished:
        return f"{counted(vanished, signals)} exactly 0 at layer {signals.depth}"
    return f"median at layer {signals.depth}: {rounded(np.median(signals.forward[-1]))}"


def backward_outcome(signals):
    """Tell in a few words how the gradient of all seeds arrives."""
    lost = np.isfinite(signals.diverged_at).sum()
    vanished = np.isfinite(signals.gradient_zero_at).sum()
    overflowed = (~np.isfinite(signals.backward[0])).sum()
    if lost:
        return f"{counted(lost, signals)} have no finite output, so no gradient"
    if overflowed:
        return f"{counted(overflowed, signals)} diverged at layer 1"
    if vanished == signals.seeds:
        return f"{counted(vanished, signals)} exactly 0 up to layer {signals.gradient_zero_at.min():.0f}"
    if vanished:
        return f"{counted(vanished, signals)} exactly 0 at layer 1"
    return f"median at layer 1: {rounded(np.median(signals.backward[0]))}"


def counted(count, signals):
    """Write how many of the seeds: "all 16", "3 of 16"."""
    return f"all {signals.seeds}" if count == signals.seeds else f"{count} of {signals.seeds}"


def float32_outcome(column):
    """Tell which activations' signals and gradients leave float32 in all seeds."""
    ends = {
        "the signal diverges": [signals.diverged_at for signals in column],
        "the signal reaches 0": [signals.zero_at for signals in column],
        "the gradient reaches 0": [signals.gradient_zero_at for signals in column],
    }
    parts = []
    for end, layers in ends.items():
        finite = [np.isfinite(layer).all() for layer in layers]
        if any(finite):
            names = [signals.activation for signals, reached in zip(column, finite, strict=True) if reached]
            parts.append(f"{end} in {', '.join(names)}")
    return "; ".join(parts) or "all stay within float32"
