"""Views of units that start alike (notebook 01)."""

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import MultipleLocator

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREY, LOOKS, ORANGE, VERMILION, Look
from helpers.lessons.break_the_symmetry.experiment import DIFFERENT, ROUNDING_WIDTHS
from helpers.tables import rounded

WEIGHT_COLOURS = LinearSegmentedColormap.from_list("weights", [ORANGE, "#ffffff", BLUE], N=17)
SIDE, PITCH = 8, 9  # pixels of a picture, and from one picture to the next
TIED = 1e-18  # where a gap of 0 stands on a logarithmic axis


def gap_axes(axes):
    """Prepare `axes` for gaps between units, with a line above which the units have parted."""
    axes.set(xlabel="step", yscale="log", ylim=(TIED / 20, 1e2))
    axes.set_yticks([TIED, 1e-15, 1e-10, 1e-5, 1], ["0", "1e-15", "1e-10", "1e-5", "1"])
    axes.axhline(DIFFERENT, color=BLACK, linewidth=1, linestyle=DOTTED)


class FailuresView(View):
    """What the hidden units of four networks have learned: a row for each network, a picture for each unit."""

    size = (7.4, 3.7)
    networks, units = 4, 8

    def build(self):
        right = PITCH * self.units - 1.5
        edges = (-0.5, right, SIDE - 0.5, -0.5)
        self.pictures, self.names, self.outcomes, self.twins = [], [], [], []
        for axes in self.figure.subplots(self.networks, 1):
            blank = np.zeros((SIDE, PITCH * self.units - 1))
            self.pictures.append(
                self.moving(
                    axes.imshow(blank, cmap=WEIGHT_COLOURS, vmin=-1, vmax=1, extent=edges, interpolation="nearest")
                )
            )
            axes.set(xlim=(-13, right + 13))
            axes.axis("off")
            frames = [Rectangle((PITCH * unit - 0.5, -0.5), SIDE, SIDE) for unit in range(self.units)]
            look = {"facecolor": "none", "clip_on": False}
            self.moving(axes.add_collection(PatchCollection(frames, edgecolor=GREY, linewidth=0.8, **look)))
            pair = Rectangle((-1, -1), PITCH + SIDE + 1, SIDE + 1, edgecolor=BLACK, linewidth=2.2, **look)
            self.twins.append(self.moving(axes.add_patch(pair)))
            self.names.append(self.moving(axes.text(-2, 3.5, "", ha="right", va="center")))
            self.outcomes.append(self.moving(axes.text(right + 2, 3.5, "", ha="left", va="center")))
        self.figure.suptitle(
            f"how training changed the weights from {SIDE**2} pixels to each of {self.units} hidden units", fontsize=11
        )

    def move(self, failures):
        rows = zip(failures, self.pictures, self.twins, self.names, self.outcomes, strict=True)
        for failure, picture, pair, name, outcome in rows:
            picture.set_data(strip(failure.pictures))
            pair.set_visible(failure.start == "twins")
            name.set_text(f"{failure.start},\n{failure.activation}")
            outcome.set_text(f"{distinct_text(failure)}\nloss {rounded(np.median(failure.loss[-1]))}")

    def reading(self, failures):
        return " ".join(
            f"{failure.start}, {failure.activation}: {distinct_text(failure)} units." for failure in failures
        )


def strip(pictures):
    """Lay pictures (H, 8, 8) side by side, a pixel apart, scaled to between -1 and 1: (8, 9 H - 1)."""
    largest = np.abs(pictures).max() or 1.0
    gap = np.full((len(pictures), SIDE, PITCH - SIDE), np.nan)
    return np.concatenate([*np.concatenate([pictures / largest, gap], axis=2)], axis=1)[:, :-1]


def distinct_text(failure):
    """Tell how many of a network's units differ."""
    return f"{int(np.median(failure.distinct))} of {failure.units.shape[2]} distinct"


class PartingView(View):
    """A constant start with noise: the gap between its units on the left, and on the right when it becomes visible."""

    size = (7.4, 3.2)
    sizes = 6  # of noise, at most

    def build(self):
        left, right = self.figure.subplots(1, 2)
        gap_axes(left)
        left.set(
            xlim=(-240, 700), ylim=(1e-13, 1e2), xticks=[0, 200, 400, 600], title="largest difference of two units"
        )
        left.text(690, 0.05, "parted", ha="right", va="top", fontsize=9.5, color=GREY)
        look = LOOKS["constant"]
        self.curves = [Band(self, left, look, marked=False) for _ in range(self.sizes)]
        self.names = [
            self.moving(left.text(-8, 1, "", ha="right", va="center", fontsize=9.5)) for _ in range(self.sizes)
        ]
        right.set(xscale="log", xlim=(3e-2, 3e-13), ylim=(0, 600), xlabel="noise ε", title="steps until they part")
        self.line = Band(self, right, look)
        self.line.line.set_markevery(1)

    def move(self, parting):
        for curve, name in zip(self.curves, self.names, strict=True):
            curve.clear()
            name.set_text("")
        for number, noise in enumerate(parting.noise):
            gap = parting.gap[:, number]
            self.curves[number].move(parting.steps, gap)
            self.names[number].set_text(f"ε = {noise:.0e}".replace("e-0", "e-"))
            self.names[number].set_y(np.median(gap[0]))
        self.line.move(parting.noise, parting.parted)

    def reading(self, parting):
        first, last = (np.median(parting.parted[number]) for number in (0, -1))
        return (
            f"With noise of {parting.noise[0]:.0e} the units part after about {rounded(first)} steps, "
            f"with {parting.noise[-1]:.0e} after about {rounded(last)}."
        )


class RoundingView(View):
    """A constant start without noise: the gap between its units, for three ways to multiply matrices."""

    size = (7.4, 3.3)
    titles = {  # noqa: RUF012  nobody changes it
        "alike": "all columns alike",
        "last backwards": "last column backwards",
        "ordinary": "x @ W, on this computer",
    }

    def build(self):
        self.panels = panels = self.figure.subplots(1, 3, sharey=True)
        self.lines = {}
        for axes, (product, title) in zip(panels, self.titles.items(), strict=True):
            gap_axes(axes)
            axes.set_title(title)
            self.lines[product] = [self.moving(axes.plot([], [], **line_style(width))[0]) for width in ROUNDING_WIDTHS]
        panels[0].set_ylabel("largest difference of two units")
        fills, leaves_over = ([w for w in ROUNDING_WIDTHS if (w % 4 == 0) == full] for full in (True, False))
        handles = [panels[0].plot([], [], **line_style(widths[0]))[0] for widths in (fills, leaves_over)]
        names = [f"{', '.join(map(str, widths))} units" for widths in (fills, leaves_over)]
        self.figure.legend(handles, names, loc="outside lower center", ncols=2, handlelength=3)

    def move(self, roundings):
        last = roundings[0].steps[-1]
        for axes in self.panels:
            axes.set(xlim=(0, last), xticks=[0, last // 2, last])
        for rounding in roundings:
            for line, gap in zip(self.lines[rounding.product], rounding.gap.T, strict=True):
                line.set_data(rounding.steps, np.maximum(gap, TIED))

    def reading(self, roundings):
        """Say nothing of the ordinary product, which depends on the processor."""
        return " ".join(
            f"{self.titles[rounding.product]}: after {rounding.steps[-1]} steps the units are tied to the last bit "
            f"at {int((rounding.gap[-1] == 0).sum())} of {len(rounding.widths)} widths."
            for rounding in roundings
            if rounding.product != "ordinary"
        )


def line_style(width):
    """How a network of this width is drawn: a multiple of 4 fills the lanes of a processor, another width does not."""
    look = Look(BLUE, "-", "") if width % 4 == 0 else Look(VERMILION, "--", "")
    return {"color": look.color, "linestyle": look.linestyle, "linewidth": 1.4}


class UntyingView(View):
    """One start with noise: the gap between its units, how many are visibly distinct, and the loss."""

    size = (7.4, 3.0)
    most_units = 16

    def build(self):
        self.panels = left, middle, right = self.figure.subplots(1, 3)
        words = {"ha": "right", "va": "top", "fontsize": 9.5, "color": GREY}
        gap_axes(left)
        left.set_title("difference of tied units")
        left.text(0.98125, 0.05, "parted", transform=left.get_yaxis_transform(), **words)
        middle.set(ylim=(0, self.most_units + 1), xlabel="step", title="distinct units")
        middle.yaxis.set_major_locator(MultipleLocator(4))
        right.set(ylim=(0, 1.5), xlabel="step", title="loss [nats]")
        (self.all_units,) = middle.plot([], [], color=BLACK, linewidth=1, linestyle=DOTTED)
        self.moving(self.all_units)
        self.count = self.moving(middle.text(0, 1, "", ha="right", va="bottom", fontsize=9.5, color=GREY))
        self.bands = {
            start: [Band(self, axes, LOOKS[start]) for axes in (left, middle, right)]
            for start in ("zeros", "constant", "twins")
        }

    def move(self, untying):
        for bands in self.bands.values():
            for band in bands:
                band.clear()
        for axes in self.panels:
            axes.set(xlim=(0, untying.last_step), xticks=[0, untying.last_step // 2, untying.last_step])
        gap, distinct, loss = self.bands[untying.start]
        gap.move(untying.steps, np.maximum(untying.gap, TIED))
        distinct.move(untying.steps, untying.distinct)
        loss.move(untying.steps, untying.loss)
        self.all_units.set_data([0, untying.last_step], [untying.width] * 2)
        self.count.set_text(f"all {untying.width}")
        self.count.set_position((0.98125 * untying.last_step, untying.width))

    def reading(self, untying):
        """Tell in words how far the units have come."""
        noise = f"noise {untying.noise:g}" if untying.noise else "no noise"
        distinct, loss = (np.median(values[-1]) for values in (untying.distinct, untying.loss))
        return (
            f"{untying.start}, {noise}: after {untying.steps[-1]} steps the median network has "
            f"{distinct:.0f} of {untying.width} distinct units and a loss of {loss:.1g}."
        )
