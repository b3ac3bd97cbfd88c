"""A student's process: it runs the cells of one submission, and calls their functions when it is asked to.

It reads a JSON question a line and writes a JSON answer a line. `limit` is in seconds of processor time, `patience` in
seconds by the clock.

{"do": "put", "name": …, "content": …}         → {}, after writing a file beside the notebook
{"do": "run", "source": …}                     → {"outputs": [...], "missing": {module: error}, "stopped": why}
{"do": "get", "name": …}                       → {"value": …}, {"function": true} or {"missing": true}
{"do": "call", "name": …, "arguments": [...], "options": {...}}
                                               → {"value": …, "moved": [...]}, {"raised": [type, text]}
                                                 or {"stopped": why}

It imports nothing of the tools but wire.py.
"""

import ast
import base64
import contextlib
import io
import json
import os
import signal
import sys
import time

import numpy as np
from wire import decode, encode

LONGEST_TEXT = 50_000  # characters of one output; what is printed beyond is dropped
LARGEST_PICTURE = 500_000
MOST_PICTURES = 20
RESEED = "import random, numpy; random.seed(), numpy.random.seed()"  # what students may use, and nobody else
AGAIN = 0.2  # seconds after which code that swallows the first interruption gets the next one


class Stopped(BaseException):
    """What ends a cell or a call that takes too long. No Exception, so that `except Exception` lets it pass."""


@contextlib.contextmanager
def time_limit(limit, patience):
    """Raise Stopped in what runs longer than `limit` seconds of processor time, or `patience` seconds by the clock."""

    def stop(number, frame):
        raise Stopped(f"more than {limit:g} s of processor time" if number == signal.SIGPROF else f"{patience:g} s")

    timers = [(signal.ITIMER_PROF, signal.SIGPROF, limit), (signal.ITIMER_REAL, signal.SIGALRM, patience)]
    for timer, number, seconds in timers:
        signal.signal(number, stop)
        signal.setitimer(timer, seconds, AGAIN)
    try:
        yield
    finally:
        for timer, number, _ in timers:
            signal.signal(number, signal.SIG_IGN)
            signal.setitimer(timer, 0)


class Cut(io.StringIO):
    """A text that stops growing, and says so."""

    def write(self, text):
        left = LONGEST_TEXT - self.tell()
        if left > 0:
            super().write(text[:left])
            if len(text) > left:
                super().write("\n… the rest of this output was cut")
        return len(text)


class MissingModule(ModuleNotFoundError):
    """What the use of a module raises that cannot be imported here."""


class Missing:
    """In the place of a name whose import failed: whoever uses it gets to know."""

    def __init__(self, error):
        vars(self)["error"] = error

    def refuse(self, *_, **__):
        raise MissingModule(str(vars(self)["error"]))

    __getattr__ = __setattr__ = __call__ = __getitem__ = __iter__ = __enter__ = __add__ = __mul__ = __matmul__ = refuse


class ForgivingImports(ast.NodeTransformer):
    """Puts each import at the top of a cell into a `try`, so that one that fails costs what uses it, and no more."""

    def visit_Module(self, tree):
        tree.body = [
            self.forgiven(node) if isinstance(node, (ast.Import, ast.ImportFrom)) else node for node in tree.body
        ]
        return ast.fix_missing_locations(tree)

    def forgiven(self, node):
        module = getattr(node, "module", None) or node.names[0].name
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*"]
        if module == "__future__":
            return node
        (attempt,) = ast.parse(
            f"try: pass\nexcept ImportError as __error__: __import_failed__({module!r}, __error__, {names!r})"
        ).body
        attempt.body = [node]
        for part in ast.walk(attempt):
            if part is not node and "lineno" in getattr(part, "_attributes", ()):
                ast.copy_location(part, node)
        return attempt


class Shell:
    """IPython, with what a cell prints, shows and raises gathered as a notebook's outputs."""

    def __init__(self):
        from IPython.core.displayhook import CapturingDisplayHook
        from IPython.core.displaypub import CapturingDisplayPublisher
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        self.shell = sandbox_shell().instance(config=config)
        self.shell.display_pub = CapturingDisplayPublisher()
        self.shown = self.shell.display_pub.outputs
        self.shell.display_trap.hook = CapturingDisplayHook(self.shell, self.shown)
        self.shell.ast_transformers.append(ForgivingImports())
        self.shell.user_ns["__import_failed__"] = self.import_failed
        for magic in INSTALLERS:
            self.shell.register_magic_function(self.shell.system, "line", magic)
        self.shell.enable_matplotlib()
        self.missing = {}

    def import_failed(self, module, error, names):
        self.missing[module] = str(error)
        for name in names:
            self.shell.user_ns[name] = Missing(error)

    def run(self, source):
        """Run one cell; return its outputs, the imports that failed in it, and why it was stopped, if it was."""
        self.missing = {}
        self.shown.clear()
        printed, warned = Cut(), Cut()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(warned):
            problem = self.run_parts(source)
        outputs = []
        for name, text in (("stdout", printed), ("stderr", warned)):
            if text.getvalue():
                outputs.append({"output_type": "stream", "name": name, "text": text.getvalue()})
        outputs += [displayed(rich["data"]) for rich in self.shown[:MOST_PICTURES]]
        if isinstance(problem, Stopped):
            return {"outputs": outputs, "missing": self.missing, "stopped": str(problem)}
        if problem is not None:
            outputs.append(raised(problem, self.shell.traceback))
        return {"outputs": outputs, "missing": self.missing}

    def run_parts(self, source):
        """Run a cell, and where a statement of it needs a module that is missing here, what stands below it, too."""
        problem = None
        while source:
            self.shell.traceback = []
            try:
                result = self.shell.run_cell(source, store_history=False)
            except Stopped as stopped:
                return stopped
            problem = result.error_before_exec or result.error_in_exec
            source = self.below(problem, source) if isinstance(problem, MissingModule) else ""
        return problem

    def below(self, problem, source):
        """Return the statements of a cell that stand below the one that raised `problem`."""
        step = problem.__traceback__
        while step and step.tb_frame.f_globals is not self.shell.user_ns:
            step = step.tb_next
        with contextlib.suppress(SyntaxError):
            body = ast.parse(self.shell.transform_cell(source)).body
            return ast.unparse([node for node in body if step and node.lineno > step.tb_lineno])
        return ""

    @property
    def names(self):
        return self.shell.user_ns


INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv")


def sandbox_shell():
    """Return IPython's shell, with the figures that a kernel's has. It runs no other programs."""
    from IPython.core.interactiveshell import InteractiveShell

    class SandboxShell(InteractiveShell):
        traceback = ()

        def _showtraceback(self, kind, error, lines):  # what IPython's own kernel overrides
            self.traceback = lines

        def enable_gui(self, gui=None):
            """No window opens here, and a notebook needs none."""

        def enable_matplotlib(self, gui=None):
            return super().enable_matplotlib("inline")  # whatever a notebook asks for

        def system(self, command):
            print(f"not run, since no other program runs where exercises are graded: {command}")

        system_raw = system_piped = system

        def getoutput(self, command, split=True, depth=0):
            self.system(command)
            return [] if split else ""

    return SandboxShell


def displayed(data):
    """Return what a cell shows as an output of plain text, and a picture if it has one: no HTML, no scripts."""
    kept = {"text/plain": str(data.get("text/plain", ""))[:LONGEST_TEXT]}
    picture = data.get("image/png", "")
    if isinstance(picture, bytes):
        picture = base64.b64encode(picture).decode("ascii")
    if 0 < len(picture) <= LARGEST_PICTURE:
        kept["image/png"] = picture
    return {"output_type": "display_data", "data": kept, "metadata": {}}


def raised(error, traceback):
    lines = [str(line)[:LONGEST_TEXT] for line in traceback[-20:]]
    return {"output_type": "error", "ename": type(error).__name__, "evalue": words_of(error), "traceback": lines}


def words_of(error):
    """Return what an error says, also where saying it fails."""
    try:
        return str(error)[:LONGEST_TEXT]
    except Exception:
        return ""


def get(names, name):
    """Return what the student's name stands for."""
    if name not in names:
        return {"missing": True}
    value = names[name]
    return {"function": True} if callable(value) else {"value": encode(value)}


def call(names, name, arguments, options):
    """Call the student's function and return what it returns, or raises, and how far it moved random generators on."""
    try:
        arguments = [decode(argument) for argument in arguments]
        options = {key: decode(value) for key, value in options.items()}
        value = encode(names[name](*arguments, **options))
    except Stopped:
        raise
    except BaseException as error:  # SystemExit too: it must not end the worker
        return {"raised": [type(error).__name__, words_of(error)]}
    given = [*arguments, *options.values()]
    return {"value": value, "moved": [encode(item) for item in given if isinstance(item, np.random.Generator)]}


def put(name, content):
    """Write a file of the student's into the folder in which their cells run; `content` is in base64."""
    with open(os.path.basename(name), "wb") as file:
        file.write(base64.b64decode(content))
    return {}


def answer_to(shell, question):
    """Return the answer to one question; no question takes longer than it may."""
    do = question["do"]
    try:
        with time_limit(question["limit"], question["patience"]):
            if do == "run":
                return shell.run(question["source"])
            if do == "put":
                return put(question["name"], question["content"])
            if do == "get":
                return get(shell.names, question["name"])
            return call(shell.names, question["name"], question["arguments"], question["options"])
    except Stopped as stopped:
        return {"stopped": str(stopped), "outputs": []}
    except BaseException as error:
        return {"raised": [type(error).__name__, words_of(error)], "outputs": []}


def set_limits(memory, file_size, processes, seconds):
    """Set limits that nothing in this process can lift again."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        if most is not None:
            resource.setrlimit(kind, (most, most))


def serve(shell):
    """Answer questions until there are no more."""
    # What students' code prints, or writes past Python, must not get between question and answer.
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    exec(RESEED, {})  # as after a start of its own: processes that are copied would all begin alike
    for line in questions:
        started = time.process_time()
        answer = answer_to(shell, json.loads(line))
        answer["seconds"] = time.process_time() - started
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    set_limits(**json.loads(sys.argv[1]))
    serve(Shell())
