"""What a reader's browser and Binder's memory feel: parts of the bench that need Chromium.

JupyterLab, its kernels and the browser share one core; what measures them is on another. Each Explorer stands in a
notebook of its own, with its lesson's imports, and beside it the same experiment as `interactive_output` shows it: a
new figure for every move. A picture of one pixel tells what JupyterLab and the browser cost by themselves. As on
Binder, where the reader's browser has another processor than JupyterLab, each Explorer is measured once more with the
browser on another core.
"""

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import numpy as np
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from helpers.tables import table
from tools.authoring.lab import ALL_RUN, browser_page, lab_server, open_and_run, open_notebook
from tools.course.lesson import explorer_cells
from tools.course.notebook import KERNELSPEC
from tools.course.places import lesson_paths
from tools.measure.cores import on_one_core

LESSONS = lesson_paths()
MOVES = 40
PATIENCE = 50, 500  # milliseconds between two moves, from a hand in a hurry to one that has watched a training
SWEEPS = 10

# No result is kept, so that each move computes.
EXPLORER = "import helpers.explorer\nhelpers.explorer.CACHE_SIZE = 0\nexplorer = {source}\nexplorer"
NEW_FIGURES = """
import copy, inspect, io
import ipywidgets
from IPython.display import Image, display
from helpers.figures.base import View

def new_figure(**parameters):
    result = explorer.compute(**parameters)
    view = copy.copy(explorer.view)
    View.__init__(view)  # builds the figure
    view.update(next(result) if inspect.isgenerator(result) else result)
    picture = io.BytesIO()
    view.figure.savefig(picture, format="png")
    display(Image(picture.getvalue(), width=view.css_size[0]))

controls = {name: control.widget() for name, control in explorer.controls.items()}
ipywidgets.VBox([*controls.values(), ipywidgets.interactive_output(new_figure, controls)])
"""
ONE_PIXEL = """
import io
import ipywidgets
from PIL import Image

def one_pixel(shade):
    file = io.BytesIO()
    Image.new("L", (1, 1), shade).save(file, format="PNG")
    return file.getvalue()

slider, image = ipywidgets.IntSlider(max=20), ipywidgets.Image(value=one_pixel(0))
slider.observe(lambda change: image.set_trait("value", one_pixel(change.new)), names="value")
ipywidgets.VBox([slider, image])
"""


def bench_browser():
    """Time slider moves in JupyterLab, of each Explorer and of the same with a new figure each time.

    Return the longest wait for a first picture, and the worst p95 and the fewest pictures a second: of all on one core,
    and of the browser on another.
    """
    rows, apart_rows, worst = [], [], []
    with on_one_core(), lab_with({"pixel": notebook_of("", ONE_PIXEL), **explorer_notebooks()}) as (address, names):
        for name in names:
            with browser_page() as page, measuring_elsewhere():
                open_notebook(page, address, name)
                page.evaluate(RUN_CELL, 0)
                first = page.evaluate(FIRST_PICTURE, 1)
                ours = measured(page, 0)
                with browser_elsewhere():
                    apart = measured(page, 0)
                rows.append([name, f"{first:.2f}", *map(whole, ours)])
                apart_rows.append([name, *map(whole, apart)])
                if name == "pixel":
                    rows[-1] += ["–"] * 4
                else:
                    page.evaluate(RUN_CELL, 2)
                    theirs = measured(page, 1)
                    rows[-1] += [f"{theirs[0] / ours[0]:.1f}", *map(whole, theirs)]
                    worst.append((first, ours[1], -ours[2], apart[1], -apart[2]))
                stop_kernels(page)
    print(f"Slider moves in JupyterLab in a browser, all on one core: {MOVES} key presses, {SWEEPS} sweeps of a drag;")
    print("on the right interactive_output, with a new figure for every move; first a picture of one pixel")
    headers = ["Explorer", "shown after, s", "median ms", "p95 ms", "a second"]
    print(table([*headers, "times ours", *headers[2:]], rows))
    print("The same with the browser on another core, as on Binder")
    print(table([headers[0], *headers[2:]], apart_rows))
    wait, high, rate, high_apart, rate_apart = map(max, zip(*worst, strict=True))
    return wait, (high, -rate), (high_apart, -rate_apart)


def whole(value):
    return f"{value:.0f}"


def explorer_notebooks():
    """Return a notebook for each Explorer of the course, by name: what it needs, itself, and its rival."""
    notebooks = {}
    for path in LESSONS:
        for number, (before, source) in enumerate(explorer_cells(path).values()):
            notebook = notebook_of(before, EXPLORER.format(source=source), NEW_FIGURES)
            notebooks[f"{path.stem[:2]}-{number + 1}"] = notebook
    return notebooks


def notebook_of(*cells):
    return new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata={"kernelspec": KERNELSPEC})


@contextmanager
def measuring_elsewhere():
    """Move this process, and the driver between it and the browser, away from the core that they have filled."""
    with elsewhere([psutil.Process(), driver()]):
        yield


@contextmanager
def browser_elsewhere():
    """Move the browser away from the core of JupyterLab and its kernels."""
    with elsewhere(driver().children(recursive=True)):
        yield


def driver():
    """Return the process that stands between this one and the browser."""
    children = psutil.Process().children()
    return next(child for child in children if "driver" in "".join(child.cmdline()[:1]))


@contextmanager
def elsewhere(processes):
    """Move all threads of `processes` to other cores than they are on, and back, where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    threads = [thread.id for process in processes for thread in process.threads()]
    measured = os.sched_getaffinity(threads[0])
    move(threads, set(range(os.cpu_count())) - measured or measured)
    try:
        yield
    finally:
        move(threads, measured)


def move(threads, cores):
    for thread in threads:
        with suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(thread, cores)


@contextmanager
def lab_with(notebooks):
    """Serve `notebooks` with JupyterLab; give its address and their names."""
    with tempfile.TemporaryDirectory() as folder, lab_server(Path(folder)) as address:
        for name, notebook in notebooks.items():
            nbformat.write(notebook, Path(folder) / "notebooks" / f"{name}.ipynb")
        yield address, list(notebooks)


# Run in the page: one cell; and one cell, with the seconds from its start to an Explorer's picture.
RUN_CELL = """async number => {
    const panel = window.jupyterapp.shell.currentWidget;
    panel.content.deselectAll();
    panel.content.activeCellIndex = number;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
FIRST_PICTURE = f"""async number => {{
    const shown = new Promise(resolve => document.addEventListener('load', event => {{
        if (event.target.closest?.('.widget-vbox')) requestAnimationFrame(() => resolve(performance.now()));
    }}, true));
    const start = performance.now();
    await ({RUN_CELL})(number);
    return (await shown - start) / 1000;
}}"""

# In a box of controls, keeps when pictures are painted, and promises how long after the next key one is.
WATCH = """box => {
    window.painted = [];
    box.addEventListener('load', () => requestAnimationFrame(() => window.painted.push(performance.now())), true);
}"""
NEXT_MOVE = """box => {
    window.move = new Promise(resolve => box.addEventListener('keydown', () => {
        const pressed = performance.now();
        const done = () => requestAnimationFrame(() => resolve(performance.now() - pressed));
        box.addEventListener('load', done, { capture: true, once: true });
    }, { capture: true, once: true }));
}"""


def measured(page, number):
    """Return median and p95 of the milliseconds from a key to the new picture, and the pictures a second of a drag."""
    box = page.locator(".jp-OutputArea-output .widget-vbox:has(.noUi-handle)").nth(number)
    box.scroll_into_view_if_needed()
    box.evaluate(WATCH)
    handles = box.locator(".noUi-handle")
    rng = np.random.default_rng(0)
    times = []
    for _ in range(MOVES):
        times.append(time_of_move(page, box, handles.nth(rng.integers(handles.count()))))
        page.wait_for_timeout(int(rng.integers(*PATIENCE)))
    return np.median(times), np.quantile(times, 0.95), pictures_a_second(page, handles.first)


def time_of_move(page, box, handle):
    """Move a slider by one value with a key; return the milliseconds until the picture is painted."""
    at_the_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    box.evaluate(NEXT_MOVE)
    handle.press("ArrowLeft" if at_the_end else "ArrowRight")
    return page.evaluate("() => window.move")


def pictures_a_second(page, handle):
    """Drag a slider from end to end and back; return how many pictures are painted in a second."""
    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
    left, right, middle = track["x"], track["x"] + track["width"], track["y"] + track["height"] / 2
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate("() => { window.painted = []; window.started = performance.now(); }")
    for sweep in range(SWEEPS):
        start, end = (left, right) if sweep % 2 == 0 else (right, left)
        page.mouse.move(start, middle)
        page.mouse.move(end, middle, steps=20)
    rate = page.evaluate("() => 1000 * window.painted.length / (performance.now() - window.started)")
    page.mouse.up()
    return rate


def stop_kernels(page):
    """Shut down every kernel of the server."""
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


# Memory.


def bench_memory():
    """Tell the memory of JupyterLab's server and the kernel together after each lesson has run in a browser.

    Return that of the hungriest.
    """
    rows, together = [], []
    with lab_with({}) as (address, _), browser_page() as page:
        for path in LESSONS:
            open_and_run(page, address, path.stem)
            page.wait_for_function(ALL_RUN)
            server, *kernels = jupyter_processes()
            mega = [process.memory_info().rss / 1e6 for process in (server, *kernels)]
            together.append(sum(mega))
            rows.append([path.stem, f"{mega[0]:.0f}", f"{sum(mega[1:]):.0f}", f"{sum(mega):.0f}"])
            stop_kernels(page)
    print("Memory of JupyterLab's server and the kernel, after all cells have run in a browser")
    print(table(["notebook", "server MB", "kernel MB", "together"], rows))
    return max(together)


def jupyter_processes():
    """Return the server that this process has started, and its kernels."""
    children = psutil.Process().children(recursive=True)
    return [process for process in children if {"jupyterlab", "ipykernel_launcher"} & set(process.cmdline())]
