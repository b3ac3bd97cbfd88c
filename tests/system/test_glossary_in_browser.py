"""In JupyterLab, a lesson's link opens the glossary at its term."""

import pytest

from tests.support import needs
from tools.authoring.lab import browser_page, lab_server


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    needs.a_browser()
    with lab_server(tmp_path_factory.mktemp("lab"), whole_pages=False) as address:
        yield address


# Whether the heading with this anchor stands within the notebook that is in front.
IN_VIEW = """anchor => {
    const notebook = window.jupyterapp.shell.currentWidget.node.querySelector('.jp-WindowedPanel-outer');
    const headings = `h3[data-jupyter-id="${anchor}"], h3[id="${anchor}"]`;  // of newer and of older versions
    const heading = notebook?.querySelector(headings)?.getBoundingClientRect();
    const panel = notebook?.getBoundingClientRect();
    return heading && heading.top >= panel.top && heading.bottom <= panel.bottom;
}"""

# Cells that are out of view may not be in the page.
TO_THE_TOP = """() => {
    window.jupyterapp.shell.currentWidget.node.querySelector('.jp-WindowedPanel-outer').scrollTop = 0;
}"""


def test_click_in_a_lesson_opens_the_glossary_at_the_term(address):
    with browser_page() as page:
        page.goto(f"{address}/lab/tree/notebooks/01_break_the_symmetry.ipynb?reset")
        page.locator('.jp-Notebook a[href$="#cell-id=twins"]').click()
        page.wait_for_function(IN_VIEW, arg="twins", timeout=90_000)  # all cells above it are drawn first
        page.evaluate(TO_THE_TOP)
        page.locator('.jp-Notebook a[href="#chain-rule"]').first.click()  # in the index
        page.wait_for_function(IN_VIEW, arg="chain-rule", timeout=90_000)
        assert page.problems == []
