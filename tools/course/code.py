"""Reading the code of cells and modules: what it calls, imports, defines, binds and reads."""

import ast
import functools
import re

from tools.course.places import HELPERS


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


def closure(start, leads_to):
    """Return `start`, all that `leads_to(one)` names for each of it, and so on."""
    found, waiting = set(), set(start)
    while waiting:
        found |= waiting
        waiting = set().union(*map(leads_to, waiting)) - found
    return found
