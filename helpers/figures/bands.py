"""A curve over many seeds: the median as a line, the middle 80 % of the seeds as a band."""

import numpy as np
from matplotlib.collections import PolyCollection

from helpers.statistics import quantiles


class Band:
    """Two artists of `view` on `axes` that show values of shape (T, S) against T positions."""

    def __init__(self, view, axes, look, label=None, *, marked=True):
        self.area = view.moving(PolyCollection([], facecolor=look.color, alpha=0.25, linewidth=0))
        axes.add_collection(self.area, autolim=False)
        (line,) = axes.plot(
            [],
            [],
            color=look.color,
            linestyle=look.linestyle,
            marker=look.marker if marked else None,
            markevery=0.23,
            label=label,
        )
        self.line = view.moving(line)

    def move(self, positions, values):
        """Show `values`; a curve stops where the median is no finite number any more."""
        low, middle, high = quantiles(values)
        shown = np.isfinite(middle)
        self.line.set_data(positions[shown], middle[shown])
        bottom, top = self.line.axes.get_ylim()
        low, high = (np.clip(edge[shown], bottom, top) for edge in (low, high))
        there, back = np.column_stack([positions[shown], low]), np.column_stack([positions[shown], high])
        self.area.set_verts([np.concatenate([there, back[::-1]])] if shown.any() else [])

    def clear(self):
        """Show nothing."""
        self.line.set_data([], [])
        self.area.set_verts([])
