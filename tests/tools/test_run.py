"""A run leaves a file whose diff is real."""

import ast
import base64
import copy
import io
import json
import os

import nbformat
import pytest
from nbconvert.exporters import ScriptExporter
from PIL import Image

from tests.support.notebooks import code, markdown, store
from tools import cli
from tools.authoring import run
from tools.claims import reseed
from tools.course.notebook import KERNELSPEC, LANGUAGE_INFO, give_ids
from tools.course.places import NOTEBOOKS, find, lesson_paths


def png(shade, size=(4, 3), level=6):
    """Return a grey picture as base64."""
    stream = io.BytesIO()
    Image.new("RGB", size, (shade, shade, shade)).save(stream, format="PNG", compress_level=level)
    return base64.b64encode(stream.getvalue()).decode()


def test_the_same_picture():
    assert png(100, level=0) != png(100)
    assert run.same_picture(png(100, level=0), png(100))
    assert run.same_picture(png(100), png(108))
    assert not run.same_picture(png(100), png(109))
    assert not run.same_picture(png(100), png(100, size=(3, 4)))


def run_in(folder, *names):
    return cli.main(["run", *names], folder)


SHOW = """from IPython.display import display
display({data}, raw=True)"""


def test_run_writes_only_what_matters(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STEP_ZERO_SEED", "7")
    stored_picture = png(100, level=0)
    stored = {"output_type": "display_data", "data": {"image/png": stored_picture}, "metadata": {}}
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Picture"}
    data = {**view, "image/png": png(100)}
    views_only = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    path = store(
        tmp_path / "a place",
        "00_start",
        markdown("# Räce"),
        code("import os, pathlib, sys\nprint(pathlib.Path.cwd().name, os.environ.get('STEP_ZERO_SEED'))"),
        {**code("print(1)\nsys.stdout.flush()\nprint('σ')"), "metadata": {"execution": {"a": "1"}, "tags": []}},
        {
            **code(SHOW.format(data=data), "source:x", outputs=[stored]),
            "id": "kept-id",
            "execution_count": 90,
        },
        code(SHOW.format(data=views_only)),
        code("1 + 1"),
        widgets={"state": {}},
        kernelspec={"name": "other", "display_name": "Mine", "language": "python"},
    )

    assert run_in(path.parent, "00") == 0

    assert "00_start.ipynb: " in capsys.readouterr().out
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    title, place, streams, picture, view_only, result = content["cells"]
    assert content["metadata"] == {
        "kernelspec": KERNELSPEC,
        "language_info": LANGUAGE_INFO,
    }
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert text.endswith("}\n")
    assert text.startswith('{\n "cells"')
    assert "Räce" in text
    assert title["id"]
    assert place["outputs"][0]["text"] == ["a place None\n"]
    assert streams["metadata"] == {}
    assert [output["text"] for output in streams["outputs"]] == [["1\n", "σ\n"]]
    assert picture["id"] == "kept-id"
    assert picture["metadata"] == {"tags": ["source:x"]}
    assert picture["outputs"][0]["data"] == {"image/png": stored_picture, "text/plain": ["Picture"]}
    assert view_only["outputs"] == []
    assert result["outputs"][0]["execution_count"] == 5
    assert [cell["execution_count"] for cell in content["cells"][1:]] == [1, 2, 3, 4, 5]
    assert os.listdir(path.parent) == [path.name]

    assert run_in(path.parent, str(path)) == 0
    assert "unchanged" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == text


def test_a_failing_notebook_stays_as_it_was_and_the_next_one_runs(tmp_path, capsys):
    broken = store(tmp_path, "01_broken", markdown("# T"), code("x = 1\nraise ValueError('a\\nno good')"))
    good = store(tmp_path, "02_good", code("print(1)"))
    before = broken.read_bytes()

    assert run_in(tmp_path) == 1

    assert broken.read_bytes() == before
    assert '"1\\n"' in good.read_text()
    assert sorted(os.listdir(tmp_path)) == [broken.name, good.name]
    printed_lines = capsys.readouterr().out
    assert "01_broken.ipynb, cell 2 (x = 1): " in printed_lines
    assert "no good\n" in printed_lines


def test_a_notebook_that_cannot_run_is_named(tmp_path, capsys):
    store(tmp_path, "01_empty", markdown("# T"), code(" \n"))
    (tmp_path / "02_text.ipynb").write_text("not JSON")
    assert run_in(tmp_path) == 1
    out = capsys.readouterr().out
    assert "01_empty.ipynb, cell 2: an empty code cell" in out
    assert "02_text.ipynb: " in out


def test_names(tmp_path, capsys):
    first = store(tmp_path, "00_start_here")
    second = store(tmp_path, "01_break")
    assert find("00", tmp_path) == first
    assert find("00_start_here", tmp_path) == first
    assert find("01_break.ipynb", tmp_path) == second
    assert find(str(second), tmp_path) == second
    for unknown in ("02", "0", "start"):
        with pytest.raises(SystemExit) as exit_info:
            run_in(tmp_path, unknown)
        assert exit_info.value.code != 0
        assert "available: 00_start_here, 01_break" in capsys.readouterr().err


def test_glossary_is_run_but_is_no_lesson(tmp_path, monkeypatch):
    lesson = store(tmp_path, "00_start_here")
    glossary = store(tmp_path, "glossary")
    ran, tried = [], []
    monkeypatch.setattr(run, "run_all", ran.extend)
    monkeypatch.setattr(reseed, "tried", lambda paths, offsets, cheap: tried.extend(paths))
    run_in(tmp_path)
    cli.main(["reseed"], tmp_path)
    assert (ran, tried) == ([lesson, glossary], [lesson])
    assert lesson_paths(tmp_path) == [lesson]


def test_ids_are_kept_or_made_alike_everywhere():
    cells = [markdown("a"), markdown("a"), {**markdown("b"), "id": "b"}, {**markdown("c"), "id": "b"}]
    again = copy.deepcopy(cells)
    give_ids(cells)
    give_ids(again)
    identities = [cell["id"] for cell in cells]
    assert identities == [cell["id"] for cell in again]
    assert identities[2] == "b"
    assert len(set(identities)) == 4


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.rglob("*.ipynb")), ids=lambda path: path.parent.name + path.stem)
def test_as_a_script_a_notebook_is_a_python_file_with_its_text_as_comments(path):
    notebook = nbformat.read(path, as_version=4)
    script, resources = ScriptExporter().from_notebook_node(notebook)
    assert resources["output_extension"] == ".py"
    title = notebook.cells[0].source.splitlines()[0]
    assert f"\n# {title}\n" in script
    written = [ast.dump(node) for node in ast.parse(script).body]
    assert written == [
        ast.dump(node) for cell in notebook.cells if cell.cell_type == "code" for node in ast.parse(cell.source).body
    ]
