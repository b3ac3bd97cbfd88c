"""One submission's process in the sandbox: cells go in, outputs come out, and its names can be looked up and called."""

import json
import os
import selectors
import tempfile
import time

from helpers.exercise import TookTooLong, attempted
from tools.grading.sandbox import Worker
from tools.grading.wire import NotPlain, decode, encode

START_SECONDS = 30
CELL_SECONDS = 10
CALL_SECONDS = 5
SUBMISSION_SECONDS = 120  # for all cells and calls of a submission
LONGEST_ANSWER = 64 * 1024**2  # bytes: a larger one is an attempt to fill the instructor's memory
MOST_RESTARTS = 6


class Died(Exception):
    """The process is gone, or was ended; the message says why."""


class Session:
    """A submission's process. When it dies it is started anew, and the cells that did no harm run again."""

    def __init__(self, unsafe=False):
        self.unsafe = unsafe
        self.folder = tempfile.TemporaryDirectory() if unsafe else None
        self.good_cells = []
        self.hanging = set()  # functions that did not return: they are not called again
        self.restarts = 0
        self.worker = None
        self.end = time.monotonic() + SUBMISSION_SECONDS

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.folder:
            self.folder.cleanup()

    def start(self):
        self.worker = Worker(self.unsafe, self.folder.name if self.folder else None)
        self.waiting = b""
        self.ask({"do": "get", "name": "ready"}, START_SECONDS)

    def stop(self):
        if self.worker:
            self.worker.end()
            self.worker = None

    def ask(self, question, seconds):
        """Return the worker's answer; raise Died where none comes in time."""
        if self.worker is None:
            raise Died("the process has ended")
        try:
            self.worker.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.worker.process.stdin.flush()
            return json.loads(self.line(min(self.end, time.monotonic() + seconds)))
        except (OSError, ValueError, RecursionError) as error:
            raise self.death("the process ended, or answered what cannot be read") from error

    def line(self, until):
        """Return the next line that the worker writes."""
        stream = self.worker.process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while b"\n" not in self.waiting:
                left = until - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise self.death("it took too long", TookLong)
                piece = os.read(stream, 2**20)
                self.waiting += piece
                if not piece:
                    raise self.death("the process ended")
                if len(self.waiting) > LONGEST_ANSWER:
                    raise self.death("it answered with more than can be read")
        line, _, self.waiting = self.waiting.partition(b"\n")
        return line

    def death(self, why, kind=Died):
        """End the worker and return the exception that says why."""
        why = (self.worker.killed if self.worker else "") or why
        self.stop()
        return kind(why)

    def revive(self):
        """Start anew if the process is gone, and run again the cells that did no harm."""
        if self.worker is not None:
            return
        self.restarts += 1
        if self.restarts > MOST_RESTARTS:
            raise Died(f"it ended the process more than {MOST_RESTARTS} times")
        self.start()
        for source in self.good_cells:
            self.ask({"do": "run", "source": source}, CELL_SECONDS)

    def run(self, source):
        """Run a cell and return its outputs, as the worker tells them."""
        self.revive()
        outputs = self.ask({"do": "run", "source": source}, CELL_SECONDS).get("outputs")
        self.good_cells.append(source)
        return outputs if isinstance(outputs, list) else []

    def look_up(self, name):
        """Return what the student's `name` stands for: a value, a Function, or `...` where there is no such name."""
        self.revive()
        answer = self.ask({"do": "get", "name": name}, CALL_SECONDS)
        if answer.get("missing"):
            return ...
        if answer.get("function"):
            return Function(self, name)
        return value_in(answer)


class TookLong(Died):
    """The process was ended because it did not answer in time."""


class StudentError(Exception):
    """What a student's function raised, in words."""

    def __str__(self):
        return ": ".join(str(part) for part in self.args if part)


class Function:
    """A student's function, called in its sandbox. A generator that it is given moves on by one number here."""

    def __init__(self, session, name):
        self.session = session
        self.name = name

    def __call__(self, *arguments, **options):
        if self.name in self.session.hanging:
            raise TookTooLong
        sent = [encode(argument) for argument in arguments]
        named = {key: encode(value) for key, value in options.items()}
        for value in [*arguments, *options.values()]:
            if hasattr(value, "bit_generator"):
                value.integers(2)
        question = {"do": "call", "name": self.name, "arguments": sent, "options": named}
        try:
            answer = self.session.ask(question, CALL_SECONDS)
        except TookLong:
            self.session.hanging.add(self.name)
            raise TookTooLong from None
        except Died as death:
            raise StudentError(f"ended the process: {death}") from None
        return attempted(value_in(answer))


def value_in(answer):
    """Return the value in a worker's answer; raise StudentError with what the student's code raised instead."""
    if "raised" in answer:
        raise StudentError(*[str(part) for part in answer["raised"]][:2])
    try:
        return decode(answer.get("value"))
    except (NotPlain, RecursionError) as error:
        raise StudentError(str(error)) from None
