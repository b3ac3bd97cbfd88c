"""The README's picture: an Explorer in JupyterLab while its slider moves from end to end."""

import io
import tempfile
from pathlib import Path

from PIL import Image

from tools.authoring.lab import browser_page, lab_server, open_and_run
from tools.course.places import DOCS

PICTURE = DOCS / "pictures" / "explorer.webp"
NOTEBOOK, SLIDER = "03_watch_signals_vanish", "gain"
FRAME_MS, ENDS_MS = 350, 1200  # how long a frame stands, and the first and the last


def make_picture():
    """Write the picture, and return where it is."""
    with tempfile.TemporaryDirectory() as folder, lab_server(Path(folder)) as address, browser_page() as page:
        open_and_run(page, address, NOTEBOOK)
        frames = frames_of(page)
    PICTURE.parent.mkdir(exist_ok=True)
    durations = [ENDS_MS, *[FRAME_MS] * (len(frames) - 2), ENDS_MS]
    # it plays twice, and then rests
    frames[0].save(PICTURE, save_all=True, append_images=frames[1:], duration=durations, loop=2, quality=80, method=6)
    return PICTURE


def frames_of(page):
    """Return pictures of the notebook's first Explorer, one for each value of its slider."""
    explorer = page.locator(".jp-OutputArea-output .widget-vbox:has(img)").first
    row = explorer.locator(".widget-inline-hbox", has=page.get_by_text(SLIDER, exact=True))
    handle = row.locator(".noUi-handle")
    handle.press("Home")
    frames = []
    while True:
        page.wait_for_timeout(700)  # until the picture rests
        frames.append(Image.open(io.BytesIO(explorer.screenshot())).convert("RGB"))
        if handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax"):
            return frames
        handle.press("ArrowRight")
