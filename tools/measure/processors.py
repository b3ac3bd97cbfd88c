"""Do the stored outputs come out the same on another processor?

Runs notebooks with 1 and 2 threads of linear algebra and with the kernels that OpenBLAS has for other processors, and
compares every text with the stored one. OpenBLAS takes the kernels that OPENBLAS_CORETYPE names where it has them;
what it really took is asked first, and a setting that comes to the same as another is left out.
"""

import copy
import os
import platform
import subprocess
import sys
from importlib.metadata import version

from tools.authoring.run import clean, execute
from tools.course import NotebookError
from tools.course.notebook import read_valid, texts
from tools.course.places import DOCS, NOTEBOOKS, ROOT, chosen, lesson_paths, with_solutions

REPORT = DOCS / "processors.md"
CORES = ("Haswell", "SkylakeX", "Zen", "Prescott", "NEOVERSEN1", "ARMV8")
ASK = "import numpy as np; a = np.ones((300, 300)); a @ a"


def settings():
    """Return the environment variables of each setting by its name: threads, and each kind of kernel that is here."""
    found = {"1 thread": {"OPENBLAS_NUM_THREADS": "1"}, "2 threads": {"OPENBLAS_NUM_THREADS": "2"}}
    seen = {kernel_taken({})}
    for core in CORES:
        kernel = kernel_taken({"OPENBLAS_CORETYPE": core})
        if kernel not in seen:
            seen.add(kernel)
            found[f"{core} ({kernel})" if kernel != core else core] = {"OPENBLAS_CORETYPE": core}
    return found


def kernel_taken(variables):
    """Return which kernel NumPy's OpenBLAS takes with these variables, as it says itself; empty where it says none."""
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        env=os.environ | {"OPENBLAS_VERBOSE": "2"} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (asked.stdout + asked.stderr).splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Core:")), "")


def differing_cells(path, variables):
    """Run a notebook with these variables, and return the numbers of the cells whose texts are not the stored ones."""
    stored = read_valid(path)
    notebook = copy.deepcopy(stored)
    execute(notebook, path, variables)
    clean(notebook, stored)
    pairs = zip(notebook.cells, stored.cells, strict=True)
    return [number for number, (here, there) in enumerate(pairs, start=1) if shown(here) != shown(there)]


def shown(cell):
    return texts(cell.get("outputs", []))


def compare(paths, variables_by_setting):
    """Return what each notebook did with each setting: "same", the cells that differ, or the error."""
    found = {}
    for path in paths:
        for setting, variables in variables_by_setting.items():
            try:
                cells = differing_cells(path, variables)
                outcome = f"cells {', '.join(map(str, cells))}" if cells else "same"
            except NotebookError as error:
                outcome = str(error)
            found[path, setting] = outcome
            print(f"{path.parent.name}/{path.name}, {setting}: {outcome}", flush=True)
    return found


def report(paths, names, found):
    lines = [
        "# Other processors",
        "",
        "Made by `step-zero processors`: does every text that a notebook prints come out as it is stored? "
        f"NumPy {version('numpy')}, {platform.machine()}; stored outputs are from the kernel {kernel_taken({})}.",
        "",
        f"| notebook | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for path in paths:
        outcomes = " | ".join(found[path, name] for name in names)
        lines.append(f"| {path.relative_to(NOTEBOOKS)} | {outcomes} |")
    return "\n".join(lines) + "\n"


def run(names):
    """Compare what the notebooks that are named print; without names, all of them, and write the report."""
    paths = chosen(names, with_solutions(lesson_paths()))
    variables_by_setting = settings()
    found = compare(paths, variables_by_setting)
    if not names:
        REPORT.write_text(report(paths, list(variables_by_setting), found), encoding="utf-8")
        print(f"wrote {REPORT.relative_to(ROOT)}")
    return int(any(outcome != "same" for outcome in found.values()))
