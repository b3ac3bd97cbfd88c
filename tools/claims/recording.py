"""Inside the kernel: what each claim compares, written down while the notebook runs.

The notebooks stay as they are: IPython hands the syntax tree of each cell to `Recorded` before it runs it, which puts
a call around each comparison of a claim's second argument. So every side is computed once, where the claim computes
it, also within all(… for …). A claim that fails does not stop the notebook here.
"""

import ast
import hashlib
import inspect
import json
import operator
import os
import pickle

import numpy as np

from helpers.claims import ClaimFailed
from helpers.claims import claim as plain_claim
from helpers.offset import OFFSET_VARIABLE

RECORDER = "_recorder"  # the name that the changed cells know the Recorder by
SYMBOLS = {ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠"}
COMPARE = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
RELATIONS = dict(zip(SYMBOLS.values(), COMPARE, strict=True))
ROOM_OF = {"<": "<", "≤": "<", ">": ">", "≥": ">", "=": "=", "≠": "="}
MIRRORED = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}
SAYING_EQUAL = ("isclose", "allclose", "array_equal")


# What happens to a cell before it runs.


class Recorded(ast.NodeTransformer):
    """Has every claim(text, holds) of a cell report to the Recorder."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if getattr(node.func, "id", "") == "claim" and len(node.args) == 2 and not node.keywords:
            # The function is evaluated before its arguments: so `begin` knows the claim before it compares anything.
            node.func = at(node, f"{RECORDER}.begin({node.lineno})")
            node.args[1] = Comparisons().reported(node.args[1])
        return node


class Comparisons:
    """Puts a call around each comparison that `holds` is made of, and numbers them in order."""

    def __init__(self):
        self.count = 0

    def reported(self, node):
        """Return `node` so that what it compares is reported; what is no comparison stays as it is."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            node.values = [self.reported(value) for value in node.values]
        elif isinstance(node, ast.Compare) and all(type(relation) in SYMBOLS for relation in node.ops):
            return self.comparison(node)
        elif isinstance(node, ast.Call):
            return self.call(node)
        return node

    def call(self, node):
        """Return all(…), np.all(…), (…).all() with its inner part reported, and allclose(…) with its call."""
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in SAYING_EQUAL:
            node.func = self.bound_call(node, "equal", node.func)
        elif name == "all" and node.args and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
            node.args[0].elt = self.reported(node.args[0].elt)
        elif name == "all" and node.args:
            node.args[0] = self.reported(node.args[0])
        elif name == "all":
            node.func.value = self.reported(node.func.value)
        return node

    def comparison(self, node):
        """Return a < b < c as a call that reports its sides."""
        sides = [node.left, *node.comparators]
        symbols = [SYMBOLS[type(relation)] for relation in node.ops]
        fixed = [not any(isinstance(leaf, ast.Name) for leaf in ast.walk(side)) for side in sides]
        return self.bound_call(node, "compare", at(node, repr(symbols)), at(node, repr(fixed)), *sides)

    def bound_call(self, node, method, *arguments):
        """Return the call of the Recorder's `method` with this comparison's number and `arguments`."""
        call = at(node, f"{RECORDER}.{method}({self.count})")
        call.args += arguments
        self.count += 1
        return call


def at(node, text):
    """Return the expression `text`, standing where `node` stands."""
    made = ast.parse(text, mode="eval").body
    for leaf in ast.walk(made):
        ast.copy_location(leaf, node)
    return made


# What happens while it runs.


class Recorder:
    """Keeps what a claim compares until the claim is made; then writes one line of JSON to `path`."""

    def __init__(self, path):
        self.path = path
        self.compared = {}

    def begin(self, line):
        """Forget what was compared before, and return the function that makes the claim of this line."""
        self.compared = {}

        def claim(text, holds):
            try:
                plain_claim(text, holds)
            except ClaimFailed as failure:
                print(failure)
            self.write(line, text, bool(holds))

        return claim

    def write(self, line, text, holds):
        parts = [self.compared[number] for number in sorted(self.compared)]
        self.append({"line": line, "text": text, "holds": holds, "parts": parts})

    def note(self, names, values):
        """Write down a fingerprint of each of `names` that stands for data among `values`."""
        known = {name: fingerprint(values[name]) for name in names if name in values}
        self.append({"fingerprints": {name: mark for name, mark in known.items() if mark}})

    def append(self, record):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def compare(self, number, symbols, fixed, *sides):
        """Return what the comparison says; `fixed` tells which sides are numbers that the author wrote."""
        answer = True
        for place, symbol in enumerate(symbols):
            left, right = sides[place : place + 2]
            self.keep((number, place), nearest(symbol, left, right, mirrored=fixed[place] and not fixed[place + 1]))
            if answer is True or np.all(answer):  # as Python does with a < b < c
                answer = RELATIONS[symbol](left, right)
        return answer

    def equal(self, number, function):
        """Return `function`, such as np.allclose, reporting the two numbers that it finds furthest apart."""

        def reporting(left, right, *arguments, **options):
            self.keep((number, 0), nearest("=", left, right))
            return function(left, right, *arguments, **options)

        return reporting

    def keep(self, place, part):
        """Keep the part with the least room: a comparison within all(… for …) is made many times."""
        known = self.compared.get(place)
        if part is not None and (known is None or part["room"] < known["room"]):
            self.compared[place] = part


def nearest(symbol, left, right, mirrored=False):
    """Return measured value, bound and the room between them where there is least room; None if not of numbers.

    The left side is what was measured, unless `mirrored`. The room is negative where the comparison fails. An
    equality has no room: it is minus the difference.
    """
    try:
        left, right = np.broadcast_arrays(np.asarray(left, dtype=float), np.asarray(right, dtype=float))
    except (TypeError, ValueError):
        return None
    if left.size == 0:
        return None
    with np.errstate(invalid="ignore"):
        room = {"<": right - left, ">": left - right, "=": -np.abs(left - right)}[ROOM_OF[symbol]]
    room = np.where(np.isnan(room), np.where(left == right, 0.0, -np.inf), room)  # inf - inf, or nan
    where = np.unravel_index(np.argmin(room), room.shape)
    measured, bound = (right, left) if mirrored else (left, right)
    return {
        "relation": MIRRORED.get(symbol, symbol) if mirrored else symbol,
        "measured": float(measured[where]),
        "bound": float(bound[where]),
        "room": float(room[where]),
    }


def fingerprint(value):
    """Return a hash of the data in `value`; None for code, and for what cannot be written as bytes."""
    if callable(value) or inspect.ismodule(value):
        return None
    try:
        return hashlib.sha256(pickle.dumps(value)).hexdigest()
    except Exception:  # each type refuses in its own way
        return None


def begin(path, offset):
    """Start over in this kernel: no names, the seeds' offset, and a Recorder that writes to `path`."""
    from IPython import get_ipython  # exists where a kernel runs

    shell = get_ipython()
    shell.reset()
    os.environ[OFFSET_VARIABLE] = str(offset)
    shell.user_ns[RECORDER] = Recorder(path)
    if not any(isinstance(transformer, Recorded) for transformer in shell.ast_transformers):
        shell.ast_transformers.append(Recorded())
