"""What must be true of the code of helpers/, and of all code: which imports, and which randomness.

What nobody may import anywhere stands in pyproject.toml, where ruff reads it (TID251).
"""

import ast
import sys

from tools.course.code import closure, imports

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
    return closure(BELOW[module], BELOW.get)


def import_direction_complaints(modules):
    """Imports in helpers run down BELOW, and reach only the packages in PACKAGES."""
    return [complaint for module, tree in modules.items() for complaint in module_import_complaints(module, tree)]


def module_import_complaints(module, tree):
    part = module.split(".")[0]
    if part not in BELOW:
        return [f"helpers.{module}: has no place in BELOW (tools/rules/helpers.py)"]
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


EXPLICIT_RANDOM = {"default_rng", "Generator", "SeedSequence", "PCG64"}


def random_complaints(place, tree):
    """Of numpy.random, code names only what makes a Generator.

    By hand, because ruff's NPY002 sees calls alone, and its TID251 would ban default_rng with all of numpy.random.
    """
    explicit = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in EXPLICIT_RANDOM
    }
    hidden = [ast.unparse(node) for node in ast.walk(tree) if is_numpy_random(node) and id(node) not in explicit]
    imported = [name for _, names in imports(tree) for name in names if name.startswith("numpy.random")]
    hidden += [name for name in imported if name.rpartition(".")[2] not in EXPLICIT_RANDOM]
    return [f"{place}: {name} is NumPy's global random state; randomness comes from a Generator" for name in hidden]


def is_numpy_random(node):
    """Say whether `node` is np.random, or numpy.random."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "random"
        and isinstance(node.value, ast.Name)
        and node.value.id in ("np", "numpy")
    )
