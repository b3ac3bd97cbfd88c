#!/usr/bin/env bash
# nbgrader 0.9.6, ipykernel 7.1.0, numpy 2.4.6, Python 3.11 or later.
#
# A test cell gives its points if it raises nothing, and part of them if its last line is a number: so one would expect
#   1. that a test which passes, and issues a warning on its way, gives its points;
#   2. that a last line of np.float64(1.0) gives 1 point of 4, as 1.0 does.
# What happens: nbgrader reads the cell's outputs. Anything on stderr, so any warning, makes it 0 points; and the text
# "np.float64(1.0)", as NumPy 2 displays the number, is no number to it, so that it gives all 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet nbgrader==0.9.6 ipykernel==7.1.0 numpy==2.4.6
export PATH="$folder/venv/bin:$PATH" JUPYTER_DATA_DIR="$folder/data" JUPYTER_CONFIG_DIR="$folder/config" IPYTHONDIR="$folder/ipython"
python -m ipykernel install --sys-prefix >/dev/null
mkdir "$folder/course"
cd "$folder/course"
cat > nbgrader_config.py <<'PYTHON'
c = get_config()
c.CourseDirectory.course_id = "finding"
PYTHON
cat > make.py <<'PYTHON'
import sys
from pathlib import Path
import nbformat
from nbformat.v4 import new_code_cell, new_notebook

TESTS = {
    "quiet": "assert answer == 1",
    "warns": "import warnings\nwarnings.warn('old spelling')\nassert answer == 1",
    "python": "0.25 * 4 * answer",
    "numpy": "import numpy as np\nnp.mean([answer, 1.0])",
}
cells = [new_code_cell("### BEGIN SOLUTION\nanswer = 1\n### END SOLUTION")]
cells[0].metadata["nbgrader"] = {"grade": False, "solution": True, "locked": False, "task": False,
                                 "grade_id": "answer", "schema_version": 3, "cell_type": "code"}
for name, source in TESTS.items():
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "locked": True, "task": False, "points": 4,
                                 "grade_id": name, "schema_version": 3, "cell_type": "code"}
    cells.append(cell)
kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
for place in ("source", "submitted/anna"):
    path = Path(place, "one", "one.ipynb")
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
PYTHON
python make.py
nbgrader generate_assignment one >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
nbgrader autograde one >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
cat > read.py <<'PYTHON'
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db", "finding") as book:
    got = {grade.name: grade.score for grade in book.find_submission_notebook("one", "one", "anna").grades}
print("points of 4:", got)
expected_by_a_reader = {"quiet": 4, "warns": 4, "python": 1, "numpy": 1}
seen = {"quiet": 4, "warns": 0, "python": 1, "numpy": 4}
print("one would expect:", expected_by_a_reader)
raise SystemExit(0 if got == seen else "this has changed: it was " + str(seen))
PYTHON
python read.py
