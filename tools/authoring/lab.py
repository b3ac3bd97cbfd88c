"""JupyterLab with headless Chromium in front of it, as a reader has it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

from tools.course.places import ROOT

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def browser_path():
    """Return where this machine has a Chromium, or None."""
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


@contextmanager
def lab_server(folder, whole_pages=True):
    """Serve copies of the notebooks with JupyterLab from `folder`, with settings of its own; give its address.

    With `whole_pages` every cell stays in the page, so that a test sees those that are scrolled away.
    """
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    if whole_pages:
        write_settings(folder, "notebook-extension/tracker", '{"windowingMode": "none"}')
    write_settings(folder, "apputils-extension/notification", '{"fetchNews": "false"}')
    port = free_port()
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = {**os.environ, **{name: str(folder / place) for name, place in own.items()}}
    environment.pop("STEP_ZERO_SEED", None)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None", "--LabApp.check_for_updates_class="]
    command[-1] += "jupyterlab.NeverCheckForUpdate"
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        address = f"http://localhost:{port}"
        wait_for(address, server, folder / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def write_settings(folder, name, text):
    """Write a reader's settings for one of JupyterLab's extensions."""
    path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@contextmanager
def browser_page(width=1100, height=1000, scale=1):
    """Give a page of headless Chromium, with `scale` pixels of the screen to one of the page.

    `page.problems` gathers what goes wrong in it.
    """
    if browser_path() is None:
        raise SystemExit("this needs Chromium: install the package chromium of your distribution")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), headless=True, args=QUIET)
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(f"page error: {error}"))
        try:
            yield page
        finally:
            browser.close()


def open_notebook(page, address, name):
    """Open a notebook in JupyterLab, and wait until its kernel is ready."""
    page.goto(f"{address}/lab/tree/notebooks/{name}.ipynb?reset")
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0")
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
        }"""
    )


def open_and_run(page, address, name, shows=".widget-image img, img.widget-image"):
    """Open a notebook in JupyterLab, run all its cells, and wait until it shows an Explorer's picture, or `shows`."""
    open_notebook(page, address, name)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector(shows)


# True once no code cell is running, or waits for its turn.
ALL_RUN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .every(cell => cell.model.executionState === 'idle' && cell.model.executionCount)"""


def unrun_or_failed(page):
    """Return the code cells that have not run, and the errors and warnings that cells have written."""
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, number) => {
            if (cell.model.type !== 'code') return [];
            const outputs = cell.model.sharedModel.outputs ?? [];
            const bad = outputs.filter(o => o.output_type === 'error' || o.name === 'stderr');
            const said = bad.map(o => `cell ${number}: ${o.ename ?? ''} ${o.evalue ?? o.text}`);
            return cell.model.executionCount ? said : [...said, `cell ${number} has not run`];
        })"""
    )


def wait_for(address, server, log, seconds=60):
    """Wait until the server answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            urlopen(f"{address}/api", timeout=2).close()
            return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def free_port():
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        return listening.getsockname()[1]
