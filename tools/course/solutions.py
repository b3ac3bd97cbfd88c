"""From a solutions notebook to the student's: solutions, hidden tests and points taken out.

In notebooks/solutions an answer cell holds its solution between ### BEGIN SOLUTION and ### END SOLUTION, and a graded
cell begins with a line like "# 3 points: what they are for". Hidden tests stand between ### BEGIN HIDDEN TESTS and
### END HIDDEN TESTS. Cells are dictionaries, as a notebook's file has them, with their source as one string.
"""

import re

from tools import ToolError

POINTS = re.compile(r"# (\d+) points?: (.+)")


class RegionError(ToolError):
    """A region that begins and does not end, or the other way round."""


def is_answer(source):
    """Say whether this is the cell in which the reader answers."""
    return "### BEGIN SOLUTION" in source


def points_of(source):
    """Return (points, what they are for) of a graded cell, None for any other."""
    match = POINTS.match(source)
    return (int(match[1]), match[2]) if match else None


def without_region(source, name):
    """Return `source` without what stands between ### BEGIN `name` and ### END `name`."""
    kept = []
    inside = False
    for line in source.split("\n"):
        mark = line.strip()
        if mark in (f"### BEGIN {name}", f"### END {name}"):
            if inside == mark.startswith("### BEGIN"):
                raise RegionError(f"{mark!r} where none can stand, in:\n{source}")
            inside = not inside
        elif not inside:
            kept.append(line)
    if inside:
        raise RegionError(f"### BEGIN {name} has no end, in:\n{source}")
    return "\n".join(kept)


def without_points(source):
    """Return `source` without the line that says how many points it gives."""
    return source.partition("\n")[2] if points_of(source) else source


def for_students(source):
    """Return a solutions notebook's code cell as the student has it; empty where nothing is left for them."""
    source = without_region(source, "SOLUTION")
    return without_points(without_region(source, "HIDDEN TESTS")).strip("\n")


def student_cells(cells):
    """Return copies of a solutions notebook's cells as the student has them, without outputs."""
    derived = []
    for cell in cells:
        if cell["cell_type"] != "code":
            derived.append(dict(cell))
        elif source := for_students(cell["source"]):
            derived.append({**cell, "source": source, "outputs": [], "execution_count": None})
    return derived
