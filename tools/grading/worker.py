"""The process inside the sandbox: it runs a student's cells, and calls their functions when it is asked to.

It reads a JSON question a line from its standard input and writes a JSON answer a line to its standard output. It runs
as a script, beside wire.py and nothing else of the tools.

{"do": "run", "source": …}                     → {"outputs": [...]}, as a notebook stores them
{"do": "get", "name": …}                       → {"value": …}, {"function": true} or {"missing": true}
{"do": "call", "name": …, "arguments": [...], "options": {...}}
                                               → {"value": …} or {"raised": [type, text]}
"""

import base64
import contextlib
import io
import json
import os
import sys

from wire import NotPlain, decode, encode

LONGEST_TEXT = 50_000  # characters of one output; what is printed beyond is dropped
LARGEST_PICTURE = 500_000
MOST_PICTURES = 20


class Cut(io.StringIO):
    """A text that stops growing, and says so."""

    def write(self, text):
        left = LONGEST_TEXT - self.tell()
        if left > 0:
            super().write(text[:left])
            if len(text) > left:
                super().write("\n… the rest of this output was cut")
        return len(text)


class Shell:
    """IPython, with what a cell prints, shows and raises gathered as a notebook's outputs."""

    def __init__(self):
        from IPython.core.displayhook import CapturingDisplayHook
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        self.shell = InteractiveShell.instance(config=config)
        self.shell._showtraceback = self.keep_traceback
        self.shell.display_pub = CapturingDisplayPublisher()
        self.shown = self.shell.display_pub.outputs
        self.shell.display_trap.hook = CapturingDisplayHook(self.shell, self.shown)
        self.traceback = []

    def keep_traceback(self, kind, error, lines):
        self.traceback = [*lines]

    def run(self, source):
        """Run one cell and return its outputs."""
        self.traceback = []
        self.shown.clear()
        printed, warned = Cut(), Cut()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(warned):
            result = self.shell.run_cell(source, store_history=False)
        outputs = []
        for name, text in (("stdout", printed), ("stderr", warned)):
            if text.getvalue():
                outputs.append({"output_type": "stream", "name": name, "text": text.getvalue()})
        outputs += [displayed(rich["data"]) for rich in self.shown[:MOST_PICTURES]]
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            outputs.append(raised(error, self.traceback))
        return outputs

    @property
    def names(self):
        return self.shell.user_ns


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
    lines = [line[:LONGEST_TEXT] for line in traceback[-20:]]
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error)[:LONGEST_TEXT],
        "traceback": lines,
    }


def get(names, name):
    """Return what the student's name stands for."""
    if name not in names:
        return {"missing": True}
    value = names[name]
    if callable(value):
        return {"function": True}
    try:
        return {"value": encode(value)}
    except NotPlain as error:
        return {"raised": [type(error).__name__, str(error)]}


def call(names, name, arguments, options):
    """Call the student's function and return what it returns, or raises."""
    try:
        arguments = [decode(argument) for argument in arguments]
        options = {key: decode(value) for key, value in options.items()}
        return {"value": encode(names[name](*arguments, **options))}
    except BaseException as error:  # SystemExit too: it must not end the worker
        return {"raised": [type(error).__name__, str(error)[:LONGEST_TEXT]]}


def limit(memory, file_size, processes, seconds):
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


def main():
    limit(**json.loads(sys.argv[1]))
    # What students' code prints, or writes past Python, must not get between question and answer.
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    shell = Shell()
    for line in questions:
        question = json.loads(line)
        if question["do"] == "run":
            answer = {"outputs": shell.run(question["source"])}
        elif question["do"] == "get":
            answer = get(shell.names, question["name"])
        else:
            answer = call(shell.names, question["name"], question["arguments"], question["options"])
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
