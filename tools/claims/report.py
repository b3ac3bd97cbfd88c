"""Every claim of the course with what it measured, its bound, and how far it is from failing.

The margin of a comparison counts the standard errors between its bound and the mean of what was measured: the
spread over the offsets is the standard error of what one run of the notebook finds.
"""

import ast
import re
from dataclasses import dataclass

import numpy as np

from tools.claims.offsets import span
from tools.course.code import calls

REPORT = "docs/claims.md"
FAR = 20  # standard errors
TENFOLD = 0.9  # of the larger side: what is further from its bound is not even within a factor of ten


@dataclass(frozen=True)
class Row:
    """One claim over all offsets: what it is, and the comparison in it that is nearest to failing."""

    notebook: str
    cell: int
    text: str
    held: int
    runs: int
    kind: str  # "bound", "same" at every offset, "equality" or "yes or no"
    relation: str = ""
    measured: float = np.nan  # at the offset where there is least room
    bound: float = np.nan
    margin: float = np.nan  # in standard errors where kind is "bound", else a share of the larger side
    least: float = np.nan  # the margin on the scale, plain or logarithmic, where it is smaller

    apart: float = np.nan  # the room as a share of the larger side, where there is least room

    @property
    def beyond_reach(self):
        """Say whether the bound is never approached: by chance the claim could not fail, and it says little."""
        return self.kind == "bound" and self.bound != 0 and self.least > FAR and self.apart > TENFOLD


# From claims to rows.


def rows_of(claims):
    """Return the Row of each claim among `claims`, in the order of the notebook."""
    by_place = {}
    for made in claims:
        by_place.setdefault(made.place, []).append(made)
    return [row_of(by_place[place]) for place in sorted(by_place)]


def row_of(made):
    """Return the Row of one claim, given at each offset."""
    first = made[0]
    counts = {"held": sum(each.holds for each in made), "runs": len(made)}
    known = (first.notebook, first.cell, first.text)
    parts = [part for part in zip(*(each.parts for each in made), strict=False) if is_of_numbers(part)]
    bounds = [measured_against(part) for part in parts if part[0]["relation"] in "<≤>≥"]
    if bounds:
        nearest = min(bounds, key=lambda each: (each["kind"] == "same", np.nan_to_num(each["margin"], nan=np.inf)))
        return Row(*known, **counts, **nearest)
    if parts:
        worst = min((each for part in parts for each in part), key=lambda each: each["room"])
        sides = {name: worst[name] for name in ("relation", "measured", "bound")}
        return Row(*known, **counts, kind="equality", **sides)
    return Row(*known, **counts, kind="yes or no")


def is_of_numbers(part):
    """Say whether one comparison is the same comparison, of numbers, at every offset."""
    return len({each["relation"] for each in part}) == 1 and not any(np.isnan(each["measured"]) for each in part)


def measured_against(part):
    """Return kind, sides and margin of one comparison, given at each offset."""
    worst = min(part, key=lambda each: each["room"])
    measured, bounds = (np.array([each[name] for each in part]) for name in ("measured", "bound"))
    sides = {name: worst[name] for name in ("relation", "measured", "bound")}
    if varies(measured) or varies(bounds):
        margin, least = standard_errors(measured, bounds, worst["relation"])
        return {"kind": "bound", "margin": margin, "least": least, "apart": relative(worst), **sides}
    return {"kind": "same", "margin": relative(worst), **sides}


def varies(values):
    """Say whether `values` differ by more than rounding does."""
    return not np.all(np.isclose(values, values[0], rtol=1e-9, atol=0))


def standard_errors(measured, bounds, relation):
    """Return the mean distance to the bound in standard deviations, and the least that it is on either scale.

    It is negative on the wrong side of the bound. Positive values have a second scale, their logarithm's. It is taken
    for a bound below them where they lie more evenly on it: those of a signal that explodes are spread upwards, away
    from that bound.
    """
    if not (np.isfinite(measured).all() and np.isfinite(bounds).all()):
        return np.nan, np.nan
    sign = 1 if relation in "<≤" else -1
    plain = in_deviations(sign * (bounds - measured))
    if min(measured.min(), bounds.min()) <= 0:
        return plain, plain
    logarithmic = in_deviations(sign * (np.log(bounds) - np.log(measured)))
    spread_upwards = sign < 0 and abs(skewness(np.log(measured))) < abs(skewness(measured))
    return logarithmic if spread_upwards else plain, min(plain, logarithmic)


def in_deviations(room):
    return float(np.mean(room) / np.std(room, ddof=1))


def skewness(values):
    """Return the mean cube of the standardized `values`, 0 where they are all equal."""
    spread = np.std(values)
    return np.mean((values - np.mean(values)) ** 3) / spread**3 if spread > 0 else 0.0


def relative(part):
    """Return the room of a comparison as a share of its larger side."""
    largest = max(abs(part["measured"]), abs(part["bound"]))
    return part["room"] / largest if np.isfinite(largest) and largest > 0 else np.nan


# From rows to text.


def listing(notebook, rows):
    """Return a line for each claim of a notebook: at how many offsets it held, its margin, and its sentence."""
    lines = [
        f"{'✓' if row.held == row.runs else '✗'} {row.held:>3} of {row.runs:<3}  {margin_text(row):>12}  "
        f"cell {row.cell:<2}  {row.text}"
        for row in rows
    ]
    return "\n".join([f"{notebook}: {len(rows)} claims", *lines])


HEAD = """# Claims

What each claim of the course measured, made by `step-zero claims`. The measured value is that of the
offset where the claim came nearest to failing; where a claim compares several things, the one with the smallest margin
is shown. A margin is given in standard errors (se: the mean distance to the bound over the standard deviation from
offset to offset, of the logarithms where values above a bound are spread upwards), or, where the measured value is the
same at every offset, as a share of the larger side. Equalities, and statements that compare no numbers, have no margin.
A claim marked **!** could not fail: at every offset it is more than tenfold from its bound, and more than {far} se.
"""


def section(notebook, offsets, rows):
    """Return a notebook's part of the report."""
    marked = sum(row.beyond_reach for row in rows)
    lines = [
        f"## {notebook}",
        "",
        f"{len(rows)} claims at {len(offsets)} offsets, {span(offsets)}; {marked} could not fail.",
        "",
        "| claim | measured | bound | margin | held |",
        "|---|---|---|---|---|",
        *map(report_line, rows),
    ]
    return "\n".join(lines) + "\n"


def report_line(row):
    """Return a row of the report's table."""
    held = "always" if row.held == row.runs else f"**{row.held} of {row.runs}**"
    measured, bound = (brief(row.measured), f"{row.relation} {brief(row.bound)}") if row.relation else ("", "")
    return f"| {as_cell(row.text)} | {measured} | {bound} | {margin_text(row)} | {held} |"


def as_cell(text):
    """Return a sentence as a cell of a Markdown table has it."""
    return text.replace("|", "\\|").replace("*", "\\*")


def brief(value):
    """Return a number with three significant digits; one too small to matter to anybody is 0."""
    if abs(value) < 1e-300:
        return "0"
    return f"{value:.3g}"


def margin_text(row):
    """Return the margin with its unit and mark; empty where there is none."""
    if np.isnan(row.margin):
        return ""
    if row.kind == "same":
        return f"{row.margin:.0%}"
    mark = " **!**" if row.beyond_reach else ""
    return f"{row.margin:.2g} se{mark}"


def sections_in(report):
    """Return the sections of a report by notebook."""
    pieces = re.split(r"(?m)^## (.+)\n", report)
    return {name: f"## {name}\n{text.rstrip()}\n" for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def updated(report, sections):
    """Return `report` with the new `sections` in place of those of the same notebooks."""
    merged = sections_in(report) | sections
    return "\n".join([HEAD.format(far=FAR), *(merged[name] for name in sorted(merged))])


def write(path, sections):
    """Write `sections` to the report in `path`, in place of those of the same notebooks."""
    path.parent.mkdir(exist_ok=True)
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(updated(known, sections), encoding="utf-8")


# Whether a report is of these notebooks.


def stale(notebook, report):
    """Return a complaint for each claim without a line in the report, and for each line without a claim."""
    lines = sections_in(report).get(notebook.name, "").splitlines()
    written = [match[1] for match in map(CLAIM_CELL.match, lines) if match and match[1] not in ("claim", "---")]
    claimed = [(cell, sentence_pattern(call)) for cell in notebook.code_cells for call in calls(cell.tree, "claim")]
    missing = [
        f"{notebook.at(cell)}: no line for {pattern!r}"
        for cell, pattern in claimed
        if not any(re.fullmatch(pattern, sentence) for sentence in written)
    ]
    left = [
        f"{notebook.name}: a line without a claim, {sentence!r}"
        for sentence in written
        if not any(re.fullmatch(pattern, sentence) for _, pattern in claimed)
    ]
    again = f"step-zero claims {notebook.name.partition('.')[0]} writes {REPORT} again"
    return [*missing, *left, again] if missing or left else []


CLAIM_CELL = re.compile(r"\| ?((?:\\.|[^|\\])+?) ?\|")


def sentence_pattern(call):
    """Return a pattern that matches the sentence of a claim, as the report has it; what is in {} may be anything."""
    text = call.args[0]
    pieces = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(re.escape(as_cell(piece.value)) if isinstance(piece, ast.Constant) else ".+" for piece in pieces)
