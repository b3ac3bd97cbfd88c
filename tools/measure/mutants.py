"""Break the helpers a thousand times, and see whether the tests notice.

A mutant is a module with one small mistake in it: a sign, a bound, a default, a dropped argument. mutmut (extra
`mutation`; its settings are in pyproject.toml) makes those inside of functions and runs the tests that reach them. It
leaves out what runs at import, and functions with a decorator; this tool makes those with mutmut's own operators, and
runs the module's tests on each. It takes 15 to 30 minutes on two cores, and writes docs/mutants.md.

The command fails where less than 95 % of the mutants of a module die, or a survivor has no reason in `REASONS`.
"""

import difflib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from tools.course.places import DOCS, ROOT

MODULES = ["initializers", "activations", "networks", "training"]
RESULTS = ROOT / "mutants"  # mutmut's folder
REPORT = DOCS / "mutants.md"
LEAST = 0.95
WORKERS = 2

# Why a survivor is no mistake that a test could see: a pattern of its changed line, and the reason.
REASONS = [
    (r"\.astype\(.*, (copy=None|copy=True)?\)", "The same values; at most one copy more."),
    (
        r"np\.abs\(draws\) >= 2",
        "A draw of exactly 2 would be drawn again: of the 2^53 and more doubles that can be drawn, this is one.",
    ),
    (r"strict=(None|False)\):|\.biases, \):", "A network has as many weights as biases, so the check never fires."),
    (r'"XXiufXX"', "No dtype has the kind X."),
    (r"astype\(None\)$|tolist\(\)\), None\)", "NumPy takes None for float64, which is what was asked for."),
    (r"reshape\(-2, 1\)", "NumPy takes any negative size for the one that is left open."),
    (
        r"np\.ones\(\(1, logits_gradient\.shape\[1\]\), (None)?\)",
        "Ones of float64: a float32 network's bias gradients are summed in float64 and then rounded, which differs "
        "from the sum in float32 by rounding alone, and costs time.",
    ),
    (
        r"np\.zeros\(np\.shape\((None\)\[-2:\]|z\)\[\+2:\]|z\)\[-3:\])",
        "Zeros of another shape that broadcasts to the same: it costs time, and changes no value.",
    ),
    (r"PART_BYTES = 2", "Parts of another size: the same networks, at another speed."),
    (r"np\.where\(z >= 0, z, ", "Both branches are 0 at z = 0."),
    (r"np\.minimum\(z, 1\)", "The branch is taken where z ≤ 0 only, and exp stays as far from overflow."),
]


@dataclass
class Mutant:
    """One mutant: where it is, what became of it, and how its code differs."""

    module: str
    name: str
    status: str
    diff: str

    @property
    def reason(self):
        lines = [line[1:].strip() for line in self.diff.splitlines() if line.startswith("+") and line[:3] != "+++"]
        return next((reason for pattern, reason in REASONS if re.search(pattern, "\n".join(lines))), None)


# Inside of functions: mutmut


def mutmut(*arguments, **options):
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, check=True, **options).stdout


def mutmuts():
    """Return mutmut's mutants; the diff of those that did not die."""
    found = []
    for line in mutmut("results", "--all", "true", stdout=subprocess.PIPE).splitlines():
        name, _, status = line.strip().partition(": ")
        if status:
            diff = "" if status == "killed" else mutmut("show", name, stdout=subprocess.PIPE)
            found.append(Mutant(name.split(".")[1], name.rpartition(".")[2], status, diff))
    return found


# Outside of them: module level, and functions with a decorator


DECORATOR = re.compile(r"^( *)@(?!classmethod|staticmethod)(?=[\w.]+(\(.*\))?\n +def )", flags=re.MULTILINE)
HIDDEN = "# decorated: @"  # a decorator that looks like a comment does not keep mutmut away from its function


def sources_outside(module):
    """Yield the source of each mutant of code that mutmut leaves out."""
    from mutmut.mutation.file_mutation import create_mutations

    source = module_path(ROOT, module).read_text(encoding="utf-8")
    tree, mutations, *_ = create_mutations(f"helpers/{module}.py", DECORATOR.sub(rf"\1{HIDDEN}", source))
    for mutation in mutations:
        function = mutation.contained_by_top_level_function
        if function is None or HIDDEN in tree.code_for_node(function).partition("def ")[0]:
            yield tree.deep_replace(mutation.original_node, mutation.mutated_node).code.replace(HIDDEN, "@")


def module_path(root, module):
    return root / "helpers" / f"{module}.py"


def status_of(module, source):
    """Run the module's tests with this source of it, and return "killed", "survived" or "timeout"."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "tests").mkdir()
        shutil.copy(ROOT / "tests" / f"test_{module}.py", folder / "tests")
        module_path(folder, module).write_text(source, encoding="utf-8")
        try:
            passed = tests_pass(folder, "-k", "not at_every_seed") and tests_pass(folder)  # most die of the quick ones
        except subprocess.TimeoutExpired:
            return "timeout"
    return "survived" if passed else "killed"


def tests_pass(folder, *options):
    command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider", "-o", "addopts=", *options, "tests"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    if result.returncode not in (0, 1, 2):  # 1: a test failed; 2: the module could not be imported
        raise RuntimeError(result.stdout + result.stderr)
    return result.returncode == 0


def outside(module):
    """Return the mutants of a module that mutmut leaves out."""
    source = module_path(ROOT, module).read_text(encoding="utf-8")
    if status_of(module, source) != "survived":
        raise RuntimeError(f"the tests of {module} fail without any mutant")
    sources = list(dict.fromkeys(sources_outside(module)))
    with ThreadPoolExecutor(WORKERS) as pool:
        statuses = list(pool.map(lambda mutated: status_of(module, mutated), sources))
    found = []
    for number, (mutated, status) in enumerate(zip(sources, statuses, strict=True), start=1):
        difference = difflib.unified_diff(source.splitlines(), mutated.splitlines(), n=1, lineterm="")
        found.append(Mutant(module, f"outside_{number}", status, "" if status == "killed" else "\n".join(difference)))
    print(f"{module}, outside of functions: {dict(Counter(statuses))}", flush=True)
    return found


# The report


def report(mutants):
    lines = [
        "# Mutants",
        "",
        "Made by `step-zero mutants`, whose module says how; needs the extra `mutation`. "
        f"Python {platform.python_version()}, mutmut {version('mutmut')}, NumPy {version('numpy')}.",
        "",
        "| module | mutants | killed | survived | killed, % |",
        "|---|---|---|---|---|",
    ]
    for module in [*MODULES, "all"]:
        some = [mutant for mutant in mutants if module in (mutant.module, "all")]
        dead = sum(mutant.status == "killed" for mutant in some)
        lines.append(f"| {module} | {len(some)} | {dead} | {len(some) - dead} | {100 * dead / len(some):.1f} |")
    lines += [
        "",
        "A mutant that only ends by a time limit is not counted as killed. Mutated is all code of these modules but "
        "annotations, decorators, docstrings, and errors: when an error is raised is mutated, its text is not. That it "
        "names what would have been right is tested without mutants.",
        "",
        "## Survivors",
        "",
        "Each with the reason why it is no mistake.",
    ]
    by_reason = {}
    for mutant in mutants:
        if mutant.status != "killed":
            by_reason.setdefault(mutant.reason or "**No reason yet.**", []).append(mutant)
    for reason, some in by_reason.items():
        lines += ["", reason, "", "```diff"]
        for mutant in some:
            status = "" if mutant.status == "survived" else f", {mutant.status}"
            lines.append(f"# helpers/{mutant.module}.py, {mutant.name}{status}")
            lines += [line for line in mutant.diff.splitlines() if re.match(r"[-+](?![-+]{2} )", line)]
        lines.append("```")
    return "\n".join(lines) + "\n"


def complaints(mutants):
    found = [
        f"{m.module}, {m.name}: survives without a reason" for m in mutants if m.status != "killed" and not m.reason
    ]
    for module in MODULES:
        some = [mutant.status == "killed" for mutant in mutants if mutant.module == module]
        if sum(some) < LEAST * len(some):
            found.append(f"{module}: only {sum(some)} of {len(some)} mutants die")
    return found


def run(report_only=False):
    """Make all mutants, or only read what the last run left; write the report, and return the exit code."""
    stored = RESULTS / "outside.json"
    if not report_only:
        mutmut("run", "--max-children", str(WORKERS))
        found = [asdict(mutant) for module in MODULES for mutant in outside(module)]
        stored.write_text(json.dumps(found), encoding="utf-8")
    mutants = mutmuts() + [Mutant(**mutant) for mutant in json.loads(stored.read_text(encoding="utf-8"))]
    REPORT.write_text(report(mutants), encoding="utf-8")
    found = complaints(mutants)
    print("\n".join([f"wrote {REPORT.relative_to(ROOT)}: {len(mutants)} mutants", *found]))
    return int(bool(found))
