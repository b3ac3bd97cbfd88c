"""How the course's figures look: one colour, line and marker for each initializer and activation.

The colours are Okabe & Ito's, safe for the three common kinds of colour blindness; since colour never carries
a meaning alone, each comes with a line style and a marker.
"""

import math
from dataclasses import dataclass

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE, GREY = "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#707070"

RC = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
}


DOTTED = (0, (1, 2))  # the line style of what was predicted, or costs nothing to reach


@dataclass(frozen=True)
class Look:
    """How one thing is drawn, wherever it appears."""

    color: str
    linestyle: str
    marker: str


LOOKS = {
    "zeros": Look(BLACK, "-", "o"),
    "constant": Look(GREY, "--", "s"),
    "small normal": Look(SKY, "-.", "v"),
    "large normal": Look(PURPLE, ":", "^"),
    "Xavier": Look(ORANGE, "--", "D"),
    "He": Look(BLUE, "-", "P"),
    "He uniform": Look(GREEN, "-.", "X"),
    "standard": Look(VERMILION, ":", "s"),
    "twins": Look(GREEN, "-.", "v"),
    "normal": Look(SKY, "-", "v"),
    "uniform": Look(VERMILION, "--", "X"),
    "uniform(-σ, σ)": Look(PURPLE, ":", "^"),
    "linear": Look(BLACK, "-", "o"),
    "sigmoid": Look(PURPLE, ":", "^"),
    "tanh": Look(VERMILION, "--", "s"),
    "relu": Look(BLUE, "-", "P"),
    "leaky_relu": Look(GREEN, "-.", "D"),
}


def power_text(value, _position=None):
    """Write a power of ten as code does, 1e-6: a raised exponent would be too small to read."""
    if 1e-3 <= value <= 1e3:
        return f"{value:g}"
    return f"1e{round(math.log10(value))}"
