"""Explorer: controls that recompute an experiment and move its picture while the hand is still on the slider.

This is the only module that knows about widgets.
"""

import asyncio
import html
import inspect
import math
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets  # noqa: TID251
from traitlets import Unicode

from helpers.offset import other_seeds, seed_offset

SLICE_SECONDS = 0.01  # how long a training may run without a pause
PAUSE_SECONDS = 0.01  # how long the kernel then listens to the controls
REST_SECONDS = 0.15  # how long after a move a training goes on: a hand that is still moving need not wait for it
PICTURE_SECONDS = 0.1  # how often a training is drawn: pictures that queue up in a slow browser delay the next move
CACHE_SIZE = 64  # results kept, so that moving back is instant
MOST_KEPT = 3  # grey copies of curves at once


@dataclass(frozen=True)
class Slider:
    """A slider over `values`, from the first to the last. `unit` stands behind the number."""

    label: str
    values: Sequence[Any]
    start: Any
    unit: str = ""

    def __post_init__(self):
        checked_values(self.values, self.label)
        checked_start(self.start, self.values, self.label)

    def widget(self):
        options = [(f"{plain(value)} {self.unit}".strip(), value) for value in self.values]
        return widgets.SelectionSlider(
            options=options,
            value=self.start,
            description=self.label,
            continuous_update=True,
            style={"description_width": "11em"},
            layout={"width": "34em", "max_width": "100%"},
        )


@dataclass(frozen=True)
class Choice:
    """A menu of `values`."""

    label: str
    values: Sequence[Any]
    start: Any

    def __post_init__(self):
        checked_values(self.values, self.label)
        checked_start(self.start, self.values, self.label)

    def widget(self):
        options = [(plain(value), value) for value in self.values]
        return widgets.Dropdown(
            options=options,
            value=self.start,
            description=self.label,
            style={"description_width": "11em"},
            layout={"width": "28em", "max_width": "100%"},
        )


class Picture(widgets.Image):
    """A picture whose `tooltip` is its text alternative; in JupyterLab, only what has a description shows one."""

    description = Unicode("").tag(sync=True)


class Explorer:
    """Controls → compute → view → picture.

    Parameters
    ----------
    compute : callable
        ``compute(**parameters)`` returns a result, or yields results that grow, each with a `progress` from 0
        to 1: then the last one is shown when the cell runs, and after a move the training is watched.
    view : View
        Draws a result.
    **controls : Slider or Choice
        One for each parameter of `compute`.

    A failing compute leaves the last good picture and says in a line of text what went wrong.

    Below the controls stand three buttons. "Keep this curve" leaves a thin grey copy of what the picture shows below
    the pictures to come, of the last three times at most. "Other seeds" draws the next random numbers for compute.
    "Reset" takes back both, and every move.
    """

    def __init__(self, compute, view, **controls):
        checked_controls(compute, controls)
        checked_view(view)
        self.compute = compute
        self.view = view
        self.controls = controls
        self.inputs = {name: control.widget() for name, control in controls.items()}
        self.result = None  # what the picture shows
        self._settings = None  # of which settings that is
        self._kept = {}  # by their settings, the artists of grey copies
        self._first_seeds = seed_offset()
        self._further = 0  # how often other seeds were asked for
        self._problem = ""  # what went wrong since the picture was drawn
        self._cache = {}
        self._trains = False  # whether there was ever a training
        self._growing = None  # a training that is under way
        self._latest = None  # how far it has come, drawn or not
        self._scheduled = None  # when it goes on
        self._drawn_at = -math.inf  # when a picture was last drawn
        self._hold = False  # several controls are being moved at once
        self._build_box()
        for control in self.inputs.values():
            control.observe(self._moved, names="value")
        self.restart(math.inf)

    def _build_box(self):
        width, _ = self.view.css_size
        self.image = Picture(format="png", layout={"width": f"{width}px", "max_width": "100%"})
        self.text = widgets.HTML()  # all of it in one widget: each costs the browser a message a picture
        self.keep_button = button("Keep this curve", "Leave a thin grey copy of it, for comparing", self.keep)
        self.seeds_button = button("Other seeds", "The same with the next random numbers", self.draw_other_seeds)
        self.reset_button = button("Reset", "Back to where all began, without grey copies", self.reset)
        buttons = widgets.HBox(
            [self.keep_button, self.seeds_button, self.reset_button],
            # below the controls, not below their names; on a narrow screen one below the other
            layout={"margin": "0 0 0 11.5em", "flex_flow": "row wrap"},
        )
        self.box = widgets.VBox([*self.inputs.values(), buttons, self.image, self.text])

    @property
    def parameters(self):
        """What the controls say now, by name."""
        return {name: control.value for name, control in self.inputs.items()}

    @property
    def _key(self):
        """What a result depends on."""
        return self._further, tuple(self.parameters.values())

    @property
    def finished(self):
        """Whether the picture shows the last result of its parameters."""
        return self._growing is None

    def set(self, **parameters):
        """Move several controls at once, as a hand would one by one, and compute once."""
        for name, value in parameters.items():
            checked_move(name, value, self.controls)
        self._hold = True
        try:
            for name, value in parameters.items():
                self.inputs[name].value = value
        finally:
            self._hold = False
        self._moved()

    def reset(self):
        """Put every control back to its start, take back the seeds, and clear what was kept."""
        for settings in list(self._kept):
            self._forget(settings)
        self._further = 0
        self.set(**{name: control.start for name, control in self.controls.items()})

    def keep(self):
        """Leave a thin grey copy of what the picture shows, for comparing; the oldest of too many goes."""
        self._forget(self._settings)
        self._kept[self._settings] = self.view.keep(self.result)
        if len(self._kept) > MOST_KEPT:
            self._forget(next(iter(self._kept)))
        self._draw(self.result)
        self._tell()

    def draw_other_seeds(self):
        """Compute for what the controls say now, with the next random numbers."""
        self._further += 1
        self._moved()

    def _forget(self, settings):
        self.view.forget(self._kept.pop(settings, ()))

    def restart(self, seconds=SLICE_SECONDS):
        """Compute for what the controls say now, of a training about the first `seconds`, and draw it."""
        self._stop()
        key = self._key
        with self._failures_told(), other_seeds(self._further):
            if key not in self._cache:
                result = self.compute(**self.parameters)
                if inspect.isgenerator(result):
                    self._growing = result
                    self._trains = True
                    self._train(seconds)
                    result = self._latest
                else:
                    self._remember(key, result)
            else:
                result = self._cache[key]
            self._show(result)

    def advance(self, seconds=SLICE_SECONDS):
        """Go on with a training that is under way for about `seconds`; redraw at its end, and now and then before."""
        if self.finished:
            return
        with self._failures_told(), other_seeds(self._further):
            self._train(seconds)
            if self.finished or time.perf_counter() - self._drawn_at > PICTURE_SECONDS:
                self._show(self._latest)

    def finish(self):
        """Go on with a training that is under way to its end, then redraw."""
        self.advance(seconds=math.inf)

    def _train(self, seconds):
        """Take results of a training that is under way for about `seconds`, and at least one."""
        until = time.perf_counter() + seconds
        for result in self._growing:
            self._latest = result
            if time.perf_counter() > until:
                return
        self._growing = None
        if self._latest is None:
            raise ValueError("compute yielded no result; it must yield at least one")
        self._remember(self._key, self._latest)

    def _moved(self, _change=None):
        if self._hold:
            return
        self.restart()
        self._schedule(REST_SECONDS)

    def _schedule(self, seconds):
        """Let the kernel's event loop advance the training; where there is none, finish at once."""
        if self.finished:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.finish()
            return
        self._scheduled = loop.call_later(seconds, self._advance_and_schedule)

    def _advance_and_schedule(self):
        self.advance()
        self._schedule(PAUSE_SECONDS)

    def _stop(self):
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        self._growing = None
        self._latest = None

    def _remember(self, key, result):
        self._cache[key] = result
        if len(self._cache) > CACHE_SIZE:
            del self._cache[next(iter(self._cache))]

    def _show(self, result):
        self._draw(result)
        self.result = result
        self._settings = self._key
        self._problem = ""
        self._drawn_at = time.perf_counter()
        self._tell()

    def _draw(self, result):
        self.view.update(result)
        reading = self.view.reading(result)
        with self.image.hold_sync():  # picture and text alternative in one message
            self.image.value = self.view.png()
            self.image.tooltip = reading

    def _tell(self):
        """Write below the picture what it shows, how far a training has come, and what went wrong."""
        lines = [paragraph("status", self.image.tooltip)]
        if self._trains:  # it keeps its place, so that nothing jumps
            lines.append(progress_bar(1.0 if self.finished else self.result.progress))
        if self._kept:
            lines.append(paragraph("note", f"In grey: {'; '.join(self._difference(kept) for kept in self._kept)}."))
        if self._further:
            lines.append(paragraph("note", f"Other seeds: those of {self._seeds_text(self._further)}."))
        if self._problem:
            lines.append(paragraph("alert", self._problem))
        self.text.value = "".join(lines)

    def _difference(self, settings):
        """Tell in what `settings` differ from those of the picture."""
        further, values = settings
        shown_further, shown_values = self._settings
        differences = [
            f"{control.label} {plain(value)}"
            for control, value, shown in zip(self.controls.values(), values, shown_values, strict=True)
            if value != shown
        ]
        if further != shown_further:
            differences.append(self._seeds_text(further))
        return ", ".join(differences) or "what the picture shows"

    def _seeds_text(self, further):
        return f"STEP_ZERO_SEED={self._first_seeds + further}"

    @contextmanager
    def _failures_told(self):
        """Let `_fail` tell what goes wrong; an interruption goes on, to whoever asked for it."""
        try:
            yield
        except Exception as error:
            self._fail(error)
        except KeyboardInterrupt as error:
            self._fail(error)
            raise

    def _fail(self, error):
        """Say what went wrong, and keep the picture; where there is none yet, let the cell fail."""
        self._stop()
        if self.result is None:
            raise error
        why = str(error) or type(error).__name__
        self._problem = f"No picture for these settings ({why}). The last good picture stays."
        self._tell()

    def __repr__(self):
        arguments = ", ".join(f"{name}={plain(value)}" for name, value in self.parameters.items())
        return f"Explorer({arguments})"

    def _repr_mimebundle_(self, include=None, exclude=None):
        """The live widget; where no kernel runs, the picture; where there is no picture, its reading."""
        data, metadata = self.view.mimebundle(self.result, bytes(self.image.value))
        data["text/plain"] = f"{self!r}\n{data['text/plain']}"
        return {**self.box._repr_mimebundle_(), **data}, metadata


def button(name, tooltip, action):
    """Return a button that does `action`."""
    made = widgets.Button(description=name, tooltip=tooltip)
    made.on_click(lambda _: action())
    return made


def paragraph(role, text):
    """Return `text` as HTML that a screen reader reads out when it changes."""
    return f'<p role="{role}">{html.escape(text)}</p>'


def progress_bar(progress):
    """Return an HTML bar, from 0 to 1, that cannot be seen once it is full."""
    visibility = "hidden" if progress == 1 else "visible"
    return f'<label style="visibility: {visibility}">training <progress value="{progress:.3f}"></progress></label>'


def plain(value):
    """Write a control's value as a reader would: 0.5, 1e-06, relu."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def checked_values(values, label):
    """Raise unless a control has values, and results can be kept by each of them."""
    if not isinstance(label, str):
        raise TypeError(f'a control begins with its label, for example "depth"; got {label!r}')
    try:
        listed = [] if isinstance(values, (str, bytes, Iterator)) else list(values)
    except TypeError:
        listed = []
    if not listed:
        raise TypeError(f"{label} needs a list of values, for example [1, 2, 4]; got {values!r}")
    for value in listed:
        if not is_hashable(value):
            raise TypeError(f"{label} needs values such as 0.1, 'relu' or (64, 16), which cannot change; got {value!r}")


def is_hashable(value):
    """Say whether `value` can be a key; a tuple can if all in it can."""
    return isinstance(value, Hashable) and (not isinstance(value, tuple) or all(is_hashable(part) for part in value))


def checked_start(start, values, label):
    """Raise unless a control's start is one of its values."""
    if not is_hashable(start) or start not in list(values):
        raise ValueError(f"{label} starts at {start!r}, which is not one of its values {list(values)}")


def checked_move(name, value, controls):
    """Raise unless `name` is one of these controls, and `value` one of its values."""
    if name not in controls:
        raise TypeError(f"there is no control {name}, but {', '.join(controls) or 'none at all'}")
    values = list(controls[name].values)
    if not is_hashable(value) or value not in values:
        raise ValueError(f"{name} must be one of {values}; got {value!r}")


def checked_view(view):
    """Raise unless `view` is a View, and not its class."""
    if isinstance(view, type) or not hasattr(view, "css_size"):
        raise TypeError(f"view must be a View, for example RaceView(); got {view!r}")


def checked_controls(compute, controls):
    """Raise unless there is a Slider or Choice for what `compute` takes, and for nothing else."""
    if not callable(compute):
        raise TypeError(f"compute must be a function, for example run_race; got {compute!r}")
    parameters = inspect.signature(compute).parameters
    taken = list(parameters)
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    unknown = [name for name in controls if name not in taken]
    if unknown and not takes_any:
        raise TypeError(f"compute takes {', '.join(taken)}; no control can move {', '.join(unknown)}")
    wrong = [name for name, control in controls.items() if not isinstance(control, (Slider, Choice))]
    if wrong:
        raise TypeError(f"a control must be a Slider or a Choice; {', '.join(wrong)} is not")
    needed = [name for name, parameter in parameters.items() if is_needed(parameter) and name not in controls]
    if needed:
        raise TypeError(f"compute takes {', '.join(taken)}; no control was given for {', '.join(needed)}")


def is_needed(parameter):
    """Say whether a function cannot be called without this parameter."""
    several = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.default is parameter.empty and not several
