"""The rules that notebooks and helpers keep, as functions that return complaints; no complaint, no text.

`tests/test_structure.py` applies them to the repository, `tests/test_tools.py` shows that each can complain.
"""

import ast
import copy
import functools
import io
import json
import re
import subprocess
import sys
import tokenize
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
HELPERS = ROOT / "helpers"

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# The language alone would do for a kernel; by the other two, nbconvert --to script writes a .py file.
LANGUAGE_INFO = {"file_extension": ".py", "name": "python", "nbconvert_exporter": "python"}
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
GLOSSARY = "glossary.ipynb"


def lesson_paths(folder=NOTEBOOKS):
    """Return the notebooks in `folder` in their order, the glossary aside."""
    return [path for path in sorted(folder.glob("*.ipynb")) if path.name != GLOSSARY]


# Notebooks and modules, as the rules see them.


@dataclass(frozen=True)
class Cell:
    """One cell; `number` counts all cells from 1."""

    number: int
    kind: str
    source: str
    id: str
    metadata: dict
    outputs: list
    execution_count: int | None

    @property
    def tags(self):
        return self.metadata.get("tags", [])

    @property
    def tree(self):
        """The syntax tree of a code cell; of another cell, or of one that does not parse, an empty one."""
        try:
            return parsed(self.source if self.kind == "code" else "")
        except SyntaxError:
            return ast.Module([], [])


@dataclass(frozen=True)
class Notebook:
    """A notebook; `name` is its file's name and `size` the file's bytes."""

    name: str
    cells: list
    metadata: dict
    size: int = 0

    @property
    def code_cells(self):
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def markdown_cells(self):
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def at(self, cell):
        return f"{self.name}, cell {cell.number}"

    def after(self, cell):
        """Return the cell that follows `cell`, or None."""
        return self.cells[cell.number] if cell.number < len(self.cells) else None


def joined(text):
    """Return a notebook file's text, which may be a list of lines, as one string."""
    return text if isinstance(text, str) else "".join(text)


def notebook_from(name, content, size=0):
    """Return the Notebook that a notebook file's parsed JSON describes."""
    cells = [
        Cell(
            number=number,
            kind=cell["cell_type"],
            source=joined(cell["source"]),
            id=cell.get("id", ""),
            metadata=cell.get("metadata", {}),
            outputs=cell.get("outputs", []),
            execution_count=cell.get("execution_count"),
        )
        for number, cell in enumerate(content["cells"], start=1)
    ]
    return Notebook(name, cells, content.get("metadata", {}), size)


def read_notebook(path):
    text = path.read_text(encoding="utf-8")
    return notebook_from(path.name, json.loads(text), len(text.encode()))


@functools.cache
def parsed(source):
    """Return the syntax tree of a code cell; a line of IPython's own language counts as `pass`."""
    if source.startswith("%%"):
        return ast.parse("pass")
    return ast.parse(re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source))


def read_modules(folder=HELPERS):
    """Return the syntax tree of each module under `folder` by its name: "initializers", "figures.race"."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        modules[name] = ast.parse(path.read_text(encoding="utf-8"))
    return modules


# Reading markdown and code.


def prose(markdown):
    """Return `markdown` without code, fenced or inline; a word stands where inline code stood."""
    without_fences = re.sub(r"(?ms)^ *(```|~~~).*?^ *\1[^\n]*$", "", markdown)
    return re.sub(r"(`+).+?\1", "Code", without_fences, flags=re.DOTALL)


def without_math(text):
    """Return `text` with a word in place of each formula."""
    text = re.sub(r"\$\$.*?\$\$", "Formula", text, flags=re.DOTALL)
    return re.sub(r"(?<!\\)\$[^$\n]+(?:\n[^$\n]+)*\$", "Formula", text)


def headings(markdown):
    """Return (line number, level, title) of each heading in `markdown`."""
    # Fences become blank lines, so that the numbers stay those of the source.
    blanked = re.sub(r"(?ms)^ *(```|~~~).*?^ *\1[^\n]*$", lambda fence: "\n" * fence[0].count("\n"), markdown)
    matches = [re.fullmatch(r"(#{1,6})\s+(.*?)\s*#*\s*", line) for line in blanked.split("\n")]
    return [(number, len(match[1]), match[2]) for number, match in enumerate(matches) if match]


def section(notebook, title, deepest=2):
    """Return the cells, or parts of cells, between "## `title`" and a heading of level 1 … `deepest`."""
    found = []
    inside = False
    for cell in notebook.cells:
        if cell.kind != "markdown":
            found += [cell] if inside else []
            continue
        kept = []
        marks = {line: (level, text) for line, level, text in headings(cell.source)}
        for number, line in enumerate(cell.source.split("\n")):
            level, text = marks.get(number, (7, ""))
            if (level, text) == (2, title):
                inside = True
            elif level <= deepest:
                inside = False
            elif inside:
                kept.append(line)
        if kept:
            found.append(Cell(cell.number, "markdown", "\n".join(kept), cell.id, cell.metadata, [], None))
    return found


ABBREVIATIONS = ("e.g.", "i.e.", "et al.", "cf.", "vs.", "eq.", "eqs.", "fig.", "figs.", "approx.", "resp.")


def sentences(markdown):
    """Return the sentences of `markdown`, without its headings, tables, formulas and code."""
    text = without_math(prose(markdown))
    text = re.sub(r"(?m)^\s*(#|\||<).*$", "", text)
    text = re.sub(r"(?m)^\s*([-*+]|\d+\.)\s+", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    for abbreviation in ABBREVIATIONS:
        text = re.sub(rf"(?i)\b{re.escape(abbreviation)}", abbreviation.replace(".", ""), text)
    # An end is followed by space and no small letter: "0.5" and "z. b" end nothing.
    pieces = re.split(r"(?<=[.!?])[\"'”’)\]*_]*\s+(?![a-z])", text)
    return [piece.strip() for piece in pieces if re.search(r"\w", piece)]


def calls(tree, name):
    """Return the calls of `name(...)`, or of `something.name(...)`, in `tree`."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
    ]


def imports(tree):
    """Return each import statement in `tree` as (statement, ["numpy.random.default_rng", …])."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.append((node, [alias.name for alias in node.names]))
        elif isinstance(node, ast.ImportFrom):
            stem = "." * node.level + (node.module or "")
            found.append((node, [f"{stem}.{alias.name}" for alias in node.names]))
    return found


def definitions(tree):
    """Return the functions, classes and assignments at the top level of `tree` by the name they define."""
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
        else:
            names = []
        for name in names:
            found.setdefault(name, []).append(node)
    return found


SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
INNER_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound_names(node):
    """Return the names that a cell binds for the cells after it, in whatever way."""
    if isinstance(node, SCOPES):
        return [node.name]
    if isinstance(node, INNER_SCOPES):
        return []
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        ours = (getattr(node, "module", None) or "").split(".")[0] == "helpers"
        foreign = [alias for alias in node.names if not ours or alias.asname not in (None, alias.name)]
        return [alias.asname or alias.name for alias in foreign]
    return [name for child in ast.iter_child_nodes(node) for name in bound_names(child)]


def names_read(tree):
    """Return the names that `tree` reads."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


# Rules for each lesson, notebooks/NN_*.ipynb.

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
    if not complaints and tuple(titles) != SECTIONS:
        complaints.append(f"{notebook.name}: sections must come in the order {', '.join(SECTIONS)}")
    return complaints


def import_cell_complaints(notebook):
    """The first code cell, and no other, imports; nothing is imported with a star."""
    complaints = []
    for position, cell in enumerate(notebook.code_cells):
        statements = imports(cell.tree)
        if position == 0 and not statements:
            complaints.append(f"{notebook.at(cell)}: the first code cell must be the import cell")
        if position > 0 and statements:
            complaints.append(f"{notebook.at(cell)}: imports belong in the first code cell")
        if any(name.endswith(".*") for _, names in statements for name in names):
            complaints.append(f"{notebook.at(cell)}: import names, not '*'")
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


def redefinition_complaints(notebook, modules):
    """A public name of the helpers is bound nowhere in a notebook but in the cell that is its source."""
    public = public_names(modules)
    complaints = []
    for cell in notebook.code_cells:
        own = {name for _, name in sources(cell)}
        for name in sorted(set(bound_names(cell.tree)) & public - own):
            complaints.append(f"{notebook.at(cell)}: {name} is a helper's name; tag its source or rename the draft")
    return complaints


TEACHING_MODULES = ("initializers", "activations", "networks", "training", "data", "tables")


def public_names(modules):
    """Return the names that the teaching modules define at their top level, those with _ in front aside."""
    taught = [
        tree for module, tree in modules.items() if module in TEACHING_MODULES or module.split(".")[0] == "experiments"
    ]
    return {name for tree in taught for name in definitions(tree) if not name.startswith("_")}


# Rules for every notebook.


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
        if ends_in_semicolon(cell.source):
            complaints.append(f"{notebook.at(cell)}: a last ';' hides its result from nbval")
        try:
            parsed(cell.source)
        except SyntaxError as error:
            complaints.append(f"{notebook.at(cell)}: does not parse: {error.msg}")
    return complaints


SILENT_TOKENS = (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.DEDENT, tokenize.ENDMARKER)


def ends_in_semicolon(source):
    """Say whether the last thing in `source`, comments aside, is a semicolon, as IPython does."""
    try:
        tokens = [
            token.string
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type not in SILENT_TOKENS
        ]
    except (tokenize.TokenError, SyntaxError):
        return source.rstrip().endswith(";")
    return tokens[-1:] == [";"]


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
            complaints.append(f"{notebook.name}: metadata.{key} must be {wanted}; run tools.notebooks")
    if "widgets" in notebook.metadata:
        complaints.append(f"{notebook.name}: metadata.widgets holds widget state; run tools.notebooks")
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
        texts.append(joined(output.get("text", "")))
        for kind, value in output.get("data", {}).items():
            if kind == "text/html":
                texts.append(re.sub(r"<[^>]*>", " ", joined(value)))
            elif kind.startswith("text/"):
                texts.append(joined(value))
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
    """The rules of code for each cell: no global random state, no network, no processes."""
    return [
        complaint
        for cell in notebook.code_cells
        for rule in (random_complaints, forbidden_import_complaints)
        for complaint in rule(notebook.at(cell), cell.tree)
    ]


LESSON_RULES = (
    opening_complaints,
    section_complaints,
    import_cell_complaints,
    equation_complaints,
    observation_complaints,
    answer_complaints,
    prediction_complaints,
    exercise_link_complaints,
    summary_complaints,
)
NOTEBOOK_RULES = (
    cell_complaints,
    execution_count_complaints,
    metadata_complaints,
    output_complaints,
    shell_complaints,
    notebook_size_complaints,
    notebook_code_complaints,
)


# One source: what a notebook builds is the helper, token by token.


def sources(cell):
    """Return the (module, name) of each tag like source:helpers.initializers.he_normal."""
    tagged = [tag.removeprefix("source:helpers.") for tag in cell.tags if tag.startswith("source:helpers.")]
    return [tuple(path.rpartition(".")[::2]) for path in tagged]


def source_complaints(notebook, modules):
    """Each tagged cell defines what its tag names, as the helper does; docstrings and annotations aside."""
    complaints = []
    for cell in notebook.code_cells:
        for tag in cell.tags:
            if tag.startswith("source:") and not tag.startswith("source:helpers."):
                complaints.append(f"{notebook.at(cell)}: the tag {tag} must begin source:helpers.")
        for module, name in sources(cell):
            helper = definitions(modules.get(module, ast.Module([], []))).get(name, [])
            here = definitions(cell.tree).get(name, [])
            if not helper:
                complaints.append(f"{notebook.at(cell)}: helpers.{module} defines no {name}")
            elif not here:
                complaints.append(f"{notebook.at(cell)}: is tagged as the source of {name}, but does not define it")
            elif [bare(node) for node in here] != [bare(node) for node in helper]:
                complaints.append(f"{notebook.at(cell)}: {name} {first_difference(here, helper)}")
    return complaints


class Undressed(ast.NodeTransformer):
    """Takes docstrings and annotations off a syntax tree."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return self.visit_docstring(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        return self.visit_docstring(node)

    def visit_docstring(self, node):
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if node.value is None:
            return ast.Expr(node.target)
        return ast.Assign([node.target], node.value, lineno=0)


def bare(node):
    """Return `node` as Python text of one form, without docstrings and annotations."""
    return ast.unparse(ast.fix_missing_locations(Undressed().visit(copy.deepcopy(node))))


def first_difference(here, helper):
    """Return the first line in which two definitions differ, as both have it."""
    lines = ["\n".join(bare(node) for node in nodes).split("\n") for nodes in (here, helper)]
    for ours, theirs in zip_longest(*lines, fillvalue="nothing"):
        if ours != theirs:
            return f"has {ours.strip()!r} where the helper has {theirs.strip()!r}"
    return "differs from the helper"


def built_in_complaints(notebooks, modules):
    """What a docstring says to be "Built in notebook NN" has its source there, once that notebook exists."""
    by_number = {notebook.name[:2]: notebook for notebook in notebooks}
    complaints = []
    for module, tree in modules.items():
        for name, nodes in definitions(tree).items():
            for number in built_in(nodes[-1]):
                notebook = by_number.get(number)
                if notebook and not any((module, name) in sources(cell) for cell in notebook.code_cells):
                    complaints.append(f"{notebook.name}: no cell is tagged source:helpers.{module}.{name}")
    return complaints


def built_in(node):
    """Return the numbers of the notebooks that a definition's docstring says it is built in."""
    if not isinstance(node, SCOPES):
        return []
    return re.findall(r"[Bb]uilt\s+in\s+notebook\s+(\d\d)", ast.get_docstring(node) or "")


# Rules for the code of helpers.

# What each module of helpers imports directly; what those import, it may import too. A folder counts as one.
BELOW = {
    "": set(),
    "initializers": set(),
    "activations": set(),
    "seeding": set(),
    "claims": set(),
    "networks": {"activations", "initializers"},
    "training": {"networks"},
    "data": {"initializers"},
    "experiments": {"experiments", "training", "data", "seeding"},
    "tables": {"experiments"},
    "figures": {"figures", "experiments", "tables"},
    "checks": {"checks", "initializers", "training", "seeding"},
    "explorer": {"figures"},
}
# Packages beyond the standard library; a module that is not listed has NumPy alone.
PACKAGES = {
    "figures": {"numpy", "matplotlib", "PIL", "IPython"},
    "explorer": {"numpy", "PIL", "IPython", "ipywidgets", "traitlets"},
}


def reachable(module):
    """Return the modules that `module` may import: those below it, and all below them."""
    found = set()
    waiting = set(BELOW[module])
    while waiting:
        found |= waiting
        waiting = {lower for middle in waiting for lower in BELOW[middle]} - found
    return found


def import_direction_complaints(modules):
    """Imports in helpers run down BELOW, and reach only the packages in PACKAGES."""
    return [complaint for module, tree in modules.items() for complaint in module_import_complaints(module, tree)]


def module_import_complaints(module, tree):
    part = module.split(".")[0]
    if part not in BELOW:
        return [f"helpers.{module}: has no place in BELOW (tools/structure.py)"]
    complaints = []
    packages = PACKAGES.get(part, {"numpy"}) | set(sys.stdlib_module_names)
    for node, names in imports(tree):
        place = f"helpers.{module}, line {node.lineno}"
        for name in names:
            package, _, rest = name.partition(".")
            if name.startswith("."):
                complaints.append(f"{place}: write from helpers… instead of a relative import")
            elif package == "helpers" and rest.split(".")[0] not in reachable(part):
                complaints.append(f"{place}: may not import {name}, which is not below it")
            elif package != "helpers" and package not in packages:
                complaints.append(f"{place}: may not import {package}")
            elif name.startswith(("matplotlib.pyplot", "matplotlib.pylab")):
                complaints.append(f"{place}: no pyplot; it keeps global figures")
    return complaints


EXPLICIT_RANDOM = {"default_rng", "Generator", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"}


def random_complaints(place, tree):
    """Randomness comes from a Generator that is passed on, never from NumPy's or Python's global state."""
    complaints = []
    for _, names in imports(tree):
        for name in names:
            last = name.rpartition(".")[2]
            hidden = name.startswith("numpy.random") and last not in EXPLICIT_RANDOM
            if hidden or name.split(".")[0] == "random":
                complaints.append(f"{place}: imports {name}; randomness comes from a Generator")
    explicit = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in EXPLICIT_RANDOM
    }
    for node in ast.walk(tree):
        if is_numpy_random(node) and id(node) not in explicit:
            complaints.append(f"{place}, line {node.lineno} of the code: NumPy's global random state")
    return complaints


def is_numpy_random(node):
    """Say whether `node` is np.random, or numpy.random."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "random"
        and isinstance(node.value, ast.Name)
        and node.value.id in ("np", "numpy")
    )


NETWORK = {"urllib", "urllib3", "requests", "httpx", "aiohttp", "socket", "http", "ftplib", "ssl"}
PROCESSES = {"threading", "_thread", "subprocess", "multiprocessing", "concurrent"}


def forbidden_import_complaints(place, tree):
    """No network, and no threads or processes, which do not exist wherever the course runs."""
    return [
        f"{place}: may not import {name}"
        for _, names in imports(tree)
        for name in names
        if name.split(".")[0] in NETWORK | PROCESSES
    ]


# Rules for texts and files.


def link_complaints(pieces, folder):
    """Local links lead somewhere and pictures have words. `pieces` are (place, markdown) of one document."""
    anchors = {slug(title) for _, text in pieces for _, _, title in headings(text)}
    anchors |= {slug(name) for _, text in pieces for name in re.findall(r'<a (?:id|name)="([^"]+)"', text)}
    complaints = []
    for place, markdown in pieces:
        text = without_math(prose(markdown))
        for target in link_targets(text):
            path, _, anchor = target.partition("#")
            if path and not (folder / path.split("?")[0]).exists():
                complaints.append(f"{place}: {target} leads nowhere")
            elif not path and slug(anchor) not in anchors:
                complaints.append(f"{place}: no heading for {target}")
        for picture in pictures_without_alt(text):
            complaints.append(f"{place}: no alt text for {picture}")
    return complaints


def mention_complaints(pieces, lessons):
    """Each "notebook 05" in a document is one of the `lessons`, which are known by their first two letters."""
    there = {path.name[:2] for path in lessons}
    mentions = [(place, number) for place, text in pieces for number in re.findall(r"(?i)\bnotebooks? (\d\d)\b", text)]
    return [f"{place}: there is no notebook {number}" for place, number in mentions if number not in there]


def link_targets(text):
    """Return the targets of local links and pictures in `text`."""
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text)
    targets += re.findall(r"(?m)^\s*\[[^\]]+\]:\s*(\S+)", text)
    targets += re.findall(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"", text)
    return [target for target in targets if not re.match(r"[a-z][a-z+.-]*:", target)]


def pictures_without_alt(text):
    """Return the pictures in `text` that a screen reader has no words for."""
    missing = re.findall(r"!\[\s*\]\(([^)\s]+)", text)
    tags = re.findall(r"<img\b[^>]*>", text)
    return missing + [tag for tag in tags if not re.search(r"\balt=\"[^\"]*\w[^\"]*\"", tag)]


def slug(heading):
    """Return the letters and digits of a heading or an anchor: sites differ in the rest."""
    return re.sub(r"[\W_]", "", heading).lower()


LARGEST_FILE = 1_000_000


def file_size_complaints(name, size):
    """No file in the repository is larger than 1 MB."""
    return [] if size <= LARGEST_FILE else [f"{name}: {size / 1e6:.1f} MB; at most 1"]


# Put together from pieces, so that these lines do not complain about themselves.
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(["work", "root", "home"]) + ")/")
PACKAGE_HOST = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(?:org|com)"]))


def wording_complaints(name, text):
    """Nothing left undone, and no path or package host that belongs to one machine."""
    text = re.sub(r'"image/(?:png|jpeg)": "[^"]*"', "", text)  # a picture's letters mean nothing
    complaints = []
    for number, line in enumerate(text.split("\n"), start=1):
        for pattern, what in (
            (UNFINISHED, "something is left to do"),
            (LOCAL_PATH, "a path of one machine"),
            (PACKAGE_HOST, "a package host"),
        ):
            if pattern.search(line):
                complaints.append(f"{name}, line {number}: {what}")
    return complaints


def repository_files(root=ROOT):
    """Return the files that are, or would be, in the repository: all that .gitignore does not name."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
        names = {name for name in listed.split("\0") if name}
    except (OSError, subprocess.CalledProcessError):
        names = unpacked_files(root)
    paths = (root / name for name in sorted(names))
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def unpacked_files(root):
    """Return the names of the files under `root` without git's help: none that Python or an editor left."""
    names = {path.relative_to(root) for path in root.rglob("*")}
    left = {"__pycache__", "build", "dist", "uv.lock"}
    hidden = {part for name in names for part in name.parts if part.startswith(".")} - {".ci", ".gitignore"}
    return {str(name) for name in names if not (left | hidden) & set(name.parts)}


def text_of(path):
    """Return the text in `path`, or None if it is not a text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
