"""What must be true of each lesson, notebooks/NN_*.ipynb."""

import re

from tools.course.code import calls, imports
from tools.course.lesson import minutes_in, minutes_of_appendix, minutes_to_read
from tools.course.markdown import headings, prose, section, sentences

SPARE_MINUTES = 6  # that a lesson may state beyond what reading it takes
OPENING_LABELS = ("You will do", "You will learn", "You need", "Time")
SECTIONS = (
    "See it fail",
    "Derive",
    "Build it",
    "See it work",
    "Predict, then move",
    "Exercises",
    "In practice",
    "Summary",
    "References",
)
# The first lesson lets a reader bet and race before it explains anything.
SECTIONS_OF_00 = (
    "Build it",
    "See it fail",
    "Predict, then move",
    "Derive",
    "See it work",
    *SECTIONS[5:],
)


def opening_complaints(notebook):
    """The first cell has one title, a question, and says what to do, learn, bring and how long it takes."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.kind != "markdown":
        return [f"{notebook.name}, cell 1: must be markdown with the title"]
    complaints = []
    titles = [title for _, level, title in headings(first.source) if level == 1]
    if len(titles) != 1:
        complaints.append(f"{notebook.at(first)}: must have one '# ' title; got {len(titles)}")
    lines = [line.strip().strip("*_") for line in first.source.split("\n")]
    if not any(line.endswith("?") and not line.startswith("#") for line in lines):
        complaints.append(f"{notebook.at(first)}: no line ends in '?', the question")
    for label in OPENING_LABELS:
        if not re.search(rf"\*\*{label}[.:]?\*\*", first.source):
            complaints.append(f"{notebook.at(first)}: no **{label}**")
    return complaints


def time_complaints(notebook):
    """The stated minutes are enough to read the lesson, and by no more than 6 too many; an appendix has its own."""
    if opening_complaints(notebook):
        return []
    main, appendix = minutes_to_read(notebook)
    apart = minutes_of_appendix(notebook)
    pairs = [("", minutes_in(notebook), main if apart else main + appendix)]
    if apart:
        pairs.append((" of the appendix", apart, appendix))
    return [
        f"{notebook.at(notebook.cells[0])}: states {stated} minutes, and a reader{what} needs {needed:.1f}"
        for what, stated, needed in pairs
        if not round(needed) <= int(stated) <= needed + SPARE_MINUTES
    ]


def section_complaints(notebook):
    """The required level-2 headings are there, once each and in order; others may stand between them."""
    titles = [
        title
        for cell in notebook.markdown_cells
        for _, level, title in headings(cell.source)
        if level == 2 and title in SECTIONS
    ]
    complaints = []
    for title in SECTIONS:
        if titles.count(title) != 1:
            complaints.append(f"{notebook.name}: '## {title}' must stand once; found {titles.count(title)}")
    order = SECTIONS_OF_00 if notebook.name.startswith("00") else SECTIONS
    if not complaints and tuple(titles) != order:
        complaints.append(f"{notebook.name}: sections must come in the order {', '.join(order)}")
    return complaints


def import_cell_complaints(notebook):
    """The first code cell, and no other, imports."""
    complaints = []
    for position, cell in enumerate(notebook.code_cells):
        statements = imports(cell.tree)
        if position == 0 and not statements:
            complaints.append(f"{notebook.at(cell)}: the first code cell must be the import cell")
        if position > 0 and statements:
            complaints.append(f"{notebook.at(cell)}: imports belong in the first code cell")
    return complaints or ([] if notebook.code_cells else [f"{notebook.name}: has no code cell"])


def equation_complaints(notebook):
    """Each displayed equation is followed by a cell that computes it."""
    complaints = []
    for cell in notebook.markdown_cells:
        text = prose(cell.source)
        following = notebook.after(cell)
        if ("$$" in text or r"\begin{" in text) and (following is None or following.kind != "code"):
            complaints.append(f"{notebook.at(cell)}: a displayed equation must be followed by code that computes it")
    return complaints


WHAT_YOU_SEE = "**What you see.**"


def observation_complaints(notebook):
    """Each sentence after "What you see." is asserted: the next cell makes at least as many claims."""
    complaints = []
    for cell in notebook.markdown_cells:
        if WHAT_YOU_SEE not in cell.source:
            continue
        if not cell.source.startswith(WHAT_YOU_SEE):
            complaints.append(f"{notebook.at(cell)}: {WHAT_YOU_SEE} must begin its cell")
        said = len(sentences(cell.source.partition(WHAT_YOU_SEE)[2]))
        following = notebook.after(cell)
        claimed = len(calls(following.tree, "claim")) if following else 0
        if not 0 < said <= claimed:
            complaints.append(
                f"{notebook.at(cell)}: {said} sentences of 'What you see' need as many claims "
                f"in the next cell; found {claimed}"
            )
    return complaints


ANSWER = re.compile(r"<details\b[^>]*>\s*<summary\b[^>]*>.*?</summary>(.*?)</details>", re.DOTALL)


def answer_complaints(notebook):
    """Of the answers that fold away in a section, each that states a number has a claim after it, in that section.

    Digits in code and in formulas count too; a number in words is left to the author.
    """
    complaints = []
    for title in ("Predict, then move", "Exercises"):
        cells = section(notebook, title)
        asked = [cell for cell in cells if cell.kind == "markdown" and ANSWER.search(cell.source)]
        stated = [text for cell in asked for text in ANSWER.findall(cell.source) if states_a_number(text)]
        claimed = sum(len(calls(cell.tree, "claim")) for cell in cells if asked and cell.number > asked[0].number)
        if claimed < len(stated):
            complaints.append(
                f"{notebook.at(asked[0])}: {len(stated)} answers under '{title}' state a number and need as many "
                f"claims after them; found {claimed}"
            )
    return complaints


def states_a_number(text):
    """Say whether `text` has a number in it that is not the number of a notebook."""
    return bool(re.search(r"\d", re.sub(r"(?i)\bnotebooks?\s+\d\d\b", "", text)))


def prediction_complaints(notebook):
    """Under "Predict, then move" stand an Explorer and at least two prompts whose answers fold away."""
    cells = section(notebook, "Predict, then move")
    complaints = []
    if not any(calls(cell.tree, "Explorer") for cell in cells):
        complaints.append(f"{notebook.name}: 'Predict, then move' has no cell that calls Explorer(...)")
    text = "\n".join(cell.source for cell in cells if cell.kind == "markdown")
    prompts = re.findall(r"<details\b[^>]*>(.*?)</details>", text, flags=re.DOTALL)
    complete = sum(1 for prompt in prompts if re.search(r"(?s)<summary\b[^>]*>\s*\S.*?</summary>", prompt))
    if complete < 2 or complete < len(prompts):
        complaints.append(
            f"{notebook.name}: 'Predict, then move' needs two <details> or more, each with a <summary>; "
            f"found {len(prompts)} with {complete} summaries"
        )
    return complaints


def exercise_link_complaints(notebook):
    """The section "Exercises" of every lesson but the first links the notebook of its exercises."""
    text = "\n".join(cell.source for cell in section(notebook, "Exercises") if cell.kind == "markdown")
    if notebook.name.startswith("00") or f"](exercises/{notebook.name})" in text:
        return []
    return [f"{notebook.name}: '## Exercises' must link exercises/{notebook.name}"]


def summary_complaints(notebook):
    """The summary is three sentences."""
    cells = section(notebook, "Summary", deepest=6)
    count = len(sentences("\n\n".join(cell.source for cell in cells if cell.kind == "markdown")))
    return [] if count == 3 else [f"{notebook.name}: the summary must be 3 sentences; counted {count}"]


LESSON_RULES = (
    opening_complaints,
    time_complaints,
    section_complaints,
    import_cell_complaints,
    equation_complaints,
    observation_complaints,
    answer_complaints,
    prediction_complaints,
    exercise_link_complaints,
    summary_complaints,
)
