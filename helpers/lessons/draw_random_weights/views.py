"""Views of the scale of z in one layer (notebook 02)."""

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, DOTTED, GREEN, GREY, LOOKS
from helpers.lessons.draw_random_weights.experiment import BINS, FLAT, FLAT_SLOPE

CENTRES = (BINS[:-1] + BINS[1:]) / 2
LINE_ENDS = np.array([1, 15_000])  # widths between which a predicted line is drawn


def gaussian(z):
    """Return the density of the standard normal distribution."""
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def draw_gaussian(axes, label):
    """Draw the standard normal density on `axes`, and prepare them for densities of z in its predicted std."""
    fine = np.linspace(BINS[0], BINS[-1], 200)
    axes.plot(fine, gaussian(fine), color=BLACK, linewidth=1.4, linestyle=DOTTED, label=label, zorder=3)
    axes.set(xlim=(BINS[0], BINS[-1]), xlabel="z / predicted std")


class ScalesView(View):
    """Several Scales: measured over predicted variance on the left, the standard deviation of z on the right."""

    size = (7.4, 3.3)

    def __init__(self, names):
        self.names = names
        super().__init__()

    def build(self):
        left, right = self.figure.subplots(1, 2)
        left.set(xscale="log", xlim=(8, 5200), xlabel="inputs of a unit, n")
        right.set(xscale="log", xlim=(8, 15_000), xlabel="inputs of a unit, n")
        left.axhline(1, color=BLACK, linewidth=1.4, linestyle=DOTTED)
        left.set(ylim=(0.8, 1.2), ylabel="measured / predicted", title="var(z) is n · var(w) · E[x²]")
        self.line = self.moving(right.plot([], [], color=BLACK, linewidth=1.4, linestyle=DOTTED, label="σ √n")[0])
        right.set(yscale="log", ylim=(0.02, 2), ylabel="standard deviation of z")
        right.axhspan(0.5, FLAT, color=GREEN, alpha=0.2, linewidth=0, label="about as large as x")
        self.right = right
        self.ratios = {name: Band(self, left, LOOKS[name], name) for name in self.names}
        self.stds = {name: Band(self, right, LOOKS[name]) for name in self.names}
        left.legend(loc="upper right", handlelength=3)
        right.legend(loc="lower right", handlelength=3)

    def move(self, scales):
        for scale in scales:
            self.ratios[scale.weights].move(scale.widths, scale.ratio)
            self.stds[scale.weights].move(scale.widths, np.sqrt(scale.variance))
        first = scales[0]
        self.line.set_data(LINE_ENDS, first.std * np.sqrt(LINE_ENDS))
        self.right.set_title(f"σ = {first.std:g} for every width")

    def reading(self, scales):
        return " ".join(
            f"{scale.weights}: measured / predicted var(z) lies between {scale.ratio.min():.2g} and "
            f"{scale.ratio.max():.2g}; the median std of z goes from {np.sqrt(np.median(scale.variance[0])):.2g} at "
            f"{scale.widths[0]} inputs to {np.sqrt(np.median(scale.variance[-1])):.2g} at {scale.widths[-1]}."
            for scale in scales
        )


class ShapesView(View):
    """Several Shapes: the density of z at the first and third width, and the kurtosis over all widths."""

    size = (7.4, 2.9)
    shown = (0, 2)

    def __init__(self, names):
        self.names = names
        super().__init__()

    def build(self):
        *densities, last = self.figure.subplots(1, 3)
        for axes in densities:
            draw_gaussian(axes, "Gaussian")
            axes.set(ylim=(0, 0.48), yticks=[0, 0.2, 0.4])
        densities[0].set_ylabel("density")
        self.axes = densities
        self.densities = [
            {name: Band(self, axes, LOOKS[name], name, marked=False) for name in self.names} for axes in densities
        ]
        last.axhline(3, color=BLACK, linewidth=1.4, linestyle=DOTTED)
        last.set(xscale="log", xlim=(0.85, 75), ylim=(1.6, 3.4), xlabel="weights in the sum, n")
        last.set_title("kurtosis E[z⁴] / E[z²]²")
        self.kurtoses = {name: Band(self, last, LOOKS[name]) for name in self.names}
        handles, labels = densities[0].get_legend_handles_labels()
        self.figure.legend(handles, labels, loc="outside lower center", ncols=len(handles), handlelength=3)

    def move(self, shapes):
        for axes, bands, place in zip(self.axes, self.densities, self.shown, strict=True):
            axes.set_title(f"n = {shapes[0].widths[place]}")
            for shape in shapes:
                bands[shape.weights].move(CENTRES, shape.density[place])
        for shape in shapes:
            self.kurtoses[shape.weights].move(shape.widths, shape.kurtosis)

    def reading(self, shapes):
        return " ".join(
            f"{shape.weights}: the median kurtosis of z goes from {np.median(shape.kurtosis[0]):.2g} at n = "
            f"{shape.widths[0]} to {np.median(shape.kurtosis[-1]):.2g} at n = {shape.widths[-1]}."
            for shape in shapes
        )


class SlopesView(View):
    """Several Slopes, side by side: an activation, and dotted its derivative, grey where that is small."""

    size = (7.4, 2.9)

    def __init__(self, names):
        self.names = names
        super().__init__()

    def build(self):
        panels = self.figure.subplots(1, len(self.names), sharey=True)
        self.values, self.slopes, self.grounds = {}, {}, {}
        for name, axes in zip(self.names, panels, strict=True):
            axes.set(ylim=(-1.15, 1.65), yticks=[-1, -0.5, 0, 0.5, 1, 1.5], xlabel="z", title=name)
            look = LOOKS[name]
            ground = axes.fill_between([0], 0, 1, color=GREY, alpha=0.25, linewidth=0)
            self.grounds[name] = self.moving(ground)
            self.values[name] = self.moving(axes.plot([], [], color=look.color)[0])
            self.slopes[name] = self.moving(axes.plot([], [], color=BLACK, linestyle=DOTTED)[0])
        handles = [
            Line2D([], [], color=GREY, label="the activation f"),
            Line2D([], [], color=BLACK, linestyle=DOTTED, label="its slope f′"),
            Rectangle((0, 0), 1, 1, color=GREY, alpha=0.25, linewidth=0, label=f"f′ below {FLAT_SLOPE}: flat"),
        ]
        self.figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=3)

    def move(self, many):
        for slopes in many:
            axes = self.values[slopes.activation].axes
            axes.set_xlim(slopes.z[0], slopes.z[-1])
            self.values[slopes.activation].set_data(slopes.z, slopes.values)
            self.slopes[slopes.activation].set_data(slopes.z, slopes.slopes)
            self.grounds[slopes.activation].set_data(slopes.z, *axes.get_ylim(), where=slopes.flat)

    def reading(self, many):
        return " ".join(
            f"{slopes.activation}: the slope is at most {slopes.slopes.max():.2g}, and below {FLAT_SLOPE} "
            f"{flat_places(slopes)}."
            for slopes in many
        )


def flat_places(slopes):
    """Tell in a few words for which z an activation is flat."""
    steep = slopes.z[~slopes.flat]
    if steep.max() == slopes.z[-1]:
        return f"up to z = {slopes.z[slopes.flat].max():.2g}"
    return f"up to z = {steep.min():.2g} and from z = {steep.max():.2g} on"


class LayerView(View):
    """One layer: where its std of z lies on the line σ √(n E[x²]), and its z against the predicted Gaussian."""

    size = (7.4, 3.4)

    def build(self):
        left, right = self.figure.subplots(1, 2)
        left.set(xscale="log", yscale="log", xlim=(0.8, 6000), ylim=(1e-4, 200))
        left.set(xlabel="inputs of a unit, n", ylabel="standard deviation of z", title="how large")
        left.axhspan(0.5, FLAT, color=GREEN, alpha=0.2, linewidth=0, label="about as large as x")
        left.axhspan(FLAT, 200, color=GREY, alpha=0.25, linewidth=0)
        left.text(1, 60, "tanh is flat", va="center", fontsize=9.5)
        self.line = self.moving(left.plot([], [], color=BLACK, linewidth=1.4, linestyle=DOTTED, label="predicted")[0])
        self.dot = self.moving(left.plot([], [], "o", color=BLACK, ms=8, label="measured")[0])
        left.legend(loc="lower right", handlelength=2)

        right.set(ylim=(0, 0.75), ylabel="density", title="which values")
        self.flat = [
            self.moving(right.add_patch(Rectangle((0, 0), 0, 0.75, color=GREY, alpha=0.25, linewidth=0)))
            for _ in range(2)
        ]
        self.bars = self.moving(right.stairs(np.zeros(len(CENTRES)), BINS, fill=True, color=GREY, alpha=0.6))
        draw_gaussian(right, "predicted")
        self.text = self.moving(right.text(-3.8, 0.73, "", va="top", fontsize=9.5, linespacing=1.4))

    def move(self, layer):
        one = layer.predicted / math.sqrt(layer.width)
        self.line.set_data(LINE_ENDS, one * np.sqrt(LINE_ENDS))
        self.dot.set_data([layer.width], [layer.measured])
        edge = min(FLAT / layer.predicted, BINS[-1])
        for patch, left in zip(self.flat, (BINS[0], edge), strict=True):
            patch.set_bounds(left, 0, BINS[-1] - edge, 0.75)
        self.bars.set(facecolor=LOOKS[layer.weights].color)
        self.bars.set_data(layer.density)
        self.text.set_text(
            f"std of z {layer.measured:.2g}\npredicted {layer.predicted:.2g}\nbeyond ±{FLAT}: {layer.saturated:.0%}"
        )

    def reading(self, layer):
        return (
            f"{layer.weights} weights, σ = {layer.std:g}, {layer.width} inputs ({layer.inputs}): the std of z is "
            f"{layer.measured:.2g}, predicted {layer.predicted:.2g}; {layer.saturated:.0%} of z lie beyond "
            f"±{FLAT}, where tanh is flat."
        )
