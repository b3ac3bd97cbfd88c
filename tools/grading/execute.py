"""Execute a submission: the student's cells in the sandbox, the graded cells outside, with the answers looked up.

So students' code never runs beside the tests, and cannot change what decides about its points: all that it can do is
answer. What runs outside is the text of the course's own source, whatever stands in the submission. A graded cell's
outputs say ✓, hold an error, or give a number of points in part, and nbgrader reads them so.
"""

import ast
import base64
import binascii
import contextlib
import io
import math
from numbers import Number

import numpy as np
from nbformat.v4 import new_output

from helpers import exercise as checks
from tools.grading.session import Died, Session
from tools.grading.submissions import mark_of
from tools.grading.text import printable, without_surrogates

MOST_OUTPUTS = 50  # of one cell
ALTERNATIVE = "a picture that this cell has drawn"  # in words, on the page of feedback
LONGEST_TEXT = 60_000  # characters of one output; longer than the worker's own limit


def execute(cells, source, *, unsafe=False, files=None, times=None):
    """Fill in the outputs of a submission's code cells, and return what is to be noted.

    Parameters
    ----------
    cells : list of notebook cells
        The student's, with the instructor's graded cells among them.
    source : Source
        The assignment as the instructor has it.
    files : dict
        What lies beside the notebook: {name: content in base64}.
    times : Times
        How long what may take.
    """
    code = [cell for cell in cells if cell.cell_type == "code"]
    tests = tests_among(code, source)
    inside = [cell for cell in code if id(cell) not in tests]
    checks.TRIES.clear()  # the hints that one student was given are not another's
    with Session(unsafe, files, times) as session:
        notes = run_cells(session, inside, source)
        for cell in code:
            if id(cell) in tests:
                test = source.tests[mark_of(cell)]
                cell.source = test.source
                cell.outputs = run_outside(session, test, source)
    for number, cell in enumerate(code, start=1):
        cell.execution_count = number
    failed = [f"import {module} failed here: {error}" for module, error in session.missing.items()]
    return [printable(note) for note in failed + notes]


def tests_among(code, source):
    """Return the ids of the cells that stand for the source's tests, the last of each."""
    return {id(cell) for cell in {mark_of(cell): cell for cell in code if mark_of(cell) in source.tests}.values()}


def run_cells(session, cells, source):
    """Run the student's cells; return notes about those that were stopped.

    A cell that is asked for has time of its own. All the others share theirs, so that they cost no answer.
    """
    own_left, stopped = session.times.own, 0
    for cell in cells:
        asked_for = mark_of(cell) in source.marked or cell.get("id") == source.import_id
        if not asked_for and own_left <= 0:
            stopped += 1
            cell.outputs = [
                error("CellLeftOut", f"Left out: the cells before it took more than {session.times.own:g} s.")
            ]
            continue
        cell.outputs, why, seconds = run_inside(session, cell.source)
        if why and not asked_for:
            stopped += 1
        if not asked_for:
            own_left -= max(seconds, session.times.cell if why else 0)
    if not stopped:
        return []
    return [f"stopped, since it took too long or ended the process: {stopped} of the student's own cells"]


def run_inside(session, source):
    """Run one of the student's cells; return its outputs, why it was stopped, and the processor time that it took."""
    try:
        outputs, why = session.run(source)
    except Died as death:
        return [error("CellStopped", f"This cell was stopped, and left out: {death}.")], str(death), session.times.cell
    kept = [output for output in map(checked_output, outputs[:MOST_OUTPUTS]) if output]
    if why:
        kept.append(error("CellStopped", f"This cell was stopped after {why}."))
    return kept, why, session.seconds


def run_outside(session, test, source):
    """Run one of the source's tests in this process, with the student's answers in place of the names that it uses."""
    printed = io.StringIO()
    names, failure, credit = {}, None, None
    try:
        tree = ast.parse(test.source)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            exec(source.import_cell, names)
            for name in sorted(names_in(tree) & source.answers):
                names[name] = session.look_up(name)
            credit = credit_of(value_of(tree, names), test.metadata["nbgrader"]["points"])
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # whatever it is, this cell gives no points
        failure = error(type(problem).__name__, words_of(problem))
    text = text_of(printed.getvalue())
    if failure and text.strip() == failure.evalue:
        text = ""  # the check has said the same
    outputs = [new_output("stream", name="stdout", text=text)] if text else []
    if credit is not None:
        outputs.append(new_output("execute_result", data={"text/plain": f"{credit:g}"}, execution_count=None))
    return [*outputs, failure] if failure else outputs


def words_of(problem):
    """Return what a graded cell's error says; a check's own says it all, of any other the kind is given too."""
    kind = type(problem).__name__
    if isinstance(problem, (AssertionError, checks.NotAttempted)):
        return str(problem) or kind
    return f"{kind}: {problem}" if str(problem) else kind


def value_of(tree, names):
    """Run a cell and return the value of its last line, None where that has none."""
    *before, last = tree.body or [ast.Pass()]
    if not isinstance(last, ast.Expr):
        before, last = tree.body, None
    exec(compile(ast.Module(before, []), "<graded cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<graded cell>", "eval"), names) if last else None


def credit_of(value, points):
    """Return the points in part that a graded cell's last line gives, None where it gives none but all or nothing.

    nbgrader would read them from the text that is displayed, in which np.float64(1.0) is no number, and give all.
    """
    if isinstance(value, (bool, np.bool_)):
        if not value:
            raise ValueError("the last line is False")
        return None
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, Number):
        return None
    credit = float(value)
    if math.isnan(credit) or not 0 <= credit <= points:
        raise ValueError(f"the last line gives points in part, from 0 to {points:g}, and is {credit:g}")
    return credit


def names_in(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def error(name, text):
    text = text_of(text)
    return new_output("error", ename=name, evalue=text, traceback=[text])


def checked_output(output):
    """Return an output that the sandbox reports as a notebook stores it, None if it is none."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=text_of(output.get("text")))
    if kind == "error":
        lines = output.get("traceback")
        lines = [text_of(line) for line in lines[:MOST_OUTPUTS]] if isinstance(lines, list) else []
        name, text = text_of(output.get("ename")), text_of(output.get("evalue"))
        return new_output("error", ename=name, evalue=text, traceback=lines)
    data = output.get("data")
    if kind == "display_data" and isinstance(data, dict):
        kept = {"text/plain": text_of(data.get("text/plain"))}
        if not is_base64(data.get("image/png")):
            return new_output("display_data", data=kept)
        kept["image/png"] = data["image/png"]
        return new_output("display_data", data=kept, metadata={"image/png": {"alt": ALTERNATIVE}})
    return None


def text_of(value):
    return without_surrogates(str(value)[:LONGEST_TEXT])


def is_base64(text):
    try:
        return isinstance(text, str) and bool(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return False
