"""Measure the budgets: trainer, Explorers, imports, browser, memory, notebooks.

Everything is measured in this one run, on one thread, and reported as a share of its budget, and as a ratio where there
is something to compare with, since machines are noisy: let nothing else run meanwhile. The trainer is compared with
PyTorch where that is installed (extra `bench`; ask pip for a CPU build where your index has one, the usual one brings
gigabytes of CUDA). `browser` and `memory` need Chromium.
"""

import asyncio
import contextlib
import copy
import io
import subprocess
import sys
import time
from itertools import pairwise

import nbformat
import numpy as np
from nbclient import NotebookClient

import helpers.explorer
from helpers.data import two_spirals
from helpers.figures.base import View
from helpers.initializers import he_normal
from helpers.networks import dense
from helpers.seeding import seeded, seeded_many
from helpers.tables import table
from helpers.training import SGD, fit
from tools.course.lesson import explorers_of
from tools.course.notebook import read
from tools.course.places import lesson_paths
from tools.measure.cores import on_one_core

LESSONS = lesson_paths()
WIDTHS = [2, 32, 32, 32, 32, 1]
STACK, STEPS, BATCH, RATE = 32, 200, 256, 0.1
ROUNDS = 7
MOVES = 40


def timed(work):
    """Return the seconds that `work()` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def against(what, value, budget):
    """Print a measured value and which share of its budget it is."""
    print(f"{what}: {value:.3g}, {value / budget:.0%} of the budget of {budget}")


# The stacked trainer.


def bench_trainer():
    """Time 32 networks × 200 steps: this course's stack, PyTorch one by one, PyTorch's bmm, and the core's peak."""
    x, labels = two_spirals(BATCH, seeded(0, 0))
    x = x.astype(np.float32)
    network = dense(WIDTHS, he_normal, seeded_many(STACK, 0, 1), dtype=np.float32)
    contenders = {
        "this course's stack": lambda: fit(network, x, labels, optimizer=SGD(RATE), steps=STEPS, record_every=STEPS),
        **torch_contenders(network, x, labels),
    }
    matrix = np.random.default_rng(0).standard_normal((1024, 1024)).astype(np.float32)
    seconds = {name: [] for name in contenders}
    peaks = []
    for work in contenders.values():
        work()  # warm up
    for _ in range(ROUNDS):  # in turns, so that a slow moment of the machine hits all
        for name, work in contenders.items():
            seconds[name].append(timed(work))
        peaks.append(2 * 1024**3 / min(timed(lambda: matrix @ matrix) for _ in range(3)))
    # the best of all rounds: what else the machine does can only add
    best = {name: min(times) for name, times in seconds.items()}
    peak, ours = max(peaks), best["this course's stack"]
    rows = [[name, f"{time:.3f}", f"{time / ours:.2f}", f"{flops() / time / peak:.0%}"] for name, time in best.items()]
    print(f"{STACK} networks {WIDTHS} × {STEPS} steps, batch {BATCH}, float32, SGD; best of {ROUNDS} rounds")
    print(f"matrix peak of this core: {peak / 1e9:.0f} Gflop/s (1024 × 1024 product)")
    print(table(["", "seconds", "times ours", "of the peak"], rows))
    for name, least in (("PyTorch eager, one by one", 4), ("PyTorch bmm, one batch", 1)):
        if name in best:
            print(f"{name} takes {best[name] / ours:.1f} times as long; the budget is at least {least}")


def flops():
    """Count the multiplications and additions of the matrix products: forward, weight gradients, and back."""
    products = [fan_in * fan_out for fan_in, fan_out in pairwise(WIDTHS)]
    return 2 * STACK * STEPS * BATCH * (3 * sum(products) - products[0])  # no gradient goes back to the input


def torch_contenders(network, x, labels):
    """Return the same training in PyTorch: one network after another, and all as one batched product."""
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed (extra `bench`): the trainer is compared with the core's peak alone")
        return {}
    torch.set_num_threads(1)
    inputs = torch.from_numpy(x)
    targets = torch.from_numpy(labels.astype(np.float32))[:, None]
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits

    def one_by_one():
        for number in range(STACK):
            layers = []
            for weights, biases in zip(network.weights, network.biases, strict=True):
                layer = torch.nn.Linear(*weights.shape[1:])
                with torch.no_grad():
                    layer.weight.copy_(torch.from_numpy(weights[number].T.copy()))
                    layer.bias.copy_(torch.from_numpy(biases[number, 0].copy()))
                layers += [layer, torch.nn.ReLU()]
            model = torch.nn.Sequential(*layers[:-1])
            optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
            for _ in range(STEPS):
                optimizer.zero_grad()
                loss_of(model(inputs), targets).backward()
                optimizer.step()

    def batched():
        weights = [torch.from_numpy(array.copy()).requires_grad_() for array in network.weights]
        biases = [torch.from_numpy(array.copy()).requires_grad_() for array in network.biases]
        optimizer = torch.optim.SGD([*weights, *biases], lr=RATE)
        stacked_inputs = inputs.expand(STACK, -1, -1)
        stacked_targets = targets.expand(STACK, -1, -1)
        for _ in range(STEPS):
            optimizer.zero_grad()
            signal = stacked_inputs
            for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                signal = torch.bmm(signal, weight) + bias
                if layer < len(weights) - 1:
                    signal = torch.relu(signal)
            (STACK * loss_of(signal, stacked_targets)).backward()
            optimizer.step()

    return {"PyTorch eager, one by one": one_by_one, "PyTorch bmm, one batch": batched}


# The Explorers.


def bench_explorers():
    """Time a slider move in the kernel, for each Explorer, against building a new figure for each result."""
    helpers.explorer.CACHE_SIZE = 0  # no result is kept, so that each move computes
    rows, worst = [], 0.0
    for path in LESSONS:
        for explorer in explorers_of(path).values():
            moves, slices, rebuilt, size = asyncio.run(move_about(explorer))
            low, high = np.quantile(moves, [0.5, 0.95])
            worst = max(worst, high)
            per_slice = f"{np.quantile(slices, 0.95):.0f}" if slices else "–"
            ratio = np.median(rebuilt) / np.median(moves)
            rows.append([path.stem, f"{low:.0f}", f"{high:.0f}", per_slice, f"{ratio:.1f}", f"{size / 1000:.0f}"])
    print(f"A slider move in the kernel, milliseconds of {MOVES} moves; a training's first picture, then its slices")
    headers = ["Explorer", "median", "p95", "slice p95", "a rebuilt figure costs … times", "kB a frame"]
    print(table(headers, rows))
    against("the worst p95 of a move in the kernel, ms", worst, 60)


async def move_about(explorer):
    """Move random controls to random values; return the milliseconds of moves, slices and rebuilt figures."""
    rng = np.random.default_rng(0)
    moves, slices, rebuilt, sizes = [], [], [], []
    for number in range(MOVES):
        name = rng.choice(list(explorer.inputs))
        control = explorer.inputs[name]
        others = [value for _, value in control.options if value != control.value]
        value = others[rng.integers(len(others))]
        moves.append(1e3 * timed(lambda c=control, v=value: setattr(c, "value", v)))
        for _ in range(3):  # the next slices of a training
            if not explorer.finished:
                slices.append(1e3 * timed(explorer.advance))
        sizes.append(len(explorer.image.value))
        if number % 4 == 0 and 'role="alert"' not in explorer.text.value:
            rebuilt.append(1e3 * timed(lambda: rebuild(explorer)))
    return moves, slices, rebuilt, np.median(sizes)


def rebuild(explorer):
    """Do what a widget without a View does: compute, and make a new figure."""
    result = explorer.compute(**explorer.parameters)
    view = copy.copy(explorer.view)
    View.__init__(view)  # builds a new figure
    view.update(next(result) if hasattr(result, "__next__") else result)
    view.png()


# The notebooks.


# Linux counts into ru_maxrss what the process that started this one held, so it is asked for in another way there.
PEAK_BYTES = """
from pathlib import Path
import resource
import sys

status = Path("/proc/self/status")
if status.exists():
    peak = 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
peak
"""


def bench_notebooks():
    """Run each notebook in a fresh kernel on one core; tell seconds, peak memory and file size."""
    rows, sizes = [], []
    for path in LESSONS:
        notebook = read(path)
        notebook.cells.append(nbformat.v4.new_code_cell(PEAK_BYTES))
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}})
        with on_one_core(), contextlib.redirect_stderr(io.StringIO()):
            seconds = timed(client.execute)
        memory = int(notebook.cells[-1].outputs[0]["data"]["text/plain"])
        sizes.append((seconds, memory / 1e6, path.stat().st_size / 1000))
        rows.append([path.stem, f"{seconds:.1f}", *(f"{size:.0f}" for size in sizes[-1][1:])])
    print("Each notebook in a fresh kernel on one core, kernel start included")
    print(table(["notebook", "seconds", "peak MB", "file kB"], rows))
    seconds, memory, file = np.array(sizes).T
    against("all of them, seconds", seconds.sum(), 60)
    against("the slowest, seconds", seconds.max(), 10)
    against("the hungriest, MB", memory.max(), 350)
    against("the largest file, kB", file.max(), 500)


# Imports.


def bench_imports():
    """Time `import helpers` and all that a notebook imports of it, beyond NumPy and Matplotlib."""
    ground = "import numpy, matplotlib.figure, matplotlib.backends.backend_agg"
    course = f"{ground}; import helpers, helpers.explorer, helpers.lessons.start_here.views, helpers.tables"
    runs = {ground: [], course: []}
    for _ in range(ROUNDS):
        for code, times in runs.items():
            times.append(timed(lambda c=code: subprocess.run([sys.executable, "-c", c], check=True)))
    base, whole = (1e3 * np.median(times) for times in runs.values())
    print(f"Imports: NumPy and Matplotlib {base:.0f} ms; helpers and widgets make it {whole / base:.2f} times as long")
    against("helpers and widgets beyond these, ms", whole - base, 150)


# The browser's benches stand in a module of their own, since they need Playwright and Chromium.


def bench_browser():
    from tools.measure import bench_browser

    wait, together, apart = bench_browser.bench_browser()
    against("the longest wait for an Explorer after its cell starts, seconds", wait, 1)
    for where, (worst, slowest) in (("all on one core", together), ("the browser on another", apart)):
        against(f"{where}: the worst p95 from a key to the new picture, ms", worst, 100)
        print(f"{where}: the slowest drag shows {slowest:.1f} pictures a second; the budget is at least 10")


def bench_memory():
    from tools.measure import bench_browser

    against("server and kernel of the hungriest notebook, MB", bench_browser.bench_memory(), 600)


BENCHES = {
    "trainer": bench_trainer,
    "explorers": bench_explorers,
    "imports": bench_imports,
    "browser": bench_browser,
    "memory": bench_memory,
    "notebooks": bench_notebooks,
}
