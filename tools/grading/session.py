"""One submission's process in the sandbox: cells go in, outputs come out, and its names can be looked up and called.

What may take how long is counted in seconds of processor time, so that points do not depend on what else the machine
does. The clock decides only about what waits without working, and is patient with a machine that is busy.
"""

import json
import os
import selectors
import tempfile
import time
from dataclasses import dataclass

import numpy as np

from helpers.exercise import PATIENCE, TookTooLong, attempted
from tools.grading.sandbox import START_SECONDS, NoSandbox, Worker
from tools.grading.wire import NotPlain, decode, encode

PATIENT = 6  # times as long by the clock
GRACE = 2  # seconds in which the worker can stop by itself what takes too long, before it is ended
LONGEST_ANSWER = 64 * 1024**2  # bytes: a larger one is an attempt to fill the instructor's memory
MOST_RESTARTS = 6
MOST_SPAWNED = 1000  # generators, by one call
LOOK_EVERY = 0.25  # seconds between two looks at the processor time


@dataclass(frozen=True)
class Times:
    """How much processor time each thing may take, in seconds."""

    cell: float = 10.0
    call: float = float(PATIENCE)  # as in the notebook
    own: float = 60.0  # all cells together that are not asked for


class Died(Exception):
    """The process is gone, or was ended; the message says why."""


class TookLong(Died):
    """The process was ended because it took too long, and did not stop when it was told to."""


class StudentError(Exception):
    """What a student's function raised, in words. The class of each has the name of theirs."""


class ProcessEnded(StudentError):
    """A student's function ended the process."""


def student_error(name, text):
    """Return a StudentError whose class has this name."""
    name = str(name)
    return type(name[:100] if name.isidentifier() else "Error", (StudentError,), {})(str(text))


class Session:
    """A submission's process. Where it dies it is started again, and the cells that did no harm run again.

    Attributes
    ----------
    seconds : float
        The processor time that the last question took.
    missing : dict
        The modules whose import failed, and what Python said.
    """

    def __init__(self, unsafe=False, files=None, times=None):
        self.unsafe = unsafe
        self.times = times or Times()
        self.files = files or {}
        self.folder = tempfile.TemporaryDirectory() if unsafe else None
        self.good_cells = []
        self.hanging = set()  # functions that did not return: they are not called again
        self.missing = {}
        self.restarts = 0
        self.seconds = 0.0
        self.worker = None

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
        answer = self.ask({"do": "get", "name": "ready"}, START_SECONDS)
        if "failed" in answer:
            raise NoSandbox(f"no process could enter its sandbox: {answer['failed']}")
        for name, content in self.files.items():
            self.ask({"do": "put", "name": name, "content": content}, START_SECONDS)

    def stop(self):
        if self.worker:
            self.worker.close()
            self.worker = None

    def ask(self, question, limit):
        """Return the worker's answer; raise Died where none comes. `limit` is in seconds of processor time."""
        if self.worker is None:
            raise Died("the process has ended")
        question |= {"limit": limit, "patience": PATIENT * limit}
        try:
            self.worker.questions.write(json.dumps(question).encode() + b"\n")
            self.worker.questions.flush()
            answer = json.loads(self.line(limit))
        except (OSError, ValueError, RecursionError) as error:
            raise self.death("the process ended, or answered what cannot be read") from error
        if not isinstance(answer, dict):
            raise self.death("it answered what cannot be read")
        self.seconds = number_in(answer.get("seconds"))
        return answer

    def line(self, limit):
        """Return the next line that the worker writes. It is ended where it goes on beyond `limit`."""
        late, begun = time.monotonic() + PATIENT * limit + GRACE, None
        pieces, size = [self.waiting], len(self.waiting)
        with selectors.DefaultSelector() as selector:
            selector.register(self.worker.answers, selectors.EVENT_READ)
            while b"\n" not in pieces[-1]:
                if not selector.select(LOOK_EVERY):
                    used = self.worker.seconds()
                    begun = used if begun is None else begun
                    if time.monotonic() > late or used - begun > limit + GRACE:
                        raise self.death(f"it went on after {limit:g} s", TookLong)
                    continue
                pieces.append(os.read(self.worker.answers, 2**20))
                size += len(pieces[-1])
                if not pieces[-1]:
                    raise self.death("the process ended")
                if size > LONGEST_ANSWER:
                    raise self.death("it answered with more than can be read")
        line, _, self.waiting = b"".join(pieces).partition(b"\n")
        return line

    def death(self, why, kind=Died):
        """End the worker and return the exception that says why."""
        why = (self.worker.killed if self.worker else "") or why
        self.stop()
        return kind(why)

    def revive(self):
        """Start again if the process is gone, and run again the cells that did no harm."""
        if self.worker is not None:
            return
        self.restarts += 1
        if self.restarts > MOST_RESTARTS:
            raise Died(f"it ended the process more than {MOST_RESTARTS} times")
        self.start()
        for source in self.good_cells:
            self.ask({"do": "run", "source": source}, self.times.cell)

    def run(self, source):
        """Run a cell and return its outputs and why it was stopped, as the worker says."""
        self.revive()
        answer = self.ask({"do": "run", "source": source}, self.times.cell)
        self.good_cells.append(source)
        if isinstance(missing := answer.get("missing"), dict):
            self.missing |= {str(module)[:100]: str(error)[:200] for module, error in list(missing.items())[:20]}
        outputs = answer.get("outputs")
        return outputs if isinstance(outputs, list) else [], str(answer.get("stopped") or "")[:200]

    def look_up(self, name):
        """Return what the student's `name` stands for: a value, a Function, or `...` where there is no such name."""
        self.revive()
        answer = self.ask({"do": "get", "name": name}, self.times.call)
        if answer.get("missing"):
            return ...
        if answer.get("function"):
            return Function(self, name)
        return value_in(answer)


class Function:
    """A student's function, called in its sandbox. A generator that it is given moves on here as it did there."""

    ends_in_time = True  # the sandbox sees to it, and helpers.exercise need not watch each line that runs here

    def __init__(self, session, name):
        self.session = session
        self.name = name

    def __call__(self, *arguments, **options):
        if self.name in self.session.hanging:
            raise TookTooLong
        question = {
            "do": "call",
            "name": self.name,
            "arguments": [encode(argument) for argument in arguments],
            "options": {key: encode(value) for key, value in options.items()},
        }
        try:
            self.session.revive()
            answer = self.session.ask(question, self.session.times.call)
        except TookLong:
            self.session.hanging.add(self.name)
            raise TookTooLong from None
        except Died as death:
            raise ProcessEnded(str(death)) from None
        if "stopped" in answer:
            self.session.hanging.add(self.name)
            raise TookTooLong
        value = value_in(answer)
        generators = [item for item in [*arguments, *options.values()] if isinstance(item, np.random.Generator)]
        for generator, moved in zip(generators, items_in(answer.get("moved")), strict=False):
            move(generator, moved)
        return attempted(value)


def value_in(answer):
    """Return the value in a worker's answer; raise StudentError with what the student's code raised instead."""
    if "raised" in answer:
        raise student_error(*pair_in(answer["raised"]))
    try:
        return decode(answer.get("value"))
    except (NotPlain, RecursionError) as error:
        raise StudentError(str(error)) from None


def pair_in(raised):
    return raised if isinstance(raised, list) and len(raised) == 2 else ("Error", "")


def items_in(moved):
    """Return the generators in a worker's answer."""
    try:
        return [decode(item) for item in moved]
    except (NotPlain, RecursionError, TypeError):
        return []


def move(generator, moved):
    """Bring a random generator to where the student's copy of it is."""
    ours, theirs = generator.bit_generator, getattr(moved, "bit_generator", None)
    if type(ours) is not type(theirs):
        return
    ours.state = theirs.state
    spawned = theirs.seed_seq.n_children_spawned - ours.seed_seq.n_children_spawned
    if 0 < spawned <= MOST_SPAWNED:
        ours.seed_seq.spawn(spawned)


def number_in(seconds):
    return float(seconds) if isinstance(seconds, (int, float)) else 0.0
