"""The course in the browser alone: every import exists in that Python, each notebook opens there, its kernel starts.

NumPy and Matplotlib for WebAssembly are in no package registry, so cells that need them are not run here.
"""

import ast
import functools
import http.server
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import tomllib
from contextlib import contextmanager

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.support import needs
from tools import cli
from tools.authoring.lab import browser_page
from tools.course.code import imports, read_modules
from tools.course.notebook import KERNELSPEC, LANGUAGE_INFO, read_notebook
from tools.course.places import NOTEBOOKS, ROOT
from tools.publish import site
from tools.rules import notebooks, repository

LESSONS = sorted(path.relative_to(ROOT).as_posix() for path in NOTEBOOKS.glob("*.ipynb"))
EXERCISES = sorted(path.relative_to(ROOT).as_posix() for path in (NOTEBOOKS / "exercises").glob("*.ipynb"))
ON_THE_SITE = LESSONS + EXERCISES
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


# What the code may use.


def code_of_the_course():
    """Return (place, syntax tree) of each helper and of each code cell on the site."""
    trees = [(f"helpers.{name}", tree) for name, tree in read_modules().items()]
    for name in ON_THE_SITE:
        notebook = read_notebook(ROOT / name)
        trees += [(notebook.at(cell), cell.tree) for cell in notebook.code_cells]
    return trees


def imported(tree):
    """Return the top-level names that a syntax tree imports, in functions too."""
    return {name.split(".")[0] for _, names in imports(tree) for name in names}


STANDARD = sorted({name for _, tree in code_of_the_course() for name in imported(tree)} & sys.stdlib_module_names)

NOT_THERE = {*PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]} - {"ipywidgets"}
NOT_THERE |= {"ctypes", "signal", "resource", "tkinter", "pathlib", "glob"}
NOT_THERE |= {"shutil", "tempfile"}  # files: what the helpers read they have brought with them
CALLS = {"open", "sleep", "fork", "system", "popen", "Popen", "read_text", "write_text", "savefig", "input"}


def complaints_about(place, tree):
    """No threads, processes or network, no waiting, and no files: a page in a browser has none of them."""
    complaints = [f"{place}: may not import {name}" for name in sorted(imported(tree) & NOT_THERE)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            package_data = "files('helpers')" in ast.unparse(node.func)
            if name in CALLS and not package_data:
                complaints.append(f"{place}: may not call {name}")
    return complaints


def test_the_code_uses_nothing_that_a_browser_lacks():
    complaints = [said for place, tree in code_of_the_course() for said in complaints_about(place, tree)]
    for name in ON_THE_SITE:
        complaints += notebooks.shell_complaints(read_notebook(ROOT / name))
    assert complaints == []


@pytest.mark.parametrize(
    "code",
    [
        "import threading",
        "def f():\n    from concurrent.futures import ThreadPoolExecutor",
        "import subprocess as s",
        "import time\ntime.sleep(1)",
        "from time import sleep\nsleep(1)",
        "with open('weights.txt') as file: pass",
        "from pathlib import Path\nPath('weights.txt')",
        "from importlib.resources import files\nfiles('elsewhere').joinpath('weights').open()",
        "import os\nos.system('ls')",
    ],
)
def test_what_a_browser_lacks_is_noticed(code):
    assert complaints_about("here", ast.parse(code))


def test_every_import_is_in_this_pyodide(plain_site):
    lock = json.loads((plain_site / "static/pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    there = {name for entry in lock["packages"].values() for name in entry["imports"]}
    missing = {
        f"{place}: {name}"
        for place, tree in code_of_the_course()
        for name in imported(tree) - sys.stdlib_module_names - there
    }
    assert missing == set()
    assert {"helpers", "numpy", "matplotlib", "PIL", "IPython", "ipywidgets"} <= there


def test_the_lock_is_complete(plain_site):
    packages = json.loads((plain_site / "static/pyodide/pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    needed = {site.canonicalize_name(name) for entry in packages.values() for name in entry["depends"]}
    assert needed <= set(packages)
    assert {"numpy", "matplotlib", "pillow", "ipywidgets"} <= set(packages["step-zero"]["depends"])
    for entry in packages.values():
        wheel = plain_site / "static/pyodide" / entry["file_name"]
        if "://" in entry["file_name"]:
            assert entry["file_name"].startswith(f"{PYODIDE_CDN_URL}/")
        else:
            assert entry["sha256"] == site.sum_of(wheel)


def test_its_versions_are_within_pyprojects_ranges():
    lock = site.stored_lock()
    assert lock["pyodide"] == PYODIDE_VERSION
    assert lock["info"]["python"] in SpecifierSet(PROJECT["requires-python"])
    asked = [Requirement(text) for text in PROJECT["dependencies"]]
    found = {one.name: lock["packages"][one.name]["version"] for one in asked if one.name in lock["packages"]}
    assert set(found) == {"numpy", "matplotlib", "pillow"}
    assert [one for one in asked if one.name in found and found[one.name] not in one.specifier] == []


def test_the_lock_is_what_pyodide_says(pyodide_files):
    assert site.course_lock(pyodide_files) == site.stored_lock()


# What the command makes.


@pytest.fixture(scope="module")
def plain_site(tmp_path_factory):
    """The site as the command makes it: Pyodide comes from where the kernel says."""
    folder = tmp_path_factory.mktemp("plain") / "site"
    site.build(folder)
    return folder


@pytest.fixture(scope="module")
def pyodide_files(tmp_path_factory):
    """Pyodide's core and those of its packages that are Python alone; the others are in no registry."""
    npm, pip = shutil.which("npm"), pip_command()
    if npm is None or pip is None:
        needs.missing("without npm and pip, or uv, no Pyodide can be had, so no kernel is started in the browser")
    folder = tmp_path_factory.mktemp("pyodide")
    packages = site.stored_lock()["packages"].values()
    pure = [f"{one['name']}=={one['version']}" for one in packages if one["file_name"].endswith("none-any.whl")]
    python = ".".join(site.stored_lock()["info"]["python"].split(".")[:2])
    download = [*pip, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", "package"]
    download += ["--python-version", python, "--implementation", "py", "--abi", "none", "--platform", "any"]
    for command in ([npm, "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"], [*download, *pure]):
        result = subprocess.run(command, cwd=folder, env=needs.own_versions(), capture_output=True, text=True)
        if result.returncode != 0:
            needs.missing(f"no Pyodide can be had here: {result.stderr.strip()[-500:]}")
    with tarfile.open(folder / f"pyodide-{PYODIDE_VERSION}.tgz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def pip_command():
    """Return how this machine calls pip, or None."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    uv = shutil.which("uv")
    return [uv, "tool", "run", "pip"] if uv else None


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory, pyodide_files):
    """The site with Pyodide's core and all that is Python alone; its page lets the tests reach the application."""
    folder = tmp_path_factory.mktemp("whole") / "site"
    site.build(folder, pyodide_files)
    expose_application(folder)
    return folder


def expose_application(folder):
    """Let scripts of a test reach JupyterLab on the pages of a site."""
    settings = json.loads((folder / "jupyter-lite.json").read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True
    site.write_json(folder / "jupyter-lite.json", settings)


def test_lessons_and_exercises_are_there_without_solutions(plain_site):
    found = {path.relative_to(plain_site / "files").as_posix() for path in (plain_site / "files").rglob("*.*")}
    assert found == {*ON_THE_SITE, site.ABOUT}
    listed = [json.loads(path.read_text(encoding="utf-8")) for path in (plain_site / "api/contents").rglob("all.json")]
    assert set(ON_THE_SITE) <= {entry["path"] for folder in listed for entry in folder["content"]}
    assert not [path for path in plain_site.rglob("*") if "solution" in path.name]


@pytest.mark.parametrize("name", ON_THE_SITE)
def test_notebook_names_its_language_and_its_links_lead_somewhere(plain_site, name):
    notebook = read_notebook(plain_site / "files" / name)
    assert notebook.metadata["language_info"]["name"] == "python"  # without it, a dialog asks for a kernel
    pieces = [(notebook.at(cell), cell.source) for cell in notebook.markdown_cells]
    assert repository.link_complaints(pieces, (plain_site / "files" / name).parent) == []


def test_the_helpers_are_a_package_with_their_data(plain_site, tmp_path):
    (wheel,) = (plain_site / "static/pyodide").glob("step_zero-*.whl")
    shutil.unpack_archive(wheel, tmp_path, "zip")
    assert not list(tmp_path.rglob("*.pyc"))
    assert (tmp_path / "helpers/digits.npz").read_bytes() == (ROOT / "helpers/digits.npz").read_bytes()
    code = "import helpers.data; print(helpers.data.__file__, len(helpers.data.digits()))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(str(tmp_path))


def test_only_the_extensions_of_widgets_and_kernel_are_there(plain_site):
    found = {
        path.parent.relative_to(plain_site / "extensions") for path in plain_site.glob("extensions/*/*/package.json")
    }
    assert {path.as_posix() for path in found} == set(site.LABEXTENSIONS)


def test_a_folder_of_ones_own_is_left_alone(tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    with pytest.raises(SystemExit):
        cli.main(["site", str(mine)])
    assert "no site of this command" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["site", str(mine / "thesis.txt")])
    assert (mine / "thesis.txt").read_text() == "mine"
    (mine / site.MARK).touch()
    site.refuse_foreign(mine)
    site.refuse_foreign(tmp_path / "new")


def test_wrong_files_of_pyodide_are_named(tmp_path, capsys):
    def told(*files):
        for name, content in files:
            (tmp_path / name).write_text(content)
        with pytest.raises(SystemExit):
            cli.main(["site", str(tmp_path / "site"), "--pyodide", str(tmp_path)])
        return capsys.readouterr().err

    assert "package.json is missing" in told()
    lock = json.dumps(site.stored_lock())
    assert "the installed kernel wants" in told(("package.json", '{"version": "0.1"}'), ("pyodide-lock.json", lock))
    assert "pyodide.asm.wasm" in told(("package.json", json.dumps({"version": PYODIDE_VERSION})))
    assert not (tmp_path / "site").exists()


def test_another_pyodide_needs_another_lock(monkeypatch):
    monkeypatch.setattr(site, "PYODIDE_VERSION", "999.0")
    with pytest.raises(site.SiteError, match=r"npm pack pyodide@999\.0"):
        site.locked_packages()


def test_a_compiled_package_is_refused(tmp_path):
    with pytest.raises(site.SiteError, match="not Python alone"):
        site.packed("psutil", site.installed_files("psutil"), tmp_path)


# In a browser.


@contextmanager
def served(folder):
    """Serve `folder` as any web server would; give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page():
    """One page for all tests. It reaches nothing but this machine; `page.foreign` gathers what it asked elsewhere."""
    needs.a_browser()
    with browser_page() as page:
        page.foreign = []

        def keep_here(route):
            if route.request.url.startswith("http://localhost:"):
                return route.continue_()
            page.foreign.append(route.request.url)
            return route.abort()

        page.context.route("**/*", keep_here)
        yield page


def test_the_home_page_opens_the_first_lesson_and_asks_for_what_was_told(page, plain_site):
    page.foreign.clear()
    with served(plain_site) as address, page.expect_request(f"{PYODIDE_CDN_URL}/{site.CORE[0]}"):
        page.goto(address)
        page.wait_for_selector("h1:has-text('Race six starts')")
    assert set(page.foreign) <= set(site.fetched(plain_site))
    page.goto("about:blank")


def test_a_readers_copy_hides_the_sites_notebook_until_it_is_renamed_or_deleted(page, plain_site, tmp_path):
    folder = shutil.copytree(plain_site, tmp_path / "site")
    expose_application(folder)
    ours = len(nbformat.read(folder / "files" / site.FIRST, as_version=4).cells)
    copy = "notebooks/my_start.ipynb"
    with served(folder) as page.address:
        open_lab(page)

        def do(what, *arguments):
            script = "([what, given]) => window.jupyterapp.serviceManager.contents[what](...given)"
            return page.evaluate(script, [what, arguments])

        def cells(path):
            return len(do("get", path, {"content": True})["content"]["cells"])

        def save(path):
            content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("mine")])
            do("save", path, {"type": "notebook", "format": "json", "content": content})

        assert cells(site.FIRST) == ours > 1
        save(site.FIRST)
        open_lab(page)  # as on a later visit
        assert cells(site.FIRST) == 1
        do("rename", site.FIRST, copy)
        assert (cells(site.FIRST), cells(copy)) == (ours, 1)
        save(site.FIRST)
        assert cells(site.FIRST) == 1
        do("delete", site.FIRST)
        assert (cells(site.FIRST), cells(copy)) == (ours, 1)
        listed = [item["path"] for item in do("get", "notebooks", {"content": True})["content"]]
        assert {site.FIRST, copy, site.ABOUT} <= set(listed)
    page.goto("about:blank")


@pytest.mark.parametrize("path", [site.ABOUT, "CONTRIBUTING.md"])
def test_readers_are_told_how_to_get_a_newer_notebook(plain_site, path):
    text = (ROOT / path if (ROOT / path).is_file() else plain_site / "files" / path).read_text(encoding="utf-8")
    for word in ("newer", "saved", "rename", "delete"):
        assert word in text.lower()


@pytest.fixture(scope="module")
def lab(page, whole_site):
    """The page, on JupyterLab."""
    page.foreign.clear()
    with served(whole_site) as page.address:
        open_lab(page)
        yield page


def open_lab(page):
    """Open JupyterLab afresh, with no notebook open and no kernel running."""
    page.goto("about:blank")
    page.problems.clear()  # a notebook that was closed half drawn, or its kernel, may have complained
    page.goto(f"{page.address}/lab/index.html?reset")
    page.wait_for_function("() => window.jupyterapp?.shell")
    page.evaluate("() => window.jupyterapp.restored")


# Opens a notebook, in a kernel that is there if one is given, and tells what there is to see. A new kernel is under way
# then; COMPUTE waits for its Python, which takes ten seconds of a processor.
OPEN = """async ([path, kernel]) => {
    const panel = await window.jupyterapp.commands.execute('docmanager:open', { path, kernel });
    await panel.context.ready;
    await panel.sessionContext.ready;
    return {
        title: panel.node.querySelector('h1').innerText.replace('¶', ''),
        cells: panel.content.widgets.length,
        kernel: panel.sessionContext.session?.kernel?.model,
        shown: panel.sessionContext.kernelDisplayName,
        dialogs: [...document.querySelectorAll('.jp-Dialog')].map(dialog => dialog.innerText),
    };
}"""
COMPUTE = """async code => {
    const panel = [...window.jupyterapp.shell.widgets('main')].find(widget => widget.sessionContext);
    const kernel = panel.sessionContext.session.kernel;  // the only one, be it in front by now or not
    const printed = [];
    const future = kernel.requestExecute({ code });
    future.onIOPub = message => printed.push(message.content.text ?? message.content.evalue ?? '');
    const patience = new Promise(resolve => setTimeout(resolve, 180_000));
    await Promise.race([future.done, patience]);
    return printed.join('');
}"""
CLOSE = """async () => {
    [...window.jupyterapp.shell.widgets('main')].forEach(widget => widget.dispose());
    await window.jupyterapp.serviceManager.sessions.shutdownAll();
}"""


@pytest.fixture(scope="module")
def kernels():
    """The kernel in which the notebooks of a folder are opened, by the folder: each takes seconds to start."""
    return {}


@pytest.mark.parametrize("name", ON_THE_SITE)
def test_notebook_opens_and_its_kernel_computes_in_its_folder(lab, kernels, name):
    folder, _, file = name.rpartition("/")
    if folder not in kernels:
        open_lab(lab)
        kernels.clear()  # they ended with their page
    opened = lab.evaluate(OPEN, [name, kernels.get(folder)])
    kernel = opened.pop("kernel")
    cells = nbformat.read(ROOT / name, as_version=4).cells
    assert opened == {
        "title": cells[0].source.splitlines()[0].removeprefix("# "),
        "cells": len(cells),
        "shown": "Python (Pyodide)",
        "dialogs": [],
    }
    assert kernel["name"] == "python"
    assert kernel["id"] == kernels.setdefault(folder, kernel)["id"]
    code = f"import os; print(6 * 7, os.getcwd(), os.path.exists('{file}'))"
    assert lab.evaluate(COMPUTE, code) == f"42 /drive/{folder} True\n"
    assert lab.problems == []
    shoot(lab, name.replace("/", "-"))  # and stays open: a notebook that is closed half drawn complains


def test_so_far_nothing_was_asked_of_anywhere_else(lab):
    assert lab.foreign == []
    open_lab(lab)


def run_notebook(page, name, *cells):
    """Save a notebook with these code cells in the browser, open it and run it all."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata = {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    page.evaluate(
        """async ([path, content]) => {
            const { commands, serviceManager } = window.jupyterapp;
            await serviceManager.contents.save(path, { type: 'notebook', format: 'json', content });
            const panel = await commands.execute('docmanager:open', { path });
            await panel.context.ready;
            await panel.sessionContext.ready;
            await commands.execute('notebook:run-all-cells');
        }""",
        [f"notebooks/{name}.ipynb", notebook],
    )


def errors_in(page):
    return page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()


WIDGET = """
import ipywidgets as widgets
slider, label = widgets.IntSlider(value=5, max=9, description="depth"), widgets.Label("5 layers")
slider.observe(lambda change: setattr(label, "value", f"{change.new} layers"), names="value")
widgets.VBox([slider, label])
"""


def test_a_widget_follows_the_keyboard_with_nothing_from_elsewhere(lab):
    lab.foreign.clear()
    missing = "import importlib.util\nprint('missing:', [n for n in {} if not importlib.util.find_spec(n)])"
    run_notebook(lab, "widget", WIDGET, missing.format(STANDARD))
    lab.wait_for_selector(".widget-label:has-text('5 layers')", timeout=120_000)
    lab.locator(".noUi-handle").press("ArrowRight")
    lab.wait_for_selector(".widget-label:has-text('6 layers')")
    lab.locator(".noUi-handle").press("Home")
    lab.wait_for_selector(".widget-label:has-text('0 layers')")
    lab.wait_for_selector("pre:has-text('missing: []')")
    shoot(lab, "widget")
    assert errors_in(lab) == []
    assert lab.problems == []
    assert lab.foreign == []
    lab.evaluate(CLOSE)


# An Explorer with a picture of one point, and a training in three steps: all of it but NumPy and Matplotlib.
EXPLORER = """
import base64
from dataclasses import dataclass
from helpers.explorer import Explorer, Slider

@dataclass
class Result:
    depth: int
    progress: float

class PointView:
    css_size = (96, 96)
    def update(self, result): pass
    def reading(self, result): return f"depth {result.depth} is trained to {result.progress}"
    def png(self): return base64.b64decode(PNG)
    def mimebundle(self, result, picture): return {"text/plain": self.reading(result)}, {}

def training(depth):
    for step in (1, 2, 4):
        yield Result(depth, step / 4)

Explorer(training, PointView(), depth=Slider("depth", range(1, 10), 5, "layers"))
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/p1YQ4wAAAABJRU5ErkJggg=="


def test_an_explorer_trains_there_and_the_helpers_ask_for_what_was_told(lab, whole_site):
    lab.foreign.clear()
    run_notebook(lab, "explorer", f'PNG = "{PNG}"', EXPLORER)
    lab.wait_for_selector("[role=status]:has-text('depth 5 is trained to 1.0')", timeout=120_000)
    lab.locator(".noUi-handle").press("Home")
    lab.wait_for_selector("[role=status]:has-text('depth 1 is trained to 1.0')")
    shoot(lab, "explorer")
    assert errors_in(lab) == []
    assert lab.problems == []
    assert sorted(lab.foreign) == site.fetched(whole_site)
    lab.evaluate(CLOSE)


def shoot(page, name):
    folder = os.environ.get("STEP_ZERO_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/site-{name}.png")
