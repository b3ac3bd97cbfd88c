"""What must be true of every notebook."""

import re
from tokenize import TokenError

from IPython.core.displayhook import DisplayHook

from tools.course.code import parsed
from tools.course.notebook import CELL_ID, KERNELSPEC, LANGUAGE_INFO
from tools.rules.helpers import random_complaints


def cell_complaints(notebook):
    """Cells parse, have ids of their own and no tag or comment that keeps nbval from comparing them."""
    complaints = []
    seen = set()
    for cell in notebook.cells:
        if not CELL_ID.fullmatch(cell.id):
            complaints.append(f"{notebook.at(cell)}: its id must be of letters, digits, - and _; got {cell.id!r}")
        if cell.id in seen:
            complaints.append(f"{notebook.at(cell)}: the id {cell.id!r} is another cell's")
        seen.add(cell.id)
        for tag in cell.tags:
            if tag.startswith("nbval-") or tag in ("raises-exception", "skip-execution"):
                complaints.append(f"{notebook.at(cell)}: the tag {tag} keeps it from being compared")
    for cell in notebook.code_cells:
        if re.search(r"NBVAL_|PYTEST_VALIDATE", cell.source):
            complaints.append(f"{notebook.at(cell)}: a comment keeps it from being compared")
        if not cell.source.strip():
            complaints.append(f"{notebook.at(cell)}: empty")
        try:
            parsed(cell.source)
            hidden = DisplayHook.semicolon_at_end_of_expression(cell.source)  # ruff's E703 lets a cell's last ';' stand
        except (SyntaxError, TokenError) as error:
            complaints.append(f"{notebook.at(cell)}: does not parse: {error}")
        else:
            complaints += [f"{notebook.at(cell)}: a last ';' hides its result from nbval"] if hidden else []
    return complaints


def execution_count_complaints(notebook):
    """The execution counts run 1 … n: nbval does not compare a cell without one."""
    return [
        f"{notebook.at(cell)}: its execution count must be {number}; got {cell.execution_count}"
        for number, cell in enumerate(notebook.code_cells, start=1)
        if cell.execution_count != number
    ]


def metadata_complaints(notebook):
    """The kernel is named as every machine knows it, and no widget state is stored."""
    complaints = []
    for key, wanted in (("kernelspec", KERNELSPEC), ("language_info", LANGUAGE_INFO)):
        if notebook.metadata.get(key) != wanted:
            complaints.append(f"{notebook.name}: metadata.{key} must be {wanted}; run step-zero run")
    if "widgets" in notebook.metadata:
        complaints.append(f"{notebook.name}: metadata.widgets holds widget state; run step-zero run")
    return complaints


MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|usr|opt|var|Users)/|\b[A-Z]:\\")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?")
MOST_DIGITS = 6


def output_complaints(notebook):
    """No stored output is an error, a warning, or says what another machine would say differently."""
    complaints = []
    for cell in notebook.code_cells:
        place = notebook.at(cell)
        kinds = {(output["output_type"], output.get("name")) for output in cell.outputs}
        if any(kind == "error" for kind, _ in kinds):
            complaints.append(f"{place}: stores an error")
        if ("stream", "stderr") in kinds:
            complaints.append(f"{place}: stores a warning or other text on stderr")
        for text in text_outputs(cell):
            if MACHINE_PATH.search(text):
                complaints.append(f"{place}: its output names a path of one machine")
            if ADDRESS.search(text):
                complaints.append(f"{place}: its output shows a memory address")
            for number in NUMBER.findall(text):
                if significant_digits(number) > MOST_DIGITS:
                    complaints.append(f"{place}: its output shows {number}; round it, machines differ there")
    return complaints


def text_outputs(cell):
    """Return the texts in a cell's outputs; of HTML what a reader sees."""
    texts = []
    for output in cell.outputs:
        texts.append(output.get("text", ""))
        for kind, value in output.get("data", {}).items():
            if kind == "text/html":
                texts.append(re.sub(r"<[^>]*>", " ", value))
            elif kind.startswith("text/"):
                texts.append(value)
    return texts


def significant_digits(number):
    """Count the digits that carry value: not leading zeros, nor an integer's trailing ones."""
    mantissa = re.split("[eE]", number.replace(",", ""))[0]
    digits = mantissa.replace(".", "").lstrip("0")
    return len(digits if "." in mantissa else digits.rstrip("0"))


SHELL_MAGIC = re.compile(r"(?m)^\s*(?:!|%%?(?:pip|conda|mamba|uv|sh|bash|script|system|sx)\b)|=\s*!(?!=)")


def shell_complaints(notebook):
    """No cell leaves Python for a shell, or installs anything."""
    return [
        f"{notebook.at(cell)}: no shell commands and no installing; nothing is downloaded, ever"
        for cell in notebook.code_cells
        if SHELL_MAGIC.search(cell.source)
    ]


LARGEST_NOTEBOOK = 500_000


def notebook_size_complaints(notebook):
    """A notebook's file is at most 500 kB."""
    if notebook.size <= LARGEST_NOTEBOOK:
        return []
    return [f"{notebook.name}: {notebook.size / 1000:.0f} kB; at most {LARGEST_NOTEBOOK // 1000}"]


def notebook_code_complaints(notebook):
    """The rule of randomness, for each cell."""
    return [complaint for cell in notebook.code_cells for complaint in random_complaints(notebook.at(cell), cell.tree)]


NOTEBOOK_RULES = (
    cell_complaints,
    execution_count_complaints,
    metadata_complaints,
    output_complaints,
    shell_complaints,
    notebook_size_complaints,
    notebook_code_complaints,
)
