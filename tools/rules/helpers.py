"""What must be true of the code of helpers/, and of all code: which imports, and which randomness.

What nobody may import anywhere stands in pyproject.toml, where ruff reads it (TID251).
"""

import ast
import sys

from tools.course.code import imports

# Packages beyond the standard library and NumPy, by the last part of a module's name or by its folder. The directions
# inside of helpers are import-linter's (pyproject.toml), which knows refused packages but no list of allowed ones.
PACKAGES = {
    "figures": {"matplotlib", "PIL", "IPython"},
    "views": {"matplotlib"},
    "explorer": {"PIL", "IPython", "ipywidgets", "traitlets"},
}


def foreign_import_complaints(modules):
    """Imports in helpers are absolute, and reach only NumPy and the packages in PACKAGES."""
    return [complaint for module, tree in modules.items() for complaint in module_import_complaints(module, tree)]


def module_import_complaints(module, tree):
    complaints = []
    parts = module.split(".")
    packages = {"numpy", "helpers"} | PACKAGES.get(parts[0], set()) | PACKAGES.get(parts[-1], set())
    for node, names in imports(tree):
        place = f"helpers.{module}, line {node.lineno}"
        for name in names:
            package = name.partition(".")[0]
            if name.startswith("."):
                complaints.append(f"{place}: write from helpers… instead of a relative import")
            elif package not in packages | set(sys.stdlib_module_names) or name == "helpers":
                complaints.append(f"{place}: may not import {name}")
            elif name.startswith(("matplotlib.pyplot", "matplotlib.pylab")):
                complaints.append(f"{place}: no pyplot; it keeps global figures")
    return complaints


EXPLICIT_RANDOM = {"default_rng", "Generator", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"}


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
