"""Every notebook in JupyterLab in a browser: all cells run, every control moves the picture, nothing fails."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.support import needs
from tools.authoring.lab import ALL_RUN, browser_page, lab_server, open_and_run, unrun_or_failed
from tools.course.places import ROOT, lesson_paths

SCREENSHOTS = os.environ.get("STEP_ZERO_SCREENSHOTS")  # a folder, to look at what the test saw


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    needs.a_browser()
    with lab_server(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.mark.parametrize("name", [path.stem for path in lesson_paths()])
def test_notebook_runs_and_its_controls_move_the_picture(address, name):
    with browser_page() as page:
        open_and_run(page, address, name)
        assert unrun_or_failed(page) == []
        explorers = page.locator(".jp-OutputArea-output .widget-vbox:has(img)")
        assert explorers.count() >= 1
        for number in range(explorers.count()):
            move_every_control(page, explorers.nth(number), f"{name}-{number}")
            move_every_control_by_keyboard(page, explorers.nth(number))
            has_no_serious_violation(explorers.nth(number))
        shoot(page.locator(".jp-Notebook").first, f"{name}-end")
        assert page.problems == []


EXERCISES = sorted((ROOT / "notebooks" / "exercises").glob("*.ipynb"))


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_untouched_exercises_run_and_a_wrong_answer_gets_a_hint(address, path):
    with browser_page() as page:
        open_and_run(page, address, f"exercises/{path.stem}", shows=".jp-OutputArea-output >> text=○")
        page.wait_for_function(ALL_RUN)
        assert unrun_or_failed(page) == []
        said = page.locator(".jp-OutputArea-output pre").all_inner_texts()
        assert sum(text.startswith("○") for text in said) >= 3
        assert not [text for text in said if text.startswith(("✓", "✗"))]
        # every answer that is still `...` becomes a text, which is right nowhere
        page.evaluate(
            """async () => {
                const cells = window.jupyterapp.shell.currentWidget.content.widgets;
                for (const cell of cells.filter(cell => cell.model.type === 'code'))
                    cell.model.sharedModel.setSource(cell.model.sharedModel.getSource().replaceAll('= ...', "= 'e'"));
                await window.jupyterapp.commands.execute('notebook:run-all-cells');
            }"""
        )
        page.wait_for_function(ALL_RUN)
        assert unrun_or_failed(page) == []
        said = page.locator(".jp-OutputArea-output pre").all_inner_texts()
        assert sum(text.startswith("✗") for text in said) >= 3
        shoot(page.locator(".jp-Notebook").first, f"exercises-{path.stem}")
        assert page.problems == []


def move_every_control(page, explorer, name):
    explorer.scroll_into_view_if_needed()
    shoot(explorer, f"{name}-start")
    sliders = explorer.locator(".noUi-handle")
    menus = explorer.locator("select")
    assert sliders.count() + menus.count() >= 2
    for number in range(sliders.count()):
        for key in ("End", "Home") if stands_at_its_lowest(sliders.nth(number)) else ("Home", "End"):
            with picture_changes(page, explorer):
                sliders.nth(number).press(key)
            shoot(explorer, f"{name}-slider{number}-{key}")
        explorer.get_by_role("button", name="Reset").click()
    for number in range(menus.count()):
        options = menus.nth(number).locator("option").all_inner_texts()
        now = menus.nth(number).evaluate("menu => menu.selectedIndex")
        for option in [option for place, option in enumerate(options) if place != now]:
            with picture_changes(page, explorer):
                menus.nth(number).select_option(label=option)
            shoot(explorer, f"{name}-menu{number}-{option}")
        explorer.get_by_role("button", name="Reset").click()
    settled(page, explorer)


def move_every_control_by_keyboard(page, explorer):
    """Go from the first control to Reset by Tab alone, in reading order; move and press each, and put all back."""
    controls, buttons = (explorer.locator(kind).all() for kind in ("select, .noUi-handle", "button"))
    assert [button.inner_text() for button in buttons] == ["Keep this curve", "Other seeds", "Reset"]
    *adding, reset = buttons
    starts = [value_of(control) for control in controls]
    page.evaluate("document.activeElement.blur()")
    for key in ("Enter", "Space"):
        for number, control in enumerate(controls):
            seen = pixels_of(control)
            controls[0].focus() if number == 0 else page.keyboard.press("Tab")
            assert_focus(page, control, seen)
            before = value_of(control)
            for pressed in keys_for(control):
                page.keyboard.press(pressed)
            settled(page, explorer)
            assert value_of(control) != before
        for button, told in zip(adding, ("In grey: what the picture shows", "Other seeds: "), strict=True):
            press_by_keyboard(page, button, key)
            explorer.locator("[role=note]").filter(has_text=told).wait_for()
            settled(page, explorer)
        with picture_changes(page, explorer):
            press_by_keyboard(page, reset, key)
        assert [value_of(control) for control in controls] == starts
        assert explorer.locator("[role=note]").count() == 0


def press_by_keyboard(page, button, key):
    seen = pixels_of(button)
    page.keyboard.press("Tab")
    assert_focus(page, button, seen)
    page.keyboard.press(key)


def assert_focus(page, control, seen):
    """Assert that Tab has led to `control`, past the number of a slider at most, and that it can be seen."""
    if page.evaluate("document.activeElement.className") == "widget-readout":
        page.keyboard.press("Tab")
    assert control.evaluate("control => document.activeElement === control"), "the order of Tab is not that of reading"
    assert pixels_of(control) != seen, "the focus cannot be seen"


def pixels_of(control):
    """Return what a control and what is close to it look like."""
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    around = {"x": box["x"] - 4, "y": box["y"] - 4, "width": box["width"] + 8, "height": box["height"] + 8}
    return control.page.screenshot(clip=around)


def value_of(control):
    return control.evaluate("control => control.selectedIndex ?? Number(control.getAttribute('aria-valuenow'))")


def keys_for(control):
    """Return the keys that move a control by one; JupyterLab takes a menu's plain arrows, so its list is opened."""
    if control.get_attribute("role") == "slider":
        highest = control.get_attribute("aria-valuenow") == control.get_attribute("aria-valuemax")
        return ["ArrowLeft" if highest else "ArrowRight"]
    last = control.evaluate("menu => menu.selectedIndex + 1 === menu.length")
    return ["Alt+ArrowDown", "ArrowUp" if last else "ArrowDown", "Enter"]


# ipywidgets gives the handle of a slider no name; its name stands before it, and its value behind it.
UNNAMED_HANDLES = {"aria-input-field-name"}


def has_no_serious_violation(explorer):
    """Let axe look at the Explorer alone: what is around it is JupyterLab's."""
    explorer.evaluate("explorer => explorer.setAttribute('data-looked-at', '')")
    found = Axe().run(explorer.page, context="[data-looked-at]")
    serious = {each["id"] for each in found.response["violations"] if each["impact"] in ("serious", "critical")}
    assert serious <= UNNAMED_HANDLES, found.generate_report()
    assert explorer.locator("img").get_attribute("title") == explorer.locator("[role=status]").inner_text()
    explorer.evaluate("explorer => explorer.removeAttribute('data-looked-at')")


def stands_at_its_lowest(handle):
    return handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemin")


class picture_changes:
    """Fail unless the Explorer's picture is a different one afterwards, and wait until it has come to rest."""

    def __init__(self, page, explorer):
        self.page, self.explorer = page, explorer

    def __enter__(self):
        settled(self.page, self.explorer)
        self.before = picture_of(self.explorer)

    def __exit__(self, kind, *_):
        if kind is None:
            for _ in range(100):
                if picture_of(self.explorer) != self.before:
                    break
                self.page.wait_for_timeout(50)
            else:
                pytest.fail("the control did not change the picture")
            settled(self.page, self.explorer)
            assert self.explorer.locator("[role=alert]").all_inner_texts() == []


# The kernel answers in the order in which it was asked, so an answer to this comes behind all that a move has sent.
ANSWERED = """async () => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    await kernel.requestExecute({ code: '', silent: false, store_history: false }).done;
}"""


def settled(page, explorer):
    """Wait until the kernel has answered every move, and no training is under way."""
    for _ in range(300):
        page.evaluate(ANSWERED)
        if not explorer.locator("progress").is_visible():
            return
        page.wait_for_timeout(50)
    pytest.fail("the training does not end")


def picture_of(explorer):
    """Return the pixels' bytes, through the picture's blob."""
    return explorer.locator("img").first.evaluate(
        """async image => {
            const canvas = document.createElement('canvas');
            canvas.width = 160; canvas.height = 90;
            await image.decode().catch(() => null);
            canvas.getContext('2d').drawImage(image, 0, 0, 160, 90);
            return canvas.toDataURL();
        }"""
    )


def shoot(part, name):
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        part.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png".replace(" ", "_").replace("/", "_")))
