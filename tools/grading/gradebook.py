"""nbgrader's part of the work: a course folder in its layout, the release, the gradebook and the feedback.

What this project adds to nbgrader is in `configure`, which `nbgrader_config.py` of the course folder calls: submissions
are put right first, and executed by SandboxedExecute, so that nbgrader's own commands are as safe as the course's.
"""

import base64
import functools
import logging
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import warnings
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import dateutil.parser
import nbformat
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from sqlalchemy.exc import SAWarning
from traitlets import Bool, Float
from traitlets.config import Config, PyFileConfigLoader

from tools.course.code import bound_names, parsed
from tools.course.notebook import replace_file
from tools.course.solutions import RegionError, for_students, is_answer, points_of
from tools.grading.database import SCHEME
from tools.grading.execute import execute
from tools.grading.session import Times
from tools.grading.submissions import TIMESTAMP, mark_of, put_right, small_files
from tools.grading.text import nbgrader_id

# nbgrader calls `alembic` by its name, which lies beside this Python and not always on the PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

CONFIG = '''"""nbgrader's configuration of this course. Its own commands work here too: run them in this folder."""

from tools.grading import gradebook

c = get_config()  # noqa: F821  nbgrader defines it
gradebook.configure(c)

# Below, what you want otherwise: seconds of processor time for a cell, for a call of an answer, for all other cells …
# c.SandboxedExecute.cell_seconds, c.SandboxedExecute.call_seconds, c.SandboxedExecute.own_seconds = 10, 10, 60
# https://nbgrader.readthedocs.io/en/stable/configuration/config_options.html
'''


def configure(config):
    """Set what nbgrader has to do otherwise in a course of ours."""
    config.CourseDirectory.course_id = "step-zero"
    config.ClearSolutions.code_stub = {"python": ""}  # the line that holds `...` is stub enough
    config.GenerateAssignment.preprocessors = [
        *names_of(GenerateAssignment.preprocessors.default()),
        "tools.grading.gradebook.WithoutTraces",
    ]
    config.Autograde.sanitize_preprocessors = [
        "tools.grading.gradebook.PutRight",  # after which no mark is left to be checked
        *[name for name in names_of(Autograde.sanitize_preprocessors.default()) if "CheckCellMetadata" not in name],
    ]
    # Submissions are executed in a sandbox, and the graded cells outside of it.
    config.Autograde.autograde_preprocessors = [
        "tools.grading.gradebook.SandboxedExecute",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
    ]
    # Feedback shows what the hidden tests found, not the tests, and no markup of a student's runs in a browser.
    config.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    config.HTMLExporter.sanitize_html = True


def names_of(classes):
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in classes]


# The source: a solutions notebook with nbgrader's marks.


class BadSource(ValueError):
    """A source that cannot be released; the message says what to mend."""


@dataclass
class Source:
    """An assignment as the instructor has it: the solutions, with nbgrader's marks on answer cells and graded cells."""

    name: str
    notebook: nbformat.NotebookNode = field(repr=False)

    @cached_property
    def marked(self):
        """The cells that nbgrader knows, by their names."""
        return {mark_of(cell): cell for cell in self.notebook.cells if mark_of(cell)}

    @cached_property
    def by_id(self):
        """The same cells' names by their ids, which are alike in a notebook that was not made by `release`."""
        return {cell["id"]: name for name, cell in self.marked.items() if cell.get("id")}

    def cells_that(self, says):
        return {name: cell for name, cell in self.marked.items() if says(cell.metadata["nbgrader"].get)}

    @cached_property
    def tests(self):
        """The cells that decide about points, in which no student may write, by their names."""
        return self.cells_that(lambda has: has("grade") and not has("solution") and not has("task"))

    @cached_property
    def by_hand(self):
        """The cells whose points are given by hand, by their names."""
        return self.cells_that(lambda has: (has("grade") and has("solution")) or has("task"))

    @property
    def most_points(self):
        return sum(points_in(cell) for cell in [*self.tests.values(), *self.by_hand.values()])

    @cached_property
    def import_cell(self):
        """The first code cell: what the graded cells stand on."""
        return next(cell for cell in self.notebook.cells if cell.cell_type == "code").source

    @cached_property
    def import_id(self):
        return next(cell for cell in self.notebook.cells if cell.cell_type == "code").get("id")

    @cached_property
    def answers(self):
        """The names that its answer cells define."""
        found = set()
        for cell in self.cells_that(lambda has: has("solution")).values():
            with suppress(SyntaxError):
                found.update(bound_names(parsed(cell.source if cell.cell_type == "code" else "")))
        return found

    def complaints(self):
        """Return what has to be mended before it can be released."""
        found = []
        if not any(cell.cell_type == "code" for cell in self.notebook.cells):
            return ["there is no code cell, and so no import cell"]
        for name, times in Counter(mark_of(cell) for cell in self.notebook.cells if mark_of(cell)).items():
            if times > 1:
                found.append(f"{times} cells are called {name}: give each a name of its own")
        for place, cell in enumerate(self.notebook.cells, start=1):
            mark = cell.metadata.get("nbgrader")
            if mark is None:
                continue
            where = f"cell {place}"
            if not isinstance(mark, dict) or not mark_of(cell):
                found.append(f"{where} has marks of nbgrader's and no name (grade_id)")
                continue
            where = f"{where} ({mark_of(cell)})"
            if (mark.get("grade") or mark.get("task")) and not isinstance(mark.get("points"), (int, float)):
                found.append(f"{where} is graded, and does not say for how many points")
            if cell.cell_type == "code":
                try:
                    parsed(without_magics(for_students(cell.source)))
                    if mark_of(cell) in self.tests:
                        parsed(cell.source)
                except (RegionError, SyntaxError) as problem:
                    found.append(f"{where}: {problem}")
        if not self.tests and not self.by_hand:
            found.append("no cell of it gives points")
        return found


def without_magics(source):
    return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)


def points_in(cell):
    points = cell.metadata["nbgrader"].get("points")
    return points if isinstance(points, (int, float)) else 0


def source_from(path):
    """Return the Source that a solutions notebook makes: marks, no outputs, and nothing that a run has left."""
    notebook = without_traces(nbformat.read(path, as_version=4))
    for cell in notebook.cells:
        if cell.cell_type == "code" and (mark := mark_for(cell)):
            cell.metadata["nbgrader"] = mark
    return Source(path.stem, notebook)


def without_traces(notebook):
    """Take out of a notebook what a run leaves in it: outputs, and widgets' state, pictures of solutions included."""
    notebook.metadata = {
        name: notebook.metadata[name] for name in ("kernelspec", "language_info") if name in notebook.metadata
    }
    for cell in notebook.cells:
        cell.metadata = {name: kept for name, kept in cell.metadata.items() if name in KEPT_IN_CELLS}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.pop("attachments", None)
    return notebook


KEPT_IN_CELLS = ("nbgrader", "tags", "deletable", "editable", "jupyter", "slideshow")


def read_source(path):
    """Return the Source that lies in a course folder; raise BadSource where it is no notebook."""
    try:
        return Source(path.stem, nbformat.read(path, as_version=4))
    except Exception as problem:  # nbformat raises many kinds
        raise BadSource(f"{path} cannot be read ({type(problem).__name__}: {problem})") from None


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
        return f"{SCHEME}:///{plain_path(self.root) / 'gradebook.db'}"

    def configuration(self, **own):
        """Return the course's nbgrader configuration, with `own` settings of CourseDirectory."""
        config = Config()
        configure(config)
        config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config())
        config.CourseDirectory.root = str(plain_path(self.root))
        config.CourseDirectory.db_url = f"{self.database}?timeout=60"  # two submissions are graded at a time
        config.CourseDirectory.merge(Config(own))
        return config

    def create(self, beside=None):
        """Make the folder and what nbgrader expects in it, and leave alone what is there.

        A course that is made `beside` another takes its configuration, and nothing that was graded there.
        """
        for step in ("source", "submitted"):
            (self.root / step).mkdir(parents=True, exist_ok=True)
        config = self.root / "nbgrader_config.py"
        if beside:
            shutil.copy(beside.root / config.name, config)
        elif not config.exists():
            config.write_text(CONFIG, encoding="utf-8")
        if not (self.root / "gradebook.db").exists():
            shutil.copy(empty_gradebook(beside), self.root / "gradebook.db")


@functools.cache
def empty_gradebook(beside=None):
    """Return the path of a gradebook with nothing in it, of the same version as another course's.

    To find the newest version, nbgrader starts another program, which takes seconds.
    """
    path = temporary_folder() / "gradebook.db"
    if beside and (version := version_of(beside.root / "gradebook.db")):
        with closing(sqlite3.connect(path)) as new, new:
            new.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            new.execute("INSERT INTO alembic_version VALUES (?)", version)
    Gradebook(f"sqlite:///{path}", "step-zero").close()  # adds the tables that are missing
    return path


def version_of(gradebook):
    """Return the version that nbgrader has written into a gradebook, None where it holds none."""
    try:
        with closing(sqlite3.connect(f"{gradebook.resolve().as_uri()}?mode=ro", uri=True)) as there:
            return there.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return None


def plain_path(folder):
    """Return a path to the folder that nbgrader and its database take as it is.

    Both read brackets, question marks and the like in a path as patterns, or as the end of an address.
    """
    return folder if re.fullmatch(r"[\w./\\: -]*", str(folder)) else linked(folder)


@functools.cache
def linked(folder):
    link = temporary_folder() / "course"
    link.symlink_to(folder, target_is_directory=True)
    return link


FOLDERS = []


def temporary_folder():
    """Return a new folder that is there until this process ends."""
    FOLDERS.append(tempfile.TemporaryDirectory(prefix="course-"))
    return Path(FOLDERS[-1].name)


def convert(converter_class, config, **options):
    """Run one of nbgrader's converters, and raise RuntimeError with what it logged where it fails."""
    log = logging.getLogger("step-zero.nbgrader")
    log.propagate = False
    log.handlers = [complaints := Complaints()]
    converter = converter_class(coursedir=CourseDirectory(config=config, log=log), config=config, log=log)
    converter.force = True
    for name, value in options.items():
        setattr(converter, name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of how nbgrader uses its database
            converter.start()
    except Exception as error:
        raise RuntimeError(complaints.reason() or str(error)) from error


class Complaints(logging.Handler):
    """Keeps what nbgrader complains about."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())

    def reason(self):
        """Return the last line of the first traceback that was logged."""
        traced = [line.strip().split("\n")[-1] for line in self.lines if "Traceback" in line]
        return traced[0] if traced else " ".join(self.lines)


def release(course, source):
    """Write an assignment's source and make the student's version from it; return that version's path."""
    try_release(course, source)
    return make_release(course, source)


def try_release(course, source):
    """Release in a folder of its own, so that what fails has changed nothing in the course; raise BadSource then."""
    if complaints := source.complaints():
        raise BadSource(f"{source.name} cannot be released. Mend this first:\n  " + "\n  ".join(complaints))
    with tempfile.TemporaryDirectory() as folder:
        trial = Course(Path(folder))
        trial.create(beside=course)
        try:
            make_release(trial, source)
        except RuntimeError as problem:
            raise BadSource(f"{source.name} cannot be released: {problem}") from problem


def make_release(course, source):
    path = course.notebook("source", source.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, nbformat.writes(source.notebook))
    convert(GenerateAssignment, course.configuration(assignment_id=source.name))
    return course.notebook("release", source.name)


def autograde(course, submission, source, unsafe=False):
    """Execute and grade a submission, and write its feedback."""
    student = nbgrader_id(submission.student)
    prepared = course.notebook("prepared", source.name, student)
    shutil.rmtree(prepared.parent, ignore_errors=True)
    prepared.parent.mkdir(parents=True)
    nbformat.write(submission.notebook, prepared)
    for name, content in submission.files.items():
        if name != TIMESTAMP or is_timestamp(content):
            (prepared.parent / name).write_bytes(content)
        else:
            submission.notes.append(f"{TIMESTAMP} holds no time, and was left aside")
    config = course.configuration(assignment_id=source.name, student_id=student, submitted_directory="prepared")
    config.SandboxedExecute.unsafe = unsafe
    # It has been put right, and its notes are there. nbgrader adds how each cell was handed out: "No response."
    config.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors.OverwriteCells"]
    convert(Autograde, config)
    convert(GenerateFeedback, config, exporter_class=FeedbackExporter)
    if student != submission.student:
        put_feedback_where_it_is_looked_for(course, source, submission.student)


def put_feedback_where_it_is_looked_for(course, source, student):
    """Move the feedback of a student whom nbgrader knows by another name."""
    there = course.root / "feedback" / nbgrader_id(student)
    wanted = course.root / "feedback" / student / source.name
    shutil.rmtree(wanted, ignore_errors=True)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(there / source.name, wanted)
    with suppress(OSError):
        there.rmdir()


@dataclass
class Given:
    """What the gradebook holds for one student's submission."""

    points: dict
    waiting: list  # the cells whose points are to be given by hand, and are not yet
    penalty: float = 0.0

    @property
    def total(self):
        return sum(self.points.values()) - self.penalty


def given(course, source, student):
    """Return what the gradebook holds now for a student, points by hand included."""
    with Gradebook(course.database) as gradebook:
        notebook = gradebook.find_submission_notebook(source.name, source.name, nbgrader_id(student))
        points = {grade.name: grade.score for grade in notebook.grades}
        waiting = [
            grade.name
            for grade in notebook.grades
            if grade.name in source.by_hand and (grade.needs_manual_grade or grade.manual_score is None)
        ]
        return Given(points, waiting, min(notebook.late_submission_penalty or 0, sum(points.values())))


def graded_notebook(course, source, student):
    return nbformat.read(course.notebook("autograded", source.name, nbgrader_id(student)), as_version=4)


def reasons(source, notebook):
    """Return what each graded cell without its full points said: {graded cell: text}."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if mark_of(cell) in source.tests and output.output_type == "error":
                found[mark_of(cell)] = output.evalue
            if mark_of(cell) in source.tests and output.output_type == "execute_result":
                found[mark_of(cell)] = (
                    f"{output.data['text/plain']} of {points_in(source.tests[mark_of(cell)]):g} points"
                )
    return found


def notes_in(notebook):
    """Return what SandboxedExecute has noted."""
    return list(notebook.metadata.get("step_zero", {}).get("notes", []))


def is_timestamp(content):
    """Say whether nbgrader can read a submission's time from the bytes of a file."""
    try:
        dateutil.parser.parse(content.decode("utf-8"))
    except (ValueError, OverflowError):
        return False
    return True


# Steps of nbgrader's own, which `configure` names.


class FeedbackExporter(HTMLExporter):
    """nbconvert's, with the templates compiled once and not for each student, and each page made in one go.

    HTMLExporter reads the page that it has made once more, with Beautiful Soup, for the sake of pictures without a text
    alternative, which execute.py gives them, and of JupyterLab's own cells, which nbgrader's page does not have.
    """

    def from_notebook_node(self, notebook, resources=None, **options):
        language = notebook.metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        resources = self._init_resources(resources)
        self.register_filter("highlight_code", highlighter(lexer))
        return TemplateExporter.from_notebook_node(self, notebook, resources, **options)

    @property
    def environment(self):
        paths = tuple(self.template_paths)
        if paths not in ENVIRONMENTS:
            ENVIRONMENTS[paths] = super().environment
        return ENVIRONMENTS[paths]


ENVIRONMENTS = {}


@functools.cache
def highlighter(lexer):
    """Return nbconvert's filter, which remembers the code that it has coloured: most is the same for all students."""
    colour = functools.lru_cache(maxsize=500)(Highlight2HTML(pygments_lexer=lexer))
    return lambda source, language=None, metadata=None: colour(source, language)


class WithoutTraces(NbGraderPreprocessor):
    """Nothing of what the source's notebook has seen is handed out."""

    def preprocess(self, notebook, resources):
        return without_traces(notebook), resources


class PutRight(NbGraderPreprocessor):
    """What submissions.py puts right, for a notebook that nbgrader has read by itself."""

    def preprocess(self, notebook, resources):
        notes = []
        put_right(notebook, source_of(resources), notes)
        notebook.metadata["step_zero"] = {"notes": notes}
        return notebook, resources


class SandboxedExecute(NbGraderPreprocessor):
    """In nbgrader's place of Execute: the student's cells in a sandbox, the graded cells outside."""

    unsafe = Bool(False, help="Run students' code without a sandbox.").tag(config=True)
    cell_seconds = Float(Times.cell, help="Processor time for a cell.").tag(config=True)
    call_seconds = Float(Times.call, help="Processor time for a call of an answer.").tag(config=True)
    own_seconds = Float(Times.own, help="Processor time for all cells that are not asked for.").tag(config=True)

    def preprocess(self, notebook, resources):
        beside = Path(resources.get("metadata", {}).get("path") or os.devnull)
        times = Times(self.cell_seconds, self.call_seconds, self.own_seconds)
        notes = execute(notebook.cells, source_of(resources), unsafe=self.unsafe, files=files_in(beside), times=times)
        notebook.metadata["step_zero"] = {"notes": notes_in(notebook) + notes}
        return notebook, resources


def source_of(resources):
    """Return the Source of what nbgrader is grading."""
    name = resources["nbgrader"]["assignment"]
    return read_source(Path("source") / name / f"{name}.ipynb")  # nbgrader runs in the course folder


def files_in(folder):
    """Return the small files beside a notebook, {name: content in base64}."""
    if not folder.is_dir():
        return {}
    found = small_files(folder, lambda name: not name.endswith(".ipynb"))
    return {name: base64.b64encode(content).decode("ascii") for name, content in found.items()}
