"""The course as a site that runs in a browser alone: JupyterLite, whose Python is Pyodide. Nothing is installed.

What the course needs of Pyodide's own files becomes part of the site where they are given; the rest, or all of it, a
browser fetches from where the kernel says.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_KERNEL_PLUGIN_ID, PYODIDE_VERSION
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import ToolError
from tools.course.code import closure
from tools.course.places import FIRST, HELPERS, NOTEBOOKS, ROOT

MARK = ".step-zero-site"  # stands in a folder that this command may replace

# What Pyodide has: its core, and packages. The kernel wants the first three, the helpers the others.
LOCK = Path(__file__).with_name("pyodide-lock.json")
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
FROM_PYODIDE = ("micropip", "ipython", "jedi", "numpy", "matplotlib", "pillow")

# What it has not comes from this environment, and must be Python alone.
FROM_HERE = ("ipywidgets", "comm")
LAB_ONLY = {"jupyterlab", "jupyterlab-widgets", "widgetsnbextension"}  # they serve JupyterLab, not the kernel
BROWSER = {"sys_platform": "emscripten", "platform_system": "Emscripten", "extra": ""}
LABEXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")

HOME_PAGE = f"""<!DOCTYPE html>
<meta charset="utf-8">
<title>Step Zero</title>
<meta http-equiv="refresh" content="0; url=lab/index.html?path={FIRST}">
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<a href="lab/index.html?path={FIRST}">Step Zero</a>
"""

ABOUT = "notebooks/about_this_site.md"  # stands in the list of files, where a reader looks for a notebook
ABOUT_THIS_SITE = """# About this site

Everything runs in your browser, and what you change is kept there and nowhere else.

## When the site has a newer version

A notebook that you have saved stays as you left it, and hides the site's own, a newer one too. To get the site's,
close the notebook, and right-click it in the list of files:

- **Rename** keeps your copy under its new name, and the site's notebook appears beside it;
- **Delete** throws your copy away, and the site's notebook takes its place.

Notebooks that you have never saved are always the site's. **Clear Browser Data**, in the command palette
(Ctrl+Shift+C), throws away all that you have changed.
"""


class SiteError(ToolError):
    """What keeps the site from being made."""


def build(folder, pyodide=None):
    """Make the site in `folder`, in place of one that this command has made before."""
    refuse_foreign(folder)
    packages = locked_packages()
    if pyodide:
        refuse_other_pyodide(pyodide, packages)
    with tempfile.TemporaryDirectory() as temporary:
        project, site = Path(temporary, "project"), Path(temporary, "site")
        lay_project(project, own_core=bool(pyodide))
        run_jupyterlite(project, site)
        lay_python(site / "static" / "pyodide", packages, pyodide)
        (site / "index.html").write_text(HOME_PAGE, encoding="utf-8")
        (site / MARK).touch()
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(site, folder)


def refuse_foreign(folder):
    """Raise unless `folder` is missing, empty, or a site that this command made."""
    if folder.exists() and not (folder / MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise SiteError(f"{folder} exists and is no site of this command; name a folder that does not exist yet")


# What JupyterLite reads.


def lay_project(project, own_core):
    """Write what `jupyter lite build` reads: the notebooks and the settings."""
    contents = project / "contents" / "notebooks"
    shutil.copytree(NOTEBOOKS, contents, ignore=shutil.ignore_patterns("solutions", ".ipynb_checkpoints"))
    (project / "contents" / ABOUT).write_text(ABOUT_THIS_SITE, encoding="utf-8")
    kernel = {
        "disablePyPIFallback": True,  # what is missing is an error, not a download
        "loadPyodideOptions": {"lockFileURL": "./static/pyodide/pyodide-lock.json"},
    }
    if own_core:
        kernel["pyodideUrl"] = "./static/pyodide/pyodide.mjs"
    settings = {"appName": "Step Zero", "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel}}
    write_json(project / "jupyter-lite.json", {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings})
    installed = Path(sys.prefix, "share", "jupyter", "labextensions")
    command = {
        "contents": ["contents"],
        "apps": ["lab"],
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(installed / name) for name in LABEXTENSIONS],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
    }
    write_json(project / "jupyter_lite_config.json", {"LiteBuildConfig": command})


def run_jupyterlite(project, site):
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--output-dir", str(site)]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if result.returncode != 0:
        raise SiteError(f"jupyter lite build failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")


def write_json(path, content):
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


# What the kernel imports. Its lock says, for each package: the file, its sum, what it is imported as, what it needs.
# An import in a cell loads the package and all that it needs; so the helpers bring Matplotlib with them.


def lay_python(target, packages, pyodide):
    """Write to `target` the packages from here, what there is in `pyodide`, and the lock that names them all."""
    target.mkdir(parents=True)
    for name in CORE if pyodide else ():
        shutil.copy(pyodide / name, target)
    entries = {name: located(entry, target, pyodide) for name, entry in packages.items()}
    for name in names_from_here(packages):
        entries[name] = packed(name, installed_files(name), target)
    entries["step-zero"] = packed("step-zero", helpers_files(), target)
    write_json(target / "pyodide-lock.json", {"info": stored_lock()["info"], "packages": entries})


def located(entry, target, pyodide):
    """Return a package's entry with the file that `pyodide` has, copied to `target`; or else with an address."""
    name = entry["file_name"]
    if pyodide and (pyodide / name).is_file():
        shutil.copy(pyodide / name, target)
        return entry | {"sha256": sum_of(target / name)}
    return entry | {"file_name": f"{PYODIDE_CDN_URL}/{name}"}


def names_from_here(packages):
    """Return the names of FROM_HERE and of all that they need, without what Pyodide's packages have."""
    return sorted(closure(FROM_HERE, lambda name: set(needs(name)) - set(packages)))


def needs(name):
    """Return the names of what an installed package needs in a browser."""
    python = ".".join(stored_lock()["info"]["python"].split(".")[:2])
    browser = BROWSER | {"python_version": python, "python_full_version": stored_lock()["info"]["python"]}
    asked = [Requirement(text) for text in metadata.requires(name) or []]
    asked = [one for one in asked if one.marker is None or one.marker.evaluate(browser)]
    return sorted({canonicalize_name(one.name) for one in asked} - LAB_ONLY)


def installed_files(name):
    """Return the files of an installed package by their place in site-packages, without what lies outside it."""
    files = {str(file): Path(file.locate()) for file in metadata.files(name)}
    return {place: path for place, path in files.items() if not place.startswith("..") and path.suffix != ".pyc"}


def helpers_files():
    """Return the files of `helpers`, and those that describe its package."""
    code = {
        str(path.relative_to(ROOT)): path for path in HELPERS.rglob("*") if path.is_file() and path.suffix != ".pyc"
    }
    described = {place: path for place, path in installed_files("step-zero").items() if ".dist-info/" in place}
    return code | described


def packed(name, files, target):
    """Write `files` as a wheel to `target`, and return its entry for the lock."""
    compiled = [place for place in files if place.endswith((".so", ".pyd", ".dylib"))]
    if compiled:
        raise SiteError(f"{name} is not Python alone ({compiled[0]}), so a browser needs it from Pyodide")
    version = metadata.version(name)
    wheel = target / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, path in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(place), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return {
        "name": name,
        "version": version,
        "file_name": wheel.name,
        "sha256": sum_of(wheel),
        "imports": sorted({place.split("/")[0].removesuffix(".py") for place in files if place.endswith(".py")}),
        "depends": needs(name),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def sum_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Which packages Pyodide has. Its list is long; pyodide-lock.json beside this module holds what the course needs of it.


def stored_lock():
    return json.loads(LOCK.read_text(encoding="utf-8"))


def locked_packages():
    """Return the entries of Pyodide's packages that the course needs; raise if they are another Pyodide's."""
    lock = stored_lock()
    if lock["pyodide"] != PYODIDE_VERSION:
        raise SiteError(
            f"{LOCK.name} is of Pyodide {lock['pyodide']}, and the installed kernel wants {PYODIDE_VERSION}; "
            f"get its files (npm pack pyodide@{PYODIDE_VERSION}) and run: step-zero site --lock FILES"
        )
    return lock["packages"]


def course_lock(pyodide):
    """Return the version of the Pyodide in a folder, its own description, and the packages that the course needs."""
    try:
        version = json.loads((pyodide / "package.json").read_text(encoding="utf-8"))["version"]
        lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SiteError(f"{pyodide} does not hold Pyodide's files: {Path(error.filename).name} is missing") from error
    packages = lock["packages"]
    chosen = closure(FROM_PYODIDE, lambda name: map(canonicalize_name, packages[name]["depends"]))
    return {"pyodide": version, "info": lock["info"], "packages": {name: packages[name] for name in sorted(chosen)}}


def refuse_other_pyodide(pyodide, packages):
    """Raise unless `pyodide` holds the core of the Pyodide that the installed kernel wants."""
    version = course_lock(pyodide)["pyodide"]
    if version != PYODIDE_VERSION:
        raise SiteError(f"{pyodide} holds Pyodide {version}; the installed kernel wants {PYODIDE_VERSION}")
    missing = [name for name in CORE if not (pyodide / name).is_file()]
    if missing:
        raise SiteError(f"{pyodide} does not hold Pyodide's core: {', '.join(missing)} is missing")


# The command.


def fetched(folder):
    """Return the addresses that a browser on the site in `folder` may fetch something from."""
    entries = json.loads((folder / "static" / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    addresses = [entry["file_name"] for entry in entries.values() if "://" in entry["file_name"]]
    if not (folder / "static" / "pyodide" / CORE[0]).is_file():
        addresses += [f"{PYODIDE_CDN_URL}/{name}" for name in CORE]
    return sorted(addresses)


def make(folder, pyodide=None, lock=None):
    """Make the site in `folder`, and say what is fetched from elsewhere; with `lock`, only write LOCK from there."""
    if lock:
        write_json(LOCK, course_lock(lock))
        return
    build(folder, pyodide)
    print(f"{folder}: serve it with python -m http.server --directory {folder}")
    print("A reader's browser fetches from elsewhere:", *fetched(folder) or ["nothing"], sep="\n  ")
