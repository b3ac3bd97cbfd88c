"""Run notebooks from other seeds, and keep what each claim measured at each offset.

A notebook is run at all offsets in one kernel, which forgets every name in between: what it costs to start a kernel
and to import is paid once. All cells are run, whatever fails. recording.py writes down what is compared.
"""

import ast
import json
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from tools.authoring.kernels import client_for, last_line, without_colours
from tools.claims.recording import RECORDER
from tools.course import NotebookError
from tools.course.code import SCOPES, bound_names, calls, closure, definitions, names_read
from tools.course.notebook import notebook_from, texts
from tools.course.places import ROOT
from tools.measure.cores import ONE_THREAD

CHEAP = 1.0  # seconds that a claim may cost to be tried at many offsets


# What a run leaves.


@dataclass(frozen=True)
class Made:
    """One claim at one offset. `cell` and `line` say where it stands, `order` which of that line's claims it is.

    `parts` are its comparisons, each with relation, measured, bound and room.
    """

    notebook: str
    offset: int
    cell: int
    line: int
    order: int
    text: str
    holds: bool
    parts: list

    @property
    def place(self):
        return (self.cell, self.line, self.order)


@dataclass
class Sweep:
    """What running one notebook at several offsets left.

    `errors` are the (offset, cell, message) of cells that raised, and of claims that were not reached; `data` are
    fingerprints of the data that a cell binds and reads, by (offset, cell) and name.
    """

    notebook: str
    offsets: list
    claims: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    data: dict = field(default_factory=dict)

    @property
    def failures(self):
        """Return a line for each claim that failed and each cell that raised."""
        lines = [
            f"offset {made.offset}: {self.notebook}, cell {made.cell}: ✗ {made.text} ({comparisons(made)})"
            for made in self.claims
            if not made.holds
        ]
        return lines + [f"offset {offset}: {self.notebook}, cell {cell}: {what}" for offset, cell, what in self.errors]


def comparisons(made):
    """Return the comparisons of a claim with their numbers: "0.21 < 0.2"."""
    parts = [f"{part['measured']:.6g} {part['relation']} {part['bound']:.6g}" for part in made.parts]
    return " and ".join(parts) or "a yes or no"


# Running.


def sweep(notebook, path, offsets, cheap=False):
    """Run `notebook`, which lies in `path`, at each of `offsets`; return the Sweep.

    With `cheap`, the first offset tells what each cell costs; at the others, only those cells run that make a claim
    of less than CHEAP seconds, and those that these need.
    """
    name = path.name if path.parent.name != "solutions" else f"solutions/{path.name}"
    found = Sweep(name, list(offsets))
    view = notebook_from(name, notebook)
    chosen = {cell.number for cell in view.code_cells}
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "claims.jsonl"
        client = client_for(notebook, path, allow_errors=True)
        try:
            with client.setup_kernel(env=environment()):
                for offset in offsets:
                    seconds = run_once(client, view, records, offset, chosen, found)
                    if cheap and offset == offsets[0]:
                        chosen = cheap_cells(view, seconds)
        except (CellTimeoutError, DeadKernelError) as error:
            raise NotebookError(f"{name}, offset {offset}: {last_line(error)}") from error
    return found


def environment():
    """Return this process's environment, so that the kernel finds tools/claims/recording.py and keeps to one thread."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}


def run_once(client, view, records, offset, chosen, found):
    """Run the `chosen` cells at `offset`, add to `found` what they left, and return each cell's seconds."""
    start = f"from tools.claims import recording\nrecording.begin({str(records)!r}, {offset})"
    run_cell(client, start)
    seconds = {}
    for cell in view.code_cells:
        if cell.number not in chosen:
            continue
        records.write_text("")
        begun = time.perf_counter()
        outputs = run_cell(client, cell.source)
        seconds[cell.number] = time.perf_counter() - begun
        run_cell(client, f"{RECORDER}.note({sorted(names_of(view, cell))}, globals())")
        made, data = recorded(records, view.name, offset, cell.number)
        found.claims += made
        found.data[offset, cell.number] = data
        messages = [*raised(outputs), *not_reached(cell, made)]
        found.errors += [(offset, cell.number, message) for message in messages]
    return seconds


def run_cell(client, source):
    """Run `source` in the client's kernel, and return its outputs."""
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells = [cell]
    client.execute_cell(cell, 0)
    return cell.outputs


def names_of(view, cell):
    """Return the names that a cell binds and reads, and those that the functions read which it calls."""
    functions = {}
    for other in view.code_cells:
        functions |= {name: nodes for name, nodes in definitions(other.tree).items() if isinstance(nodes[0], SCOPES)}
    start = {*bound_names(cell.tree), *names_read(cell.tree)}
    return closure(start, lambda name: names_read(functions[name][-1]) if name in functions else ())


def raised(outputs):
    """Return the message of each error among a cell's outputs."""
    return [
        without_colours(f"{output.ename}: {output.evalue}").splitlines()[0]
        for output in outputs
        if output.output_type == "error"
    ]


def recorded(records, notebook, offset, cell):
    """Return the claims and the fingerprints that cell number `cell` left in `records`."""
    made, data, seen = [], {}, Counter()
    for text in records.read_text(encoding="utf-8").splitlines():
        record = json.loads(text)
        if "fingerprints" in record:
            data = record["fingerprints"]
            continue
        made.append(Made(notebook=notebook, offset=offset, cell=cell, order=seen[record["line"]], **record))
        seen[record["line"]] += 1
    return made, data


def not_reached(cell, made):
    """Return a message for each claim in `cell` that is not among those `made`."""
    reached = {each.line for each in made}
    lines = sorted({call.lineno for call in calls(cell.tree, "claim")} - reached)
    return [f"the claim in line {line} was not reached" for line in lines]


# What a claim costs.


def needed_cells(view, number):
    """Return the numbers of the code cells that cell `number` stands on, itself and the import cell among them.

    A cell stands on the last cell before it that binds a name it needs, and on what that one stands on.
    """
    by_number = {cell.number: cell for cell in view.code_cells if cell.number <= number}
    return closure({min(by_number), number}, lambda reader: binders(by_number.values(), by_number[reader]))


def binders(cells, reader):
    """Return the number of the last cell before `reader` that binds it, for each name that `reader` needs."""
    found = {}
    for cell in cells:
        if cell.number < reader.number:
            found |= dict.fromkeys(bound_names(cell.tree), cell.number)
    return {found[name] for name in names_needed(reader.tree) & set(found)}


def names_needed(tree):
    """Return the names that a cell reads before it sets them: those that it needs from other cells.

    A loop, a branch or a function is taken as one step, and what is set anywhere in it for its own.
    """
    needed, own = set(), set()
    for statement in tree.body:
        simple = isinstance(statement, (ast.Assign, ast.AugAssign))
        step = statement.value if simple else statement
        needed |= names_read(step) - names_set(step) - own
        if isinstance(statement, ast.AugAssign):
            needed |= names_set(statement.target) - own
        elif simple:
            needed |= set().union(*map(names_read, statement.targets)) - own
        own |= set(bound_names(statement))
    return needed


def names_set(tree):
    """Return the names that are set anywhere in `tree`, those of parameters among them."""
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def cheap_cells(view, seconds):
    """Return the numbers of the cells that make a cheap claim, and of those they need."""
    first = view.code_cells[0].number
    chosen = {first}
    for cell in view.code_cells:
        needed = needed_cells(view, cell.number)
        if calls(cell.tree, "claim") and sum(seconds[number] for number in needed - {first}) < CHEAP:
            chosen |= needed
    return chosen


# Which outputs are random.


def reaching(modules, names=("seeded", "seeded_many")):
    """Return the names that the helpers define and that come, directly or through others, to one of `names`."""
    mentioned = {
        (module, name): set().union(*map(names_mentioned, nodes))
        for module, tree in modules.items()
        for name, nodes in definitions(tree).items()
    }
    return closure(names, lambda one: [name for (_, name), inside in mentioned.items() if one in inside])


def names_mentioned(tree):
    """Return the names in `tree`, and what stands behind a dot: `he` and `loss` of he.loss."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names_read(tree) | attributes


def random_cells(view, modules):
    """Return the numbers of the cells that draw random numbers, or need a name that such a cell binds."""
    sources = reaching(modules)
    found = set()
    for cell in view.code_cells[1:]:
        if names_mentioned(cell.tree) & sources or binders(view.code_cells, cell) & found:
            found.add(cell.number)
    return found


def unmoved(view, modules, found):
    """Return the random cells of `view` that show a text, and whose data are the same at all of the Sweep's offsets.

    A cell that makes an Explorer shows a picture, and as text only the names of its controls.
    """
    moved = {
        cell
        for _, cell in found.data
        if len({json.dumps(found.data[offset, cell], sort_keys=True) for offset in found.offsets}) > 1
    }
    shown = [cell for cell in view.code_cells if shows_text(cell) and not calls(cell.tree, "Explorer")]
    return [cell for cell in shown if cell.number in random_cells(view, modules) - moved]


def shows_text(cell):
    """Say whether a cell's stored outputs hold a text that is no claim's, and no check's, which may be two lines."""
    return any(not line.startswith(("✓ ", "  ")) for line in "".join(texts(cell.outputs)).splitlines())
