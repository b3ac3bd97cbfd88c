"""The pages: nothing of a notebook is missing, no link is broken, a browser has nothing to fetch or complain of."""

import base64
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from tests.support import needs
from tools import cli
from tools.authoring.lab import browser_page
from tools.course import NotebookError
from tools.course.lesson import minutes_in
from tools.course.markdown import prose
from tools.course.notebook import read_notebook
from tools.course.places import NOTEBOOKS, lesson_paths
from tools.publish import pages as made

PATHS = made.reading_order()
NAMES = [Path(made.CONTENTS), *(path.with_suffix(".html") for path in PATHS)]
each_notebook = pytest.mark.parametrize("path", PATHS, ids=str)
each_page = pytest.mark.parametrize("name", NAMES, ids=str)
TELEPHONE = 400  # pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All pages, written once."""
    folder = tmp_path_factory.mktemp("pages") / "course"
    cli.main(["pages", str(folder)])
    return folder


@pytest.fixture(scope="module")
def read(folder):
    """What parses a page of the folder, once."""
    soups = {name: BeautifulSoup((folder / name).read_text(encoding="utf-8"), "html.parser") for name in NAMES}
    return soups.__getitem__


@pytest.fixture(scope="module")
def page():
    needs.a_browser()
    with browser_page(width=TELEPHONE) as page:
        yield page


def notebook_of(path):
    return nbformat.read(NOTEBOOKS / path, as_version=4)


def outputs_of(path):
    return [output for cell in notebook_of(path).cells for output in cell.get("outputs", [])]


def markdown_of(path):
    return [cell.source for cell in notebook_of(path).cells if cell.cell_type == "markdown"]


# Nothing is missing.


def test_there_is_a_page_for_each_notebook(folder):
    notebooks = [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("exercises/*.ipynb")]
    assert len(PATHS) == len(set(PATHS)) == len(notebooks)
    written = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert sorted(written) == sorted(NAMES)


@each_notebook
def test_all_code_and_all_that_it_printed(path, read):
    page = read(path.with_suffix(".html"))
    code = [cell.source for cell in notebook_of(path).cells if cell.cell_type == "code"]
    shown = [box.get_text().strip("\n") for box in page.select(".code") if box.select(".hl-python, .hl-ipython3")]
    assert shown == [source.strip("\n") for source in code]
    printed = [output.text for output in outputs_of(path) if output.output_type == "stream"]
    assert [box.get_text().strip("\n") for box in page.select("pre.printed")] == [text.strip("\n") for text in printed]


@each_notebook
def test_each_picture_is_there_with_its_reading(path, read):
    page = read(path.with_suffix(".html"))
    drawn = [output for output in outputs_of(path) if output.output_type != "stream"]
    images = page.select("figure img")
    assert len(images) == len(drawn) == len(page.select("img"))
    for image, output in zip(images, drawn, strict=True):
        reading = output.data["text/plain"].split("\n")[-1]
        assert len(reading) > 30
        assert image["alt"] == reading
        stored = base64.b64decode(output.data["image/png"])
        assert base64.b64decode(image["src"].removeprefix("data:image/png;base64,")) == stored
        assert int(image["width"]) == output.metadata["image/png"]["width"]


def test_every_lesson_shows_its_explorer_in_words_too(read):
    for name in NAMES[1:]:
        captions = [caption.get_text() for caption in read(name).select("figcaption")]
        assert len(captions) == (1 if re.match(r"\d\d_", str(name)) else 0)
        for caption in captions:
            assert re.match(r"Here the controls stand at \w+ = .+; in JupyterLab they move\. .{30,}", caption)


@each_notebook
def test_answers_stay_behind_their_summary(path, read):
    written = sum(source.count("<details>") for source in markdown_of(path))
    details = read(path.with_suffix(".html")).select("details")
    assert len(details) == written
    assert all(answer.find("summary", recursive=False) and len(answer.get_text()) > 30 for answer in details)
    assert not any(answer.has_attr("open") for answer in details)


@each_notebook
def test_every_formula_is_mathml(path, read):
    text = "\n\n".join(prose(source) for source in markdown_of(path))
    displayed = text.count("$$") // 2
    inline = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).count("$") // 2
    page = read(path.with_suffix(".html"))
    formulas = page.select("math")
    assert len(page.select("math[display=block]")) == displayed
    assert len(formulas) == displayed + inline
    assert not page.select("merror")
    for formula in formulas:
        assert "\\" not in formula.get_text()
    for code in page.select("pre, code"):
        code.extract()
    assert "$" not in page.main.get_text()


def test_formulas_keep_the_spaces_of_latex():
    assert '<mo lspace="0.17em" rspace="0em">var</mo>' in made.mathml(r"n\operatorname{var}(w)")
    assert '<mo lspace="0.17em" rspace="0.17em">tanh</mo>' in made.mathml(r"\tanh z")
    assert '<mo form="prefix">−</mo>' in made.mathml("U(-a, a)")
    assert "<mo>−</mo>" in made.mathml("f(z) - 1")
    assert made.mathml("|z|").count('form="prefix"') == made.mathml("|z|").count('form="postfix"') == 1
    assert "<mtext>fan_in</mtext>" in made.mathml(r"\text{fan\_in}")
    assert "<mo>&lt;</mo>" in made.mathml("a < b")


# The frame, and the links.


@each_page
def test_frame(name, read):
    page = read(name)
    assert page.html["lang"] == "en"
    assert len(page.select("main")) == len(page.select("h1")) == len(page.select("title")) == 1
    assert page.title.string.endswith("Step Zero")
    assert page.select("body a")[0]["href"] == f"#{page.main['id']}"
    levels = [int(heading.name[1]) for heading in page.select("h1, h2, h3, h4, h5, h6")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    identities = [part["id"] for part in page.select("[id]")]
    assert len(identities) == len(set(identities))


def test_titles_differ(read):
    titles = [read(name).title.string for name in NAMES]
    assert len(set(titles)) == len(titles)


@each_page
def test_links_lead_somewhere_and_nothing_is_loaded(name, folder, read):
    page = read(name)
    assert not page.select("script, link, iframe, object, embed")
    assert not re.search(r"@import|url\(", "".join(style.get_text() for style in page.select("style")))
    assert all(image["src"].startswith("data:") for image in page.select("[src]"))
    for link in page.select("a[href]"):
        path, _, anchor = link["href"].partition("#")
        if re.match(r"https?://", path):
            continue
        target = (folder / name).parent.joinpath(path).resolve() if path else folder / name
        assert target.relative_to(folder) in NAMES, link
        assert not anchor or read(target.relative_to(folder)).find(id=anchor), link


@each_notebook
def test_links_between_notebooks_become_links_between_pages(path, read):
    written = [link for source in markdown_of(path) for link in re.findall(r"\]\(([^)]+\.ipynb[^)]*)\)", source)]
    wanted = [link.replace(".ipynb", ".html").replace("#cell-id=", "#") for link in written]
    links = [link["href"] for link in read(path.with_suffix(".html")).main.select("a")]
    assert [link for link in links if not link.startswith(("http", "#"))] == wanted


def test_previous_and_next_go_through_all_pages(folder, read):
    name, seen = NAMES[1], []
    while name:
        seen.append(name)
        for place in ("header nav", "footer nav"):
            links = {link.get_text().partition(":")[0]: link["href"] for link in read(name).select(f"{place} a")}
            assert (folder / name).parent.joinpath(links["Contents"]).resolve() == folder / made.CONTENTS
            if len(seen) > 1:
                assert (folder / name).parent.joinpath(links["Previous"]).resolve() == folder / seen[-2]
        after = links.get("Next")
        name = after and (folder / name).parent.joinpath(after).resolve().relative_to(folder)
    assert seen == NAMES[1:]


def test_contents_tell_number_title_question_minutes_and_exercises(read):
    page = read(Path(made.CONTENTS))
    rows = [[cell.get_text() for cell in row.select("td")] for row in page.select("tbody tr")]
    assert len(rows) == len(lesson_paths())
    minutes = [minutes_in(read_notebook(path)) for path in lesson_paths()]
    assert rows[0] == ["00", "Race six starts", rows[0][2], minutes[0], "–"]
    assert rows[0][2].endswith("which first numbers let it learn?")
    assert rows[1] == ["01", "Break the symmetry", "Why not start at zero?", minutes[1], "Exercises 01, 40 minutes"]
    links = [link["href"] for link in page.main.select("a")]
    assert links == [name.as_posix() for name in NAMES[1:]]


def test_a_link_to_what_is_no_page_becomes_its_text():
    here, pages = Path("exercises/a.ipynb"), [Path("b.ipynb"), Path("exercises/a.ipynb")]
    renderer = made.PageRenderer(here, pages)
    assert renderer.link("the guide", "../../INSTRUCTORS.md") == "the guide"
    assert renderer.link("b", "../b.ipynb#See-it") == '<a href="../b.html#See-it">b</a>'
    assert renderer.link("c", "../c.ipynb") == "c"
    assert renderer.link("d", "https://doi.org/d") == '<a href="https://doi.org/d">d</a>'


# What is refused.


def test_a_formula_that_cannot_be_drawn_is_named():
    with pytest.raises(NotebookError, match=r"\\unheard"):
        made.mathml(r"\unheard{x} + 1")
    with pytest.raises(NotebookError, match=r"right"):
        made.mathml(r"\right)")


def test_a_picture_without_words_is_refused():
    output = nbformat.v4.new_output("display_data", {"image/png": "aGk="})
    cells = [nbformat.v4.new_markdown_cell("# A"), nbformat.v4.new_code_cell("draw()", outputs=[output])]
    with pytest.raises(NotebookError, match=r"a\.ipynb, cell 2: a picture without a text alternative"):
        made.refuse_silent_pictures(nbformat.v4.new_notebook(cells=cells), Path("a.ipynb"))


def refused(folder, capsys):
    with pytest.raises(SystemExit):
        cli.main(["pages", str(folder)])
    return capsys.readouterr().err


def test_a_folder_of_ones_own_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert "holds other things than pages" in refused(tmp_path, capsys)
    (tmp_path / made.CONTENTS).write_text("mine")
    assert "holds other things than pages" in refused(tmp_path, capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == [made.CONTENTS, "thesis.txt"]
    assert "is a file" in refused(tmp_path / "thesis.txt", capsys)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


def test_pages_are_written_over_but_not_what_took_their_place(tmp_path, capsys, monkeypatch):
    name = Path("exercises/a.html")
    new = {Path(made.CONTENTS): f"new {made.GENERATOR}", name: f"new {made.GENERATOR}"}
    monkeypatch.setattr(made, "all_pages", lambda: new)
    cli.main(["pages", str(tmp_path / "pages")])
    (tmp_path / "pages" / made.CONTENTS).write_text(f"old {made.GENERATOR}")
    (tmp_path / "pages" / "notes.txt").write_text("mine")
    cli.main(["pages", str(tmp_path / "pages")])
    assert (tmp_path / "pages" / made.CONTENTS).read_text() == new[name]
    (tmp_path / "pages" / name).write_text("mine")
    assert "a.html" in refused(tmp_path / "pages", capsys)
    assert (tmp_path / "pages" / name).read_text() == (tmp_path / "pages" / "notes.txt").read_text() == "mine"


# In a browser.


@each_page
def test_in_a_narrow_browser(name, folder, page):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((folder / name).as_uri())
    assert [url for url in requests if not url.startswith("data:")] == [(folder / name).as_uri()]
    assert page.evaluate("document.scrollingElement.scrollWidth") <= TELEPHONE
    closed = "formula => !formula.closest('details')"
    for formula in page.query_selector_all("math"):
        box = formula.bounding_box()
        assert not formula.evaluate(closed) or min(box["width"], box["height"]) > 4
    assert all(width <= TELEPHONE for width in page.eval_on_selector_all("img", "all => all.map(one => one.width)"))
    open_every_answer(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= TELEPHONE
    assert page.problems == []


def open_every_answer(page):
    """Go to each answer by the keyboard, and open it."""
    for number in range(page.locator("summary").count()):
        summary = page.locator("summary").nth(number)
        summary.focus()
        for key in ("Enter", "Space", "Enter"):
            page.keyboard.press(key)
        assert summary.evaluate("summary => summary.parentElement.open")


def test_first_the_keyboard_reaches_the_skip_link(folder, page):
    page.goto((folder / NAMES[1]).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
