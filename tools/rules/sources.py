"""One source: what a notebook builds is the helper, token by token, and its name is bound nowhere else."""

import ast
import copy
import re
from itertools import zip_longest

from tools.course.code import SCOPES, bound_names, definitions


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
