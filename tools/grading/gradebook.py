"""nbgrader's part of the work: a course folder in its layout, the release, the gradebook and the feedback.

What this project adds to nbgrader is in `nbgrader_config.py` of the course folder: submissions are executed by
SandboxedExecute, so that nbgrader's own commands are as safe as `step-zero grade`.
"""

import logging
import os
import sys
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from sqlalchemy.exc import SAWarning
from traitlets import Bool
from traitlets.config import Config, PyFileConfigLoader

from tools.course.solutions import is_answer, points_of
from tools.grading.execute import answer_names, execute

# nbgrader calls `alembic` by its name, which lies beside this Python and not always on the PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

CONFIG = '''"""nbgrader's configuration of this course. Its own commands work here too: run them in this folder."""

c = get_config()  # noqa: F821  nbgrader defines it

c.CourseDirectory.course_id = "step-zero"
c.ClearSolutions.code_stub = {"python": ""}  # the line that holds `...` is stub enough

# Submissions are executed in a sandbox, and the graded cells outside of it.
c.Autograde.autograde_preprocessors = [
    "tools.grading.gradebook.SandboxedExecute",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback shows what the hidden tests found, not the tests; and no markup of a student's runs in a reader's browser.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.HTMLExporter.sanitize_html = True
'''


# The source: a solutions notebook with nbgrader's marks.


@dataclass
class Source:
    """An assignment as the instructor has it: the solutions, with nbgrader's marks on answer cells and graded cells."""

    name: str
    notebook: nbformat.NotebookNode = field(repr=False)

    @cached_property
    def marked(self):
        """The answer cells and the graded cells, by their ids."""
        cells = [cell for cell in self.notebook.cells if "nbgrader" in cell.metadata]
        return {cell.metadata["nbgrader"]["grade_id"]: cell for cell in cells}

    @cached_property
    def graded(self):
        """The graded cells, by their ids."""
        return {name: cell for name, cell in self.marked.items() if cell.metadata["nbgrader"]["grade"]}

    @property
    def most_points(self):
        return sum(cell.metadata["nbgrader"]["points"] for cell in self.graded.values())

    @property
    def import_cell(self):
        return next(cell.source for cell in self.notebook.cells if cell.cell_type == "code")

    @property
    def answers(self):
        """The names that its answer cells define."""
        return answer_names(cell.source for cell in self.marked.values() if cell.metadata["nbgrader"]["solution"])


def source_from(path):
    """Return the Source that a solutions notebook makes: marks, and no outputs."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if mark := mark_for(cell):
                cell.metadata["nbgrader"] = mark
    return Source(path.stem, notebook)


def read_source(path):
    """Return the Source that lies in a course folder."""
    return Source(path.stem, nbformat.read(path, as_version=4))


def mark_for(cell):
    """Return nbgrader's metadata for an answer cell or a graded cell, None for any other."""
    mark = {"grade_id": cell.id, "schema_version": 3, "task": False, "cell_type": "code"}
    if points := points_of(cell.source):
        return mark | {"grade": True, "solution": False, "locked": True, "points": points[0]}
    if is_answer(cell.source):
        return mark | {"grade": False, "solution": True, "locked": False}
    return None


# The course folder.


@dataclass(frozen=True)
class Course:
    """A course folder in nbgrader's layout."""

    root: Path

    def notebook(self, step, assignment, student="."):
        """Return the path of a notebook in source/, release/, submitted/, autograded/ …"""
        return self.root / step / student / assignment / f"{assignment}.ipynb"

    @property
    def database(self):
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def configuration(self, **own):
        """Return the course's nbgrader configuration, with `own` settings of CourseDirectory."""
        config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.db_url = f"{self.database}?timeout=60"  # two submissions are graded at a time
        config.CourseDirectory.merge(Config(own))
        return config

    def create(self):
        """Make the folder and what nbgrader expects in it, and leave alone what is there."""
        for step in ("source", "submitted"):
            (self.root / step).mkdir(parents=True, exist_ok=True)
        config = self.root / "nbgrader_config.py"
        if not config.exists():
            config.write_text(CONFIG, encoding="utf-8")


def convert(converter_class, config, **options):
    """Run one of nbgrader's converters, and raise RuntimeError with what it logged where it fails."""
    log = logging.getLogger("step-zero.nbgrader")
    log.propagate = False
    log.handlers = [told := Told()]
    converter = converter_class(coursedir=CourseDirectory(config=config, log=log), config=config, log=log)
    converter.force = True
    for name, value in options.items():
        setattr(converter, name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of how nbgrader uses its database
            converter.start()
    except Exception as error:
        raise RuntimeError(told.reason() or str(error)) from error


class Told(logging.Handler):
    """Keeps what nbgrader complains about."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())

    def reason(self):
        """Return the last line of the first traceback that was logged."""
        traced = [line.strip().splitlines()[-1] for line in self.lines if "Traceback" in line]
        return traced[0] if traced else " ".join(self.lines)


def release(course, source):
    """Write an assignment's source and make the student's version from it; return that version's path."""
    path = course.notebook("source", source.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(source.notebook, path)
    convert(GenerateAssignment, course.configuration(assignment_id=source.name))
    return course.notebook("release", source.name)


def autograde(course, submission, source, unsafe=False):
    """Execute and grade a submission, and write its feedback; return its points by graded cell."""
    prepared = course.notebook("prepared", source.name, submission.student)
    prepared.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(submission.notebook, prepared)
    config = course.configuration(
        assignment_id=source.name, student_id=submission.student, submitted_directory="prepared"
    )
    config.SandboxedExecute.unsafe = unsafe
    convert(Autograde, config)
    convert(GenerateFeedback, config)
    return points(course, source, submission.student)


def points(course, source, student):
    """Return what the gradebook holds for a student: {graded cell: points}."""
    with Gradebook(course.database) as gradebook:
        notebook = gradebook.find_submission_notebook(source.name, source.name, student)
        return {grade.name: grade.score for grade in notebook.grades}


def reasons(course, source, student):
    """Return what each graded cell without its full points said: {graded cell: text}."""
    notebook = nbformat.read(course.notebook("autograded", source.name, student), as_version=4)
    found = {}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        for output in cell.get("outputs", []):
            if name in source.graded and output.output_type == "error":
                found[name] = output.evalue
    return found


class SandboxedExecute(NbGraderPreprocessor):
    """In nbgrader's place of Execute: the student's cells in a sandbox, the graded cells outside."""

    unsafe = Bool(False, help="Run students' code without a sandbox.").tag(config=True)

    def preprocess(self, notebook, resources):
        name = resources["nbgrader"]["assignment"]
        source = read_source(Path("source") / name / f"{name}.ipynb")  # nbgrader runs in the course folder
        execute(notebook.cells, source.import_cell, source.answers, unsafe=self.unsafe)
        return notebook, resources
