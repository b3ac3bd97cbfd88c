"""Views of singular values, of deep linear networks, and of a deep ReLU network (notebook 08)."""

import math

import numpy as np

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREEN, GREY, ORANGE, VERMILION, Look
from helpers.lessons.build_orthogonal.experiment import LINEAR_STARTS, LINEAR_TARGETS, SPECTRUM_WIDTH
from helpers.tables import rounded, step_text

DOTS = {"color": BLACK, "linewidth": 1, "linestyle": DOTTED}
START_LOOKS = {
    "Gaussian": Look(ORANGE, "--", "D"),
    "He": Look(ORANGE, "--", "D"),
    "orthogonal": Look(BLUE, "-", "o"),
    "mirrored": Look(GREEN, "-.", "^"),
}
PLACES = {
    "largest": (0, Look(BLUE, "-", "o")),
    "middle": (None, Look(BLACK, "--", "s")),
    "smallest": (-1, Look(VERMILION, "-.", "^")),
}
SIGN_LOOKS = {"the target's sign": Look(BLUE, "-", "o"), "the other sign": Look(VERMILION, "--", "s")}
RACE_SHOWN = 200  # steps; nothing is to be seen after them
SPECTRUM_FLOOR = 1e-10  # below it, rounding errors of the largest singular values are all that there is


class ProductsView(View):
    """The largest, middle and smallest singular value of a product by its length, a panel for each start."""

    size = (7.4, 3.2)

    def build(self):
        self.panels = dict(zip(LINEAR_STARTS, self.figure.subplots(1, 2, sharey=True), strict=True))
        self.bands = {}
        for start, axes in self.panels.items():
            axes.set(ylim=(SPECTRUM_FLOOR, 100), yscale="log", xlabel="matrices in the product", title=start)
            axes.set_yticks([1e-10, 1e-5, 1])
            self.bands[start] = {name: Band(self, axes, look, name) for name, (_, look) in PLACES.items()}
        first, second = self.panels.values()
        first.set_ylabel("singular value")
        handles = [band.line for band in self.bands["orthogonal"].values()]
        second.legend(handles=handles, loc="lower left", handlelength=3)

    def move(self, products):
        """Show a list of the Products of both starts."""
        for product in products:
            self.panels[product.start].set_xlim(0, product.layers[-1])
            for name, (place, _) in PLACES.items():
                values = product.singular[:, :, product.singular.shape[2] // 2 if place is None else place]
                self.bands[product.start][name].move(product.layers, np.maximum(values, SPECTRUM_FLOOR / 10))

    def reading(self, products):
        told = "; ".join(
            f"{product.start}, largest {rounded(np.median(product.singular[-1, :, 0]))}, middle "
            f"{rounded(np.median(product.singular[-1, :, product.singular.shape[2] // 2]))}"
            for product in products
        )
        count = products[0].singular.shape[1]
        return f"Singular values of a product of {products[0].layers[-1]}, median of {count}: {told}."


class LinearRacesView(View):
    """The loss of deep linear networks, a panel for each target; apart, those whose start has the target's sign."""

    size = (7.4, 3.0)

    def build(self):
        self.panels = dict(zip(LINEAR_TARGETS, self.figure.subplots(1, 2, sharey=True), strict=True))
        self.bands = {}
        for target, axes in self.panels.items():
            axes.set(ylim=(0, 4.2), xlabel="step", title=f"target: {target}")
            axes.axhline(0.5, **DOTS)
            self.bands[target] = {name: Band(self, axes, look, name) for name, look in SIGN_LOOKS.items()}
        first, second = self.panels.values()
        first.set_ylabel("loss")
        second.legend(handles=[band.line for band in self.bands["reflection"].values()], title="det of the start has")

    def move(self, races):
        """Show a list of LinearRaces, one for each target."""
        for race in races:
            self.panels[race.target].set_xlim(0, min(race.steps[-1], RACE_SHOWN))
            for name, chosen in zip(SIGN_LOOKS, (race.same_sign, ~race.same_sign), strict=True):
                band = self.bands[race.target][name]
                if chosen.any():
                    band.move(race.steps, race.loss[:, chosen])
                else:
                    band.clear()

    def reading(self, races):
        told = "; ".join(
            f"{race.target}, {(race.learned & race.same_sign).sum()} of {race.same_sign.sum()} with its sign and "
            f"{(race.learned & ~race.same_sign).sum()} of {(~race.same_sign).sum()} with the other"
            for race in races
        )
        return f"How many learned the target: {told}."


class TimesView(View):
    """Steps until a deep linear network has learned, by depth, at each depth's best learning rate."""

    size = (7.4, 3.0)

    def build(self):
        axes = self.figure.subplots()
        axes.set(
            xscale="log",
            yscale="log",
            xlim=(1.8, 18),
            ylim=(3, 250),
            xlabel="layers",
            ylabel="steps to 5 % of the loss",
        )
        axes.set_xticks([2, 4, 8, 16], ["2", "4", "8", "16"])
        axes.set_yticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
        self.bands = {start: Band(self, axes, START_LOOKS[start], start) for start in LINEAR_STARTS}
        for band in self.bands.values():
            band.line.set_markevery(1)
        axes.legend(loc="lower right", handlelength=3)

    def move(self, times):
        """Show a list of the Times of both starts; a curve ends where the median never arrives."""
        for each in times:
            self.bands[each.start].move(each.depths, each.times)

    def reading(self, times):
        told = "; ".join(f"{each.start} {', '.join(step_text(np.median(row)) for row in each.times)}" for each in times)
        depths = ", ".join(map(str, times[0].depths))
        return f"Median steps of {times[0].times.shape[1]} networks with {depths} layers: {told}."


class SpectrumView(View):
    """All singular values of the Jacobians of deep networks, from the largest to the smallest."""

    size = (7.4, 3.2)

    def build(self):
        axes = self.figure.subplots()
        axes.set(xlim=(1, SPECTRUM_WIDTH), ylim=(SPECTRUM_FLOOR, 1e10), yscale="log")
        axes.set(xlabel="which singular value, the largest first", ylabel="how much a direction is stretched")
        axes.set_xticks([1, 8, 16, 24, 32])
        axes.set_yticks([1e-10, 1e-5, 1, 1e5, 1e10])
        axes.axhline(1, **DOTS)
        axes.text(31.8, 2, "kept", ha="right", fontsize=9.5, color=GREY)
        names = ("Gaussian", "orthogonal", "mirrored")
        self.bands = {name: Band(self, axes, START_LOOKS[name], name) for name in names}
        axes.legend(handles=[band.line for band in self.bands.values()], loc="upper right", ncols=3, handlelength=3)

    def move(self, spectrum):
        places = np.arange(1, SPECTRUM_WIDTH + 1)
        for start, band in self.bands.items():
            if start in spectrum.singular:
                band.move(places, np.maximum(spectrum.singular[start], SPECTRUM_FLOOR / 10))
            else:
                band.clear()

    def reading(self, spectrum):
        told = "; ".join(
            f"{start}, largest {rounded(np.median(values[0]))}, middle {middle_text(np.median(values[15]))}"
            for start, values in spectrum.singular.items()
        )
        return f"{spectrum.activation}, {spectrum.depth} layers, gain {spectrum.gain:.3g}: singular values: {told}."


def middle_text(value):
    """Write a singular value down to the floor of the picture."""
    return rounded(value) if value >= SPECTRUM_FLOOR else "below 1e-10"


class DeepView(View):
    """The loss of plain ReLU networks of 50 layers, from three starts."""

    size = (7.4, 3.0)

    def build(self):
        self.axes = axes = self.figure.subplots()
        axes.set(ylim=(0, 3), xlabel="step", ylabel="loss [nats]")
        axes.axhline(math.log(10), **DOTS)
        self.bands = {start: Band(self, axes, START_LOOKS[start], start) for start in ("He", "orthogonal", "mirrored")}
        # the two that hardly learn lie on each other, so they differ in their marks' places too
        self.bands["He"].line.set_markevery((0.1, 0.23))
        axes.text(1, math.log(10) + 0.32, "dotted: guessing", fontsize=9.5, color=GREY)
        axes.legend(loc="center right", bbox_to_anchor=(1, 0.4), handlelength=3)

    def move(self, trainings):
        """Show a list of DeepTrainings."""
        self.axes.set_xlim(0, trainings[0].steps[-1])
        for training in trainings:
            self.bands[training.start].move(training.steps, training.loss)

    def reading(self, trainings):
        told = ", ".join(f"{training.start} {rounded(np.median(training.loss[-1]))}" for training in trainings)
        return f"Median loss of {len(trainings[0].accuracy)} networks after {trainings[0].steps[-1]} steps: {told}."
