"""Views of the race of six starts (notebook 00)."""

import math

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREY, LOOKS, ORANGE
from helpers.lessons.start_here.experiment import PLANE_EDGE, PLANE_GRID, SIX_STARTS

SIDES = LinearSegmentedColormap.from_list("sides", [ORANGE, "#ffffff", BLUE], N=9)
LOSS_LIMITS = (1e-3, 1e2)


class Plane:
    """The decision of one network over the plane, with the points that it trains on."""

    def __init__(self, view, axes):
        self.axes = axes
        axes.set(xlim=(-PLANE_EDGE, PLANE_EDGE), ylim=(-PLANE_EDGE, PLANE_EDGE), xticks=[], yticks=[], aspect="equal")
        axes.grid(False)
        extent = (-PLANE_EDGE, PLANE_EDGE, -PLANE_EDGE, PLANE_EDGE)
        blank = np.full((PLANE_GRID, PLANE_GRID), 0.5)
        self.map = view.moving(
            axes.imshow(
                blank,
                cmap=SIDES,
                vmin=0,
                vmax=1,
                extent=extent,
                origin="lower",
                interpolation="bilinear",
                interpolation_stage="data",
            )
        )
        self.points = [
            view.moving(axes.plot([], [], linestyle="", marker=marker, mfc=color, mec="white", mew=0.6, ms=size)[0])
            for marker, color, size in (("s", ORANGE, 4.5), ("o", BLUE, 4.8))
        ]

    def move(self, race):
        decision = race.decision.astype(np.float32)  # which Matplotlib resamples in half the time
        self.map.set_data(np.nan_to_num(decision, nan=0.5))
        for label, points in enumerate(self.points):
            points.set_data(*race.x[race.labels == label].T)


def loss_axes(axes):
    """Prepare `axes` for losses, with a line at what guessing costs."""
    axes.set(ylim=LOSS_LIMITS, yscale="log", xlabel="step", ylabel="loss [nats]")
    axes.axhline(math.log(2), color=BLACK, linewidth=1, linestyle=DOTTED)
    axes.text(
        0.985,
        1.15 * math.log(2),
        "guessing: log 2",
        ha="right",
        va="bottom",
        fontsize=9.5,
        color=GREY,
        transform=axes.get_yaxis_transform(),
    )


SIGMA = "normal"  # the look of a start that is no name but a σ


class RaceView(View):
    """One start: the loss of all seeds on the left, the decision of the first one on the right."""

    size = (7.4, 3.3)

    def build(self):
        left, right = self.figure.subplots(1, 2, width_ratios=[1.55, 1])
        self.losses = left
        loss_axes(left)
        self.bands = {start: Band(self, left, LOOKS[start]) for start in (*SIX_STARTS, SIGMA)}
        self.plane = Plane(self, right)
        right.set_title("what the first network decides")
        left.set_title("median, and the middle 80 %")
        # a text that moves, since a title that changes would cost a redraw of everything
        self.name = self.moving(left.text(0.985, 0.97, "", ha="right", va="top", transform=left.transAxes))

    def move(self, race):
        self.losses.set_xlim(0, race.last_step)
        self.name.set_text(f"{race.start}, {race.seeds} seeds")
        shown = race.start if race.start in SIX_STARTS else SIGMA
        for start, band in self.bands.items():
            band.move(race.steps, race.loss) if start == shown else band.clear()
        self.plane.move(race)

    def reading(self, race):
        learned = f"{race.learned} of {race.seeds} networks have learned the spirals"
        seen = f"{race.start}: after {race.steps[-1]} steps {learned}"
        return f"{seen}, {race.diverged} have diverged." if race.diverged else f"{seen}; none has diverged."


class RacesView(View):
    """All starts: their losses in one panel, and what the first network of each decides in six."""

    size = (7.4, 4.9)

    def build(self):
        losses, planes = self.figure.subfigures(1, 2, width_ratios=[1.25, 1])
        panel = losses.subplots()
        self.losses = panel
        loss_axes(panel)
        self.bands = {start: Band(self, panel, LOOKS[start], start) for start in SIX_STARTS}
        losses.legend(loc="outside lower center", ncols=3, handlelength=3)
        planes.suptitle("what the first network decides", fontsize=11)
        self.planes = {
            start: Plane(self, axes) for start, axes in zip(SIX_STARTS, planes.subplots(3, 2).flat, strict=True)
        }
        for start, plane in self.planes.items():
            plane.axes.set_title(start)

    def move(self, races):
        self.losses.set_xlim(0, races[0].last_step)
        self.losses.set_title(f"{races[0].seeds} seeds: median, and the middle 80 %")
        for race in races:
            self.bands[race.start].move(race.steps, race.loss)
            self.planes[race.start].move(race)

    def reading(self, races):
        learned = ", ".join(f"{race.start} {race.learned}" for race in races)
        return f"How many of {races[0].seeds} networks learned the spirals, by start: {learned}."
