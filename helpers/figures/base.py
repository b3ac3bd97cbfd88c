"""What every View shares: the canvas, the redraw that touches only what moved, and the picture as PNG."""

import io
import textwrap

from IPython.display import display
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import LogFormatterSciNotation, NullLocator
from PIL import Image

from helpers.figures.style import RC, power_text

SCREEN_DPI = 96  # CSS pixels an inch
SHARPNESS = 1.5  # image pixels a CSS pixel: crisp on a high-density screen
TEXT_WIDTH = 100  # characters that fit in a line below a cell
PALETTE = 64  # colours in a picture
KEPT, KEPT_WIDTH, KEPT_MARKER = "#8c8c8c", 0.9, 0.7  # how a curve looks that was kept; its markers shrink to 0.7
KEPT_ORDER = 1.9  # just below the other lines, and above the shades


class View:
    """A figure for one kind of result.

    A subclass builds its axes and artists in `build`, moves them in `move`, and tells in `reading` what the
    picture shows, in one sentence of text. An artist that `move` touches is registered with `moving`.
    Only moving artists are drawn for a new result, over a stored background; that is drawn again only
    when a limit, a scale, a title or a label has changed.

    `keep` leaves a thin grey copy of the lines, points and outlines in the background. Of areas, images and words
    there is no copy, since it would hide what it is to be compared with; a View may say in `grey_copy` what it wants.
    """

    size = (7.4, 3.2)  # inches

    def __init__(self):
        with rc_context(RC):
            self.figure = Figure(figsize=self.size, dpi=SHARPNESS * SCREEN_DPI, layout="constrained")
            self.figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06)
            self.canvas = FigureCanvasAgg(self.figure)
            self._moving = []
            self._background = None
            self._background_key = None
            self.build()
            self._label_powers_only()

    @property
    def css_size(self):
        """Width and height of the picture on a page, in CSS pixels."""
        width, height = self.size
        return int(width * SCREEN_DPI), int(height * SCREEN_DPI)

    def build(self):
        """Make the axes and the artists."""
        raise NotImplementedError

    def move(self, result):
        """Give the artists the data of `result`."""
        raise NotImplementedError

    def reading(self, result):
        """Return one sentence with the numbers that the picture shows."""
        raise NotImplementedError

    def moving(self, artist):
        """Register an artist that `move` changes, and return it."""
        artist.set_animated(True)
        self._moving.append(artist)
        return artist

    def update(self, result):
        """Move the artists to `result` and draw it."""
        with rc_context(RC):
            self.move(result)
            key = self._still_parts()
            if key != self._background_key:
                self._draw_background()
                self._background_key = key
            self.canvas.restore_region(self._background)
            for artist in self._moving:
                if artist.get_visible():
                    artist.axes.draw_artist(artist)

    def keep(self, result):
        """Leave a thin grey copy of `result`, and return the copy's artists, for `forget`."""
        self.move(result)
        shown = [artist for artist in self._moving if artist.get_visible()]
        copies = [copy for copy in map(self.grey_copy, shown) if copy is not None]
        self._background_key = None
        return copies

    def forget(self, copies):
        """Take a copy away that `keep` has left."""
        for copy in copies:
            copy.remove()
        self._background_key = None

    def grey_copy(self, artist):
        """Add a thin grey copy of a moving artist to its axes and return it; None where there is nothing to copy."""
        if isinstance(artist, Line2D):
            return grey_line(artist) if len(artist.get_xdata()) else None
        if isinstance(artist, LineCollection):
            copy = LineCollection(artist.get_segments(), color=KEPT, linewidth=KEPT_WIDTH, zorder=KEPT_ORDER)
            return artist.axes.add_collection(copy, autolim=False)
        if isinstance(artist, StepPatch):
            values, edges, _ = artist.get_data()
            copy = StepPatch(values, edges, baseline=None, fill=False, edgecolor=KEPT, linewidth=KEPT_WIDTH)
            return artist.axes.add_artist(copy)
        return None

    def png(self):
        """Return the drawn picture as PNG bytes."""
        pixels = self.canvas.buffer_rgba()
        height, width, _ = pixels.shape
        picture = Image.frombuffer("RGBA", (width, height), pixels).convert("RGB")
        file = io.BytesIO()
        with_few_colours(picture).save(file, format="PNG", compress_level=4)
        return file.getvalue()

    def show(self, result):
        """Display `result` as a still picture, and print its reading below."""
        self.update(result)
        data, metadata = self.mimebundle(result, self.png())
        display(data, metadata=metadata, raw=True)
        print(textwrap.fill(data["text/plain"], TEXT_WIDTH))

    def mimebundle(self, result, picture):
        """Return `picture`, the PNG of `result`, with its metadata, as Jupyter's display protocol wants them."""
        width, height = self.css_size
        reading = self.reading(result)
        data = {"image/png": picture, "text/plain": reading}
        metadata = {"image/png": {"width": width, "height": height, "alt": reading}}
        return data, metadata

    def _label_powers_only(self):
        """Write powers of ten as 1e-6. The ticks between them go: they are nearly half of what a first draw costs."""
        for axes in self.figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                if isinstance(axis.get_major_formatter(), LogFormatterSciNotation):
                    axis.set_major_formatter(power_text)
                if axis.get_scale() == "log":
                    axis.set_minor_locator(NullLocator())

    def _still_parts(self):
        """Return what the background shows and `move` may have changed."""
        return [
            (
                axes.get_xlim(),
                axes.get_ylim(),
                axes.get_xscale(),
                axes.get_yscale(),
                axes.get_title(),
                axes.get_xlabel(),
                axes.get_ylabel(),
                axes.get_visible(),
            )
            for axes in self.figure.axes
        ]

    def _draw_background(self):
        """Draw everything that does not move. The layout is worked out the first time and then kept."""
        self.canvas.draw()
        if self.figure.get_layout_engine() is not None:
            self.figure.set_layout_engine("none")
        self._background = self.canvas.copy_from_bbox(self.figure.bbox)


def grey_line(line):
    """Add a thin grey copy of `line` to its axes, with the same dashes and markers, and return it."""
    copy = Line2D([], [])
    copy.update_from(line)
    copy.set(animated=False, zorder=KEPT_ORDER, label="_kept", markevery=line.get_markevery())
    copy.set(color=KEPT, linewidth=KEPT_WIDTH, markeredgecolor=KEPT, markersize=KEPT_MARKER * line.get_markersize())
    if line.get_markerfacecolor() not in ("white", "none"):  # a ring stays a ring
        copy.set_markerfacecolor(KEPT)
    copy.set_data(*line.get_data())
    return line.axes.add_line(copy)


def with_few_colours(picture):
    """Return `picture` with the 64 colours that serve it best; every other pixel is enough to choose them."""
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.NEAREST)
    palette = half.quantize(PALETTE, method=Image.Quantize.FASTOCTREE)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)
