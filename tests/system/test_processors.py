"""The settings of other processors, and their report. Each lesson with one of them: test_one_kernel.py."""

from tests.support.notebooks import code, printed, store
from tests.support.repository import LESSONS
from tools.measure import processors

SETTINGS = processors.settings()


def test_there_is_more_than_one_setting():
    assert list(SETTINGS)[:2] == ["1 thread", "2 threads"]
    assert len({tuple(variables.items()) for variables in SETTINGS.values()}) == len(SETTINGS)


def test_a_kernel_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(processors, "kernel_taken", lambda variables: "the only one")
    assert list(processors.settings()) == ["1 thread", "2 threads"]


def test_another_text_is_found(tmp_path):
    asks = "import os\nprint(os.environ['OPENBLAS_NUM_THREADS'])"
    path = store(tmp_path, "00_start", code(asks, outputs=[printed("1\n")]), code("print(3)", outputs=[printed("3\n")]))
    assert processors.differing_cells(path, {"OPENBLAS_NUM_THREADS": "1"}) == []
    assert processors.differing_cells(path, {"OPENBLAS_NUM_THREADS": "2"}) == [1]


def test_the_report_is_about_these_notebooks_and_all_is_the_same():
    text = processors.REPORT.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if ".ipynb" in line]
    paths = processors.with_solutions(LESSONS)
    assert [row.split("|")[1].strip() for row in rows] == [
        str(path.relative_to(processors.NOTEBOOKS)) for path in paths
    ]
    assert all(cell.strip() == "same" for row in rows for cell in row.split("|")[2:-1])
