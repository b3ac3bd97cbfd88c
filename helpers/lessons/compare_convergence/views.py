"""Views of many seeds: races with intervals, pairs, learning rate × gain, the plateau, XOR (notebook 07)."""

import math

import numpy as np

from helpers.figures.bands import Band
from helpers.figures.base import View
from helpers.figures.style import BLACK, BLUE, DOTTED, GREY, LOOKS, ORANGE, VERMILION, Look
from helpers.lessons.compare_convergence.experiment import CONTEST_STARTS, CORNER_STARTS, TASKS
from helpers.tables import step_text

THIN = 0.9  # the width of a line that is there to compare with


class Whisker:
    """A row of arrivals: each seed as a dot, above them the median and its interval; or the word "never"."""

    def __init__(self, view, axes, look, row):
        self.row, self.edge = row, axes.get_xlim()[1]
        self.dots = view.moving(axes.plot([], [], ".", color=look.color, ms=5, alpha=0.35, mew=0)[0])
        self.bar = view.moving(axes.plot([], [], color=BLACK, linewidth=2.5, solid_capstyle="butt")[0])
        self.middle = view.moving(axes.plot([], [], look.marker, color=look.color, ms=6.5, mew=0)[0])
        self.text = view.moving(axes.text(0.99 * self.edge, row, "never", va="center", ha="right", fontsize=9.5))

    def move(self, arrival, interval):
        """Show the seeds' arrivals, (S,), and the interval of their median."""
        middle, (low, high) = np.median(arrival), interval
        spread = self.row + 0.26 + 0.07 * (np.arange(len(arrival)) % 3 - 1)
        self.dots.set_data(arrival, spread)
        self.bar.set_data([low, min(high, self.edge)], [self.row - 0.12] * 2)
        self.middle.set_data([middle], [self.row - 0.12])
        self.text.set_visible(not math.isfinite(middle))


class ContestsView(View):
    """All starts on both tasks: losses above, below them the steps to the target with their intervals."""

    size = (7.4, 5.6)

    def build(self):
        panels = self.figure.subplots(2, 2, height_ratios=[1.35, 1])
        self.tasks = {name: task() for name, task in TASKS.items()}
        self.bands, self.whiskers, self.targets = {}, {}, {}
        for (above, below), (task, asked) in zip(panels.T, self.tasks.items(), strict=True):
            steps, guessing = asked.steps, asked.guessing
            above.set(xlim=(0, steps), ylim=(5e-3, 8), yscale="log", title=task)
            above.axhline(guessing, color=BLACK, linewidth=1, linestyle=DOTTED)
            above.text(0.985 * steps, 1.2 * guessing, "guessing", ha="right", fontsize=9.5, color=GREY)
            self.targets[task] = self.moving(above.plot([], [], color=BLACK, linewidth=1)[0])
            below.set(xlim=(0, steps), ylim=(len(CONTEST_STARTS) - 0.5, -0.5), xlabel="step")
            below.set_title("steps to the target")
            below.set_yticks(
                range(len(CONTEST_STARTS)), CONTEST_STARTS if below is panels[1, 0] else [""] * len(CONTEST_STARTS)
            )
            for row, start in enumerate(CONTEST_STARTS):
                label = start if task == "digits" else None
                self.bands[task, start] = Band(self, above, LOOKS[start], label)
                self.whiskers[task, start] = Whisker(self, below, LOOKS[start], row)
        panels[0, 0].set_ylabel("loss [nats]")
        self.figure.legend(loc="outside lower center", ncols=6, handlelength=2.4, columnspacing=1.2)

    def move(self, contests):
        for contest in contests:
            key = contest.task, contest.start
            self.bands[key].move(contest.steps, contest.loss)
            self.whiskers[key].move(contest.arrival, contest.arrival_interval)
            self.targets[contest.task].set_data([0, self.tasks[contest.task].steps], [contest.target] * 2)

    def reading(self, contests):
        parts = []
        for task in TASKS:
            steps = [f"{c.start} {step_text(np.median(c.arrival))}" for c in contests if c.task == task]
            parts.append(f"{task}: {', '.join(steps)}")
        return f"Median steps to the target on {'; on '.join(parts)}."


class PairsView(View):
    """Two Contests: how much later the first start's network arrives, in all pairs above, in equal numbers below."""

    size = (7.4, 3.9)
    reach, every = 24, 3  # the axis goes from -reach to reach steps, a bar for every third

    def build(self):
        above, below = panels = self.figure.subplots(2, 1, sharex=True)
        self.bars, self.labels = [], []
        self.places = np.arange(-self.reach, self.reach + 1, self.every)
        for axes in panels:
            axes.set(xlim=(-self.reach - 2, self.reach + 2), ylim=(0, 0.8), yticks=[0, 0.25, 0.5])
            axes.set_yticklabels(["0", "25 %", "50 %"])
            axes.grid(axis="x", visible=False)
            bars = axes.bar(self.places, 0, width=0.85 * self.every, edgecolor=BLACK, linewidth=0.8)
            self.bars.append([self.moving(bar) for bar in bars])
            spots = [(-self.reach - 1, "left"), (0, "center"), (self.reach + 1, "right")]
            self.labels.append([self.moving(axes.text(x, 0.75, "", ha=side, va="top")) for x, side in spots])
        above.set_title("any network of one start with any of the other")
        below.set_title("networks of the same number: the same random numbers")
        below.set_xticks(np.arange(-self.reach, self.reach + 1, 6))
        self.below = below

    def move(self, contests):
        first, second = contests
        later = [np.subtract.outer(first.arrival, second.arrival).ravel(), first.arrival - second.arrival]
        colors = LOOKS[first.start].color, "#c8c8c8", LOOKS[second.start].color
        for bars, labels, gaps in zip(self.bars, self.labels, later, strict=True):
            # What lies beyond the axis is counted in its last bar.
            seen = np.clip(gaps, -self.reach, self.reach)
            for bar, place in zip(bars, self.places, strict=True):
                bar.set_height(np.mean(np.abs(seen - place) < self.every / 2))
                bar.set_facecolor(colors[int(np.sign(place)) + 1])
            shares = np.mean(gaps < 0), np.mean(gaps == 0), np.mean(gaps > 0)
            words = f"{first.start} first", "together", f"{second.start} first"
            for label, word, share in zip(labels, words, shares, strict=True):
                label.set_text(f"{word}: {share:.0%}")
        self.below.set_xlabel(f"steps by which {second.start} is ahead of {first.start}")

    def reading(self, contests):
        first, second = contests
        a, b = first.arrival, second.arrival
        crossed = [np.mean(np.less.outer(a, b)), np.mean(np.equal.outer(a, b)), np.mean(np.greater.outer(a, b))]
        same = [np.sum(a < b), np.sum(a == b), np.sum(a > b)]
        return (
            f"Of {a.size * b.size} crossed pairs, {first.start} is first in {crossed[0]:.0%}, {second.start} in "
            f"{crossed[2]:.0%}, and {crossed[1]:.0%} arrive together; of {a.size} pairs of the same numbers, "
            f"{first.start} is first in {same[0]}, {second.start} in {same[2]}, and {same[1]} arrive together."
        )


class RatesView(View):
    """A RateMap: the median arrival in each cell, as a number and a colour; the best of each row is framed."""

    size = (7.4, 3.7)

    def __init__(self, gains, rates):
        self.gains, self.rates = gains, rates
        super().__init__()

    def build(self):
        axes = self.figure.subplots()
        axes.grid(False)
        axes.spines[:].set_visible(False)
        axes.set_xticks(range(len(self.rates)), [f"{rate:g}" for rate in self.rates])
        axes.set_yticks(range(len(self.gains)), [f"{gain:g}" for gain in self.gains])
        axes.tick_params(length=0)
        axes.set(xlabel="learning rate", ylabel="gain = σ √fan_in", title="median steps to the target on the spirals")
        axes.set_facecolor("#ececec")  # where the median network never arrives
        blank = np.full((len(self.gains), len(self.rates)), np.nan)
        self.map = self.moving(axes.imshow(blank, cmap="viridis_r", vmin=0, vmax=2.2, origin="lower", aspect="auto"))
        self.texts = {
            (row, column): self.moving(axes.text(column, row, "", ha="center", va="center"))
            for row in range(len(self.gains))
            for column in range(len(self.rates))
        }
        (self.best,) = axes.plot([], [], "s", ms=24, mfc="none", mec=VERMILION, mew=2.2)
        self.moving(self.best)

    def move(self, rate_map):
        median = rate_map.median
        shade = np.log10(np.where(np.isfinite(median), median, np.nan))
        self.map.set_data(np.ma.masked_invalid(shade))
        for (row, column), text in self.texts.items():
            text.set_text(step_text(median[row, column]))
            dark = np.isfinite(median[row, column]) and shade[row, column] > 1.25
            text.set_color("white" if dark else BLACK if np.isfinite(median[row, column]) else GREY)
        self.best.set_data(median.argmin(axis=1), np.arange(len(self.gains)))

    def reading(self, rate_map):
        parts = [
            f"gain {gain:g} at rate {rate:g}: {step_text(steps)}"
            for gain, rate, steps in zip(rate_map.gains, rate_map.best_rate, rate_map.median.min(axis=1), strict=True)
        ]
        return f"The best rate of each gain, and its median steps to the target: {', '.join(parts)}."


DEPTH_LOOKS = {1: Look(BLUE, "-", "o"), 2: Look(VERMILION, "--", "s")}
SCALE_LOOKS = [Look(BLACK, "-", "o"), Look(BLUE, "--", "s"), Look(ORANGE, "-.", "D"), Look(VERMILION, ":", "^")]


class PlateauView(View):
    """Two Plateaus: losses of one hidden layer on the left, steps on the plateau by σ and depth on the right."""

    size = (7.4, 3.4)

    def __init__(self, stds):
        self.stds = stds
        super().__init__()

    def build(self):
        left, right = self.figure.subplots(1, 2)
        left.set(xlim=(0, 50), ylim=(0.1, 0.8), xlabel="step", ylabel="loss [nats]", title="one hidden layer")
        left.axhline(math.log(2), color=BLACK, linewidth=1, linestyle=DOTTED)
        self.curves = [Band(self, left, look, f"σ = {std:g}") for std, look in zip(self.stds, SCALE_LOOKS, strict=True)]
        left.legend(loc="lower left", handlelength=3)
        right.set(xscale="log", yscale="log", xlim=(0.15, 0.002), ylim=(3, 1500), xlabel="σ of the first weights")
        self.right = right
        right.set_xticks(self.stds, [f"{std:g}" for std in self.stds])
        self.depths = {
            depth: Band(self, right, look, f"{depth} hidden layer{'s' if depth > 1 else ''}")
            for depth, look in DEPTH_LOOKS.items()
        }
        for band in self.depths.values():
            band.line.set_markevery(1)
        right.legend(loc="upper left", handlelength=3)

    def move(self, plateaus):
        self.right.set_title(f"steps until the loss falls below {plateaus[0].target:g}")
        for number, curve in enumerate(self.curves):
            curve.move(plateaus[0].steps, plateaus[0].loss[:, number])
        for plateau in plateaus:
            self.depths[plateau.hidden_layers].move(plateau.std, plateau.left)

    def reading(self, plateaus):
        parts = [
            f"{plateau.hidden_layers} hidden: {', '.join(step_text(step) for step in np.median(plateau.left, axis=1))}"
            for plateau in plateaus
        ]
        scales = ", ".join(f"{std:g}" for std in self.stds)
        return f"Median steps on the plateau from σ = {scales}, {'; '.join(parts)}."


TITLES = {"tanh": "tanh", "relu": "ReLU"}


class CornersView(View):
    """Corners of both activations: the share of trapped networks by hidden units and start, with intervals."""

    size = (7.4, 3.4)
    activations = ("tanh", "relu")
    hidden = (2, 3, 4)

    def build(self):
        panels = self.figure.subplots(1, 2, sharey=True)
        self.points, self.bars = {}, {}
        for axes, activation in zip(panels, self.activations, strict=True):
            axes.set(xlim=(1.5, 4.5), ylim=(-0.03, 1), xticks=self.hidden, xlabel="hidden units")
            axes.set_title(TITLES[activation])
            axes.grid(axis="x", visible=False)
            for number, start in enumerate(CORNER_STARTS):
                look = LOOKS[start]
                for hidden in self.hidden:
                    place = hidden + 0.18 * (number - 1.5)
                    (bar,) = axes.plot([], [], color=look.color, linewidth=5, alpha=0.4, solid_capstyle="butt")
                    label = start if hidden == 2 and activation == "tanh" else None
                    (point,) = axes.plot([place], [np.nan], look.marker, color=look.color, ms=6, label=label)
                    self.bars[activation, hidden, start] = self.moving(bar)
                    self.points[activation, hidden, start] = self.moving(point)
        panels[0].set_ylabel("share of trapped networks")
        panels[0].set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        self.figure.legend(loc="outside lower center", ncols=4)

    def move(self, many):
        for corners in many:
            for number, start in enumerate(corners.starts):
                key = corners.activation, corners.hidden, start
                place = self.points[key].get_xdata()[0]
                self.points[key].set_ydata([corners.trapped[number].mean()])
                self.bars[key].set_data([place, place], corners.interval(start))

    def reading(self, many):
        parts = []
        for corners in many:
            trapped = zip(corners.starts, corners.trapped.sum(axis=1), strict=True)
            counts = ", ".join(f"{start} {count}" for start, count in trapped)
            parts.append(f"{corners.activation}, {corners.hidden} units: {counts}")
        return f"Trapped networks of {many[0].loss.shape[1]}, by start. {'; '.join(parts)}."


class ScaledView(View):
    """One ScaledRace of so many seeds: losses on the left, how many networks have arrived on the right."""

    size = (7.4, 3.3)

    def __init__(self, seeds=16):
        self.seeds = seeds
        super().__init__()

    def build(self):
        left, right = self.figure.subplots(1, 2, width_ratios=[1.35, 1])
        task = TASKS["spirals"]()
        steps = task.steps
        left.set(xlim=(0, steps), ylim=(1e-3, 1e2), yscale="log", xlabel="step", ylabel="loss [nats]")
        left.axhline(task.target, color=BLACK, linewidth=1)
        left.axhline(task.guessing, color=BLACK, linewidth=1, linestyle=DOTTED)
        left.text(0.985 * steps, 1.15 * task.guessing, "guessing", ha="right", va="bottom", fontsize=9.5, color=GREY)
        left.text(0.985 * steps, 0.8667 * task.target, "target", ha="right", va="top", fontsize=9.5, color=GREY)
        self.bands = {start: Band(self, left, LOOKS[start]) for start in CONTEST_STARTS}
        left.set_title("median loss, and the middle 80 %")
        self.label = self.moving(left.text(0.985 * steps, 70, "", ha="right", va="top", linespacing=1.4))
        title = f"networks at the target, of {self.seeds}"
        right.set(xlim=(0, steps), ylim=(0, self.seeds + 0.6), xlabel="step", title=title)
        right.set_yticks(range(0, self.seeds + 1, 4))
        self.counts = {}
        for start in CONTEST_STARTS:
            look = LOOKS[start]
            (line,) = right.plot([], [], color=look.color, linestyle=look.linestyle, drawstyle="steps-post")
            self.counts[start] = self.moving(line)

    def move(self, race):
        for start, band in self.bands.items():
            shown = start == race.start
            band.move(race.steps, race.loss) if shown else band.clear()
            self.counts[start].set_data(*(([], []) if not shown else (race.steps, race.arrived)))
        diverged = f"\n{race.diverged} diverged" if race.diverged else ""
        self.label.set_text(settings(race) + diverged)

    def reading(self, race):
        seeds = race.loss.shape[1]
        sentence = (
            f"{race.start} × {race.factor:g}: after {race.steps[-1]} steps {race.arrived[-1]} of {seeds} have arrived"
        )
        if race.diverged:
            sentence += f", {race.diverged} have diverged"
        low, high = (step_text(end) for end in race.arrival_interval)
        arrives = "never arrives" if low == "never" else f"arrives between steps {low} and {high}"
        return f"{sentence}; the median one {arrives}, with 95 % confidence."


def settings(race):
    """Write what a ScaledRace was started with."""
    layers = f"{race.hidden_layers} layer{'s' if race.hidden_layers > 1 else ''}"
    return f"{race.start} × {race.factor:g}, rate {race.learning_rate:g}, {layers}"
