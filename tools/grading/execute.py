"""Execute a submission: the student's cells in the sandbox, the graded cells outside, with the answers looked up.

So students' code never runs beside the tests, and cannot change what decides about its points: all that it can do is
answer. A graded cell's outputs say ✓, or hold an error, and nbgrader gives points for a graded cell without an error.
"""

import ast
import base64
import binascii
import contextlib
import io

from nbformat.v4 import new_output

from tools.course.code import bound_names, parsed
from tools.grading.session import Died, Session

MOST_OUTPUTS = 50  # of one cell
LONGEST_TEXT = 60_000  # characters of one output; longer than the worker's own limit


def execute(cells, import_cell, answers, *, unsafe=False):
    """Fill in the outputs of a submission's code cells.

    Parameters
    ----------
    cells : list of notebook cells
        The student's, with the instructor's graded cells among them.
    import_cell : str
        The import cell of the source notebook: what the graded cells stand on.
    answers : set of str
        The names that the answer cells of the source notebook define.
    """
    code = [cell for cell in cells if cell.cell_type == "code"]
    with Session(unsafe) as session:
        for cell in code:
            if not is_graded(cell):
                cell.outputs = run_inside(session, cell.source)
        for cell in code:
            if is_graded(cell):
                cell.outputs = run_outside(session, cell.source, import_cell, answers)
    for number, cell in enumerate(code, start=1):
        cell.execution_count = number


def is_graded(cell):
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def answer_names(sources):
    """Return the names that answer cells define, given their sources."""
    return {name for source in sources for name in bound_names(parsed(source))}


def run_inside(session, source):
    """Run one of the student's cells and return its outputs."""
    try:
        outputs = session.run(source)
    except Died as death:
        return [error("CellStopped", f"This cell was stopped, and left out: {death}.")]
    return [kept for output in outputs[:MOST_OUTPUTS] if (kept := checked_output(output))]


def run_outside(session, source, import_cell, answers):
    """Run a graded cell in this process, with the student's answers in place of the names that it uses."""
    printed = io.StringIO()
    names, failure = {}, None
    try:
        with contextlib.redirect_stdout(printed):
            exec(import_cell, names)
            for name in sorted(names_in(source) & answers):
                names[name] = session.look_up(name)
            exec(source, names)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # whatever it is, this cell gives no points
        failure = error(type(problem).__name__, str(problem)[:LONGEST_TEXT] or type(problem).__name__)
    text = printed.getvalue()[:LONGEST_TEXT]
    if failure and text.strip() == failure.evalue:
        text = ""  # the check has said the same
    outputs = [new_output("stream", name="stdout", text=text)] if text else []
    return [*outputs, failure] if failure else outputs


def names_in(source):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def error(name, text):
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
        if is_base64(data.get("image/png")):
            kept["image/png"] = data["image/png"]
        return new_output("display_data", data=kept)
    return None


def text_of(value):
    return str(value)[:LONGEST_TEXT]


def is_base64(text):
    try:
        return isinstance(text, str) and bool(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return False
