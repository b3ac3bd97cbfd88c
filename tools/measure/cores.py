"""On how many cores, and threads, a measurement runs."""

import os
from contextlib import contextmanager

from tools import ToolError

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # of linear algebra


@contextmanager
def on_one_core():
    """Keep this process, and what it starts, on one core where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def bench(names):
    """Run the benches with these names, or all, on one thread: NumPy asks how many when it is imported."""
    os.environ.update(ONE_THREAD)
    from tools.measure.bench import BENCHES

    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise ToolError(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    for name in names or BENCHES:
        BENCHES[name]()
        print()
