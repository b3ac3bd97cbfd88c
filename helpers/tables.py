"""Results as fixed-width text: what a reader compares at a glance, and nbval to the letter."""

import math

import numpy as np


def table(headers, rows):
    """Return a text table: the first column to the left, the others to the right.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequences
        Text and whole numbers stand as they are, floats rounded to two significant digits.
    """
    cells = [[str(header) for header in headers], *([cell_text(cell) for cell in row] for row in rows)]
    if any(len(row) != len(headers) for row in cells):
        raise ValueError(f"every row needs {len(headers)} cells, one for each of {', '.join(headers)}")
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def cell_text(value):
    """Write one cell: a float with two significant digits, anything else as it is."""
    if isinstance(value, (float, np.floating)):
        return rounded(value)
    return str(value)


def rounded(value, digits=2):
    """Write a number with `digits` significant digits: 0.69, 42, 5.2e-03, 3.0e+05, inf."""
    if not math.isfinite(value):
        return str(float(value))
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e4:
        return f"{value:.{digits - 1}e}"
    value = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{decimals}f}"


def step_text(steps):
    """Write after how many steps something was reached, or that it was not."""
    return f"{steps:.0f}" if math.isfinite(steps) else "never"


def race_table(races):
    """One row for each start: the median loss before and after, and how its networks ended."""
    headers = ["start", "loss before", "loss after", "step at loss 0.1", "learned"]
    rows = [
        [
            race.start,
            race.median_loss[0],
            race.median_loss[-1],
            step_text(race.steps_to(0.1)),
            f"{race.learned} of {race.loss.shape[1]}",
        ]
        for race in races
    ]
    return table(headers, rows)


def fade_table(fade):
    """One row for each width: the median standard deviation of z, layer by layer."""
    layers = fade.std.shape[1]
    headers = ["inputs of a unit", *(f"layer {layer}" for layer in range(1, layers + 1))]
    medians = np.median(fade.std, axis=2)
    return table(headers, [[width, *row] for width, row in zip(fade.widths, medians, strict=True)])


def scale_table(scales):
    """One row for each width: σ√n, and the medians of the std of z and of measured / predicted var(z)."""
    headers = ["inputs of a unit", "σ √n"]
    columns = [scales[0].widths, scales[0].std * np.sqrt(scales[0].widths)]
    for scale in scales:
        headers += [f"{scale.weights}: std of z", "var / predicted"]
        columns += [np.sqrt(np.median(scale.variance, axis=1)), np.median(scale.ratio, axis=1)]
    return table(headers, zip(*columns, strict=True))


def shape_table(shapes):
    """One row for each width: the median kurtosis of z for each kind of weights."""
    headers = ["n", *(shape.weights for shape in shapes)]
    medians = [np.median(shape.kurtosis, axis=1) for shape in shapes]
    return table(headers, zip(shapes[0].widths, *medians, strict=True))


def signals_table(many):
    """One row for each Signals: the scale of signal and gradient at their far ends, and where they leave float32."""
    depth = many[0].depth
    headers = ["activation", "gain", f"h, layer {depth}", "leaves float32", "δ, layer 1", "leaves float32"]
    rows = []
    for signals in many:
        forward, backward = np.median(signals.forward[-1]), np.median(signals.backward[0])
        diverged, vanished, gone = (
            median_layer(layers) for layers in (signals.diverged_at, signals.zero_at, signals.gradient_zero_at)
        )
        signal_end = f"inf, layer {diverged}" if diverged else f"0, layer {vanished}" if vanished else "–"
        gradient_end = f"0, layer {gone}" if gone else "–"
        row = [signals.activation, f"{signals.gain:g}", scale_text(forward), signal_end]
        rows.append([*row, scale_text(backward), gradient_end])
    return table(headers, rows)


def levels_table(many):
    """One row for each activation: E[z²] of the median network in the last layer, by the rule for the gain."""
    rules = list(dict.fromkeys(levels.rule for levels in many))
    ends = {}
    for levels in many:
        ends.setdefault(levels.activation, {})[levels.rule] = scale_text(np.median(levels.measured[-1]))
    headers = ["activation", *(f"gain {rule}" for rule in rules)]
    return table(headers, [[name, *(row.get(rule, "–") for rule in rules)] for name, row in ends.items()])


def layers_table(many):
    """One row for each layer of every Layers: the medians of its three scales, over those where they come from."""
    headers = ["layer"]
    columns = [range(1, many[0].depth + 1)]
    for layers in many:
        headers += [f"{layers.start}: h", "δ", "∂L/∂W"]
        columns += [np.median(scales, axis=1)[-layers.depth :] for scales in layers.relative.values()]
    return table(headers, zip(*columns, strict=True))


def jacobians_table(many):
    """One row for each Jacobians: the median over the seeds of its singular values' mean, layer by layer."""
    headers = ["start", *(f"layer {layer}" for layer in many[0].layers)]
    return table(headers, [[jacobians.start, *np.median(jacobians.mean, axis=1)] for jacobians in many])


def backs_table(backs, layers):
    """One row for each Back: the median scale of delta in the given `layers`."""
    headers = ["", *(f"layer {layer}" for layer in layers)]
    rows = []
    for back in backs:
        name = f"{back.activation}, {back.gain:g} × Xavier" + (", centred" if back.centred else "")
        rows.append([name, *(np.median(back.delta[layer - 1]) for layer in layers)])
    return table(headers, rows)


def trainings_table(trainings):
    """One row for each Training: the median loss at its end, when half of its networks had learned, and how many."""
    headers = ["layers", "start", "loss after", "below half of guessing at step", "learned"]
    rows = [
        [
            training.layers,
            training.start,
            rounded(np.median(training.loss[-1]), 1),
            step_text(training.half_at),
            f"{training.learned.sum()} of {len(training.learned)}",
        ]
        for training in trainings
    ]
    return table(headers, rows)


def born_table(born, layers):
    """One row for each width: the share of networks that are dead after some `layers`, and its bound."""
    headers = ["width"]
    for layer in layers:
        headers += [f"{layer} layers: dead", "bound"]
    rows = []
    for width, counts, bounds in zip(born.widths, born.dead_for_all, born.bound, strict=True):
        shares = [(counts[layer - 1] / born.networks, bounds[layer - 1]) for layer in layers]
        rows.append([width, *(f"{number:.3f}" for pair in shares for number in pair)])
    return table(headers, rows)


def contests_table(contests):
    """One row for each Contest: median steps to the target and median held-out accuracy, with their intervals."""
    headers = ["task", "start", "steps", "95 % interval", "held-out accuracy", "95 % interval"]
    rows = []
    for contest in contests:
        low, high = (step_text(end) for end in contest.arrival_interval)
        least, most = (f"{end:.0%}" for end in contest.accuracy_interval)
        row = [contest.task, contest.start, step_text(np.median(contest.arrival)), f"{low} … {high}"]
        rows.append([*row, f"{np.median(contest.accuracy):.0%}", f"{least} … {most}"])
    return table(headers, rows)


def corners_table(many):
    """One row for each start of each Corners: how its networks ended, and the interval of the trapped share."""
    headers = ["hidden units", "start", "learned", "slow", "trapped", "95 % interval"]
    rows = []
    for corners in many:
        for place, start in enumerate(corners.starts):
            counts = [outcome[place].sum() for outcome in (corners.learned, corners.slow, corners.trapped)]
            low, high = corners.interval(start)
            rows.append([f"{corners.hidden} {corners.activation}", start, *counts, f"{low:.0%} … {high:.0%}"])
    return table(headers, rows)


def median_layer(layers):
    """Return the layer by which more than half of the networks are there, None where they never are."""
    middle = np.sort(layers)[len(layers) // 2]
    return int(middle) if np.isfinite(middle) else None


def scale_text(scale):
    """Write a scale with one digit, and no more than the direction of one that is beyond all use."""
    if scale == 0 or not np.isfinite(scale):
        return rounded(scale)
    if not 1e-10 < scale < 1e10:
        return "< 1e-10" if scale < 1 else "> 1e+10"
    return rounded(scale, 1)
