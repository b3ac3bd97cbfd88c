"""How an exercise is checked: by what the answer does with random input, never by how it is written.

An Exercise is called with the reader's answer and prints one line: ○ not attempted, ✗ with a hint aimed at the
mistake, a stronger one on the next try, or ✓ with what it means.
"""

import math
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from helpers.activations import normal_probability
from helpers.offset import seed_offset

PATIENCE = 10  # seconds of processor time for one call of an answer
TRIES = Counter()  # how often each mistake was found in each exercise's answers since the notebook was opened
LINE = 100  # characters of a printed line


class Wrong(Exception):
    """What a check raises at a mistake: its name, and the numbers that its hints mention."""

    def __init__(self, mistake, **found):
        super().__init__(mistake)
        self.mistake = mistake
        self.found = {name: rounded(value) for name, value in found.items()}


class NotAttempted(Exception):
    """The answer is still the `...` that the exercise began with."""

    def __str__(self):
        return "○ not attempted"


class TookTooLong(BaseException):
    """A call lasted longer than PATIENCE. No Exception, so that an answer's own `except Exception` lets it pass."""

    def __str__(self):
        return "✗ it does not return"


class NotSolved(AssertionError):
    """What `Exercise.insist` raises."""


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer. `mistake` is the name of what is wrong, empty at ○ and ✓."""

    mark: str
    text: str
    mistake: str = ""

    def __str__(self):
        return textwrap.fill(f"{self.mark} {self.text}", LINE, subsequent_indent="  ", break_on_hyphens=False)


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
        As the answer's name in the notebook.
    means : str
        One sentence, shown after ✓: what a right answer means.
    hints : dict
        For each mistake that the check can name: a hint, and a stronger one. Neither gives the solution away.
    check : callable
        ``check(*answers, rng)`` raises Wrong at the first mistake that it finds; `rng` makes its random input.
    """

    name: str
    means: str
    hints: dict[str, tuple[str, str]]
    check: Callable

    def __call__(self, *answers):
        """Print the verdict on the reader's answer. The second time that a mistake is found, the hint is stronger."""
        problem = self.find(*answers, rng=np.random.default_rng(seed_offset()))
        mistake = getattr(problem, "mistake", "")
        print(self.verdict(problem, again=TRIES[self.name, mistake] > 0))
        if mistake:
            TRIES[self.name, mistake] += 1

    def judge(self, *answers, rng):
        """Return the Verdict on an answer, checked with random input from `rng`."""
        return self.verdict(self.find(*answers, rng=rng))

    def find(self, *answers, rng):
        """Return the Wrong or NotAttempted that the check raises at this answer, None where it is right."""
        try:
            self.check(*[attempted(answer) for answer in answers], rng=rng)
        except (NotAttempted, Wrong) as problem:
            return problem
        return None

    def verdict(self, problem, again=False):
        """Put into words what `find` returned; `again` asks for the stronger hint."""
        if problem is None:
            return Verdict("✓", f"{self.name}: {self.means}")
        if isinstance(problem, NotAttempted):
            return Verdict("○", f"{self.name}: not attempted")
        hint = self.hints_for(problem.mistake)[int(again)].format(**problem.found)
        return Verdict("✗", f"{self.name}: {hint}", problem.mistake)

    def hints_for(self, mistake):
        """Return the two hints for a mistake: this exercise's own, or those that all exercises share."""
        return self.hints[mistake] if mistake in self.hints else COMMON_HINTS[mistake]

    def insist(self, *answers, seeds=(0,)):
        """Raise NotSolved unless the answer is right with random input from each of `seeds`."""
        for seed in seeds:
            verdict = self.judge(*answers, rng=np.random.default_rng(seed))
            if verdict.mark != "✓":
                raise NotSolved(str(verdict))


def exercise(*, means, hints):
    """Turn a function ``check(*answers, rng)`` into the Exercise of its name."""

    def made(check):
        return Exercise(check.__name__, means, hints, check)

    return made


# What every answer can get wrong, whatever is asked.

COMMON_HINTS = {
    "raises": (
        "it stopped with {error}. Call it yourself with the same kind of arguments, and read the last line.",
        "it still stops with {error}. Print the shapes and values on the line that Python points at.",
    ),
    "never returns": (
        "it does not return. Is there a loop whose condition never changes?",
        "it still does not return. Count the rounds of each loop and print the count: one of them has no end.",
    ),
    "returns nothing": (
        "it returned None. Does every path through it end in a return?",
        "it still returns None: the last line must be `return` with the result behind it.",
    ),
    "not a function": (
        "a function is asked for here, and this is {kind}. Keep the line with `def`.",
        "it must be possible to call it, with parentheses; this is {kind}.",
    ),
    "not an array": (
        "it must return an array of numbers; got {kind}.",
        "what it returns cannot be read as an array of numbers: {kind}. Is something returned along with it?",
    ),
    "not a number": (
        "one number is asked for; got {got}.",
        "write one number, or an expression whose value is one, for example 0.25 or 2**-3; got {got}.",
    ),
    "not finite": (
        "some of the numbers that it returns are inf or nan.",
        "there is inf or nan in what it returns: look for a division by 0 or a root of something negative.",
    ),
    "returns its input": (
        "it returned what it was given, unchanged.",
        "its result equals its argument. Which line was meant to compute something new, and is its result returned?",
    ),
    "transposed": (
        "asked for shape {asked}, it returned {got}: the right sizes in the wrong order.",
        "in this course a weight matrix is (fan_in, fan_out), so that z = x @ W. Yours has shape {got} for {asked}.",
    ),
    "hard-coded shape": (
        "asked for two shapes, it returned {got} both times. Does it look at its argument?",
        "a size is written into the code: it returns {got} whatever it is asked for. Take the sizes from the argument.",
    ),
    "wrong shape": (
        "the result should have shape {asked}; got {got}.",
        "shape {asked} is needed and {got} came back. Print the shape after each line, and see where it goes astray.",
    ),
    "constant": (
        "all of its numbers are the same. Weights must differ, or the units stay tied.",
        "every weight that it returns is {got}. Where does it ask rng for random numbers?",
    ),
    "hard-coded seed": (
        "two different generators gave the same weights. Where do its random numbers come from?",
        "it makes a generator of its own with a fixed seed. Draw from the one that it is given.",
    ),
    "global randomness": (
        "two generators in the same state gave different weights. Where do its random numbers come from?",
        "it draws from somewhere else than `rng`: np.random.… or a new default_rng(). Draw from `rng` alone.",
    ),
    "not Gaussian": (
        "the standard deviation is right, and the numbers are not normally distributed. What do you draw from?",
        "Gaussian weights are asked for, any size of which can come: `normal`, or rng.standard_normal.",
    ),
    "no such choice": (
        "choose one of {choices}; got {got}.",
        "write one of the letters {choices}, in quotation marks; got {got}.",
    ),
}


def attempted(answer):
    """Return the answer unless it is still `...`."""
    if answer is ...:
        raise NotAttempted
    return answer


def call(answer, *arguments, **options):
    """Return what the answer, a function, returns; raise Wrong where it raises, does not return or returns None."""
    if not callable(answer):
        raise Wrong("not a function", kind=type(answer).__name__)
    try:
        with nullcontext() if getattr(answer, "ends_in_time", False) else deadline(PATIENCE):
            result = answer(*arguments, **options)
    except NotAttempted:
        raise
    except TookTooLong:
        raise Wrong("never returns") from None
    except Exception as error:
        raise Wrong(
            "raises", error=f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        ) from None
    if result is None:
        raise Wrong("returns nothing")
    return attempted(result)


@contextmanager
def deadline(seconds):
    """Raise TookTooLong in Python code that runs longer. It needs no thread and no signal, so it works in a browser."""
    end = time.process_time() + seconds
    before = sys.gettrace()

    def watch(frame, event, argument):
        if time.process_time() > end:
            raise TookTooLong
        return watch

    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)


def array_of(result, shape):
    """Return `result` as an array of floats if it has this shape and holds finite numbers."""
    try:
        array = np.asarray(result, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise Wrong("not an array", kind=type(result).__name__) from None
    if array.shape != tuple(shape):
        if len(shape) > 1 and array.shape == tuple(shape)[::-1]:
            raise Wrong("transposed", asked=shape, got=array.shape)
        raise Wrong("wrong shape", asked=shape, got=array.shape)
    if not np.isfinite(array).all():
        raise Wrong("not finite")
    return array


def number(answer):
    """Return a predicted number as a float."""
    try:
        value = np.asarray(answer, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise Wrong("not a number", got=type(answer).__name__) from None
    if value.size != 1:
        raise Wrong("not a number", got=f"{value.size} numbers")
    return value.item()


def choice(answer, choices):
    """Return the letter that the reader chose, in small, if it is one of `choices`."""
    letter = str(answer).strip().lower()
    if letter not in tuple(choices):
        raise Wrong("no such choice", choices=", ".join(choices), got=repr(answer))
    return letter


def check_choice(answer, mistakes):
    """Raise the mistake of a choice among a … d, if it is in `mistakes`."""
    chosen = choice(answer, "abcd")
    if chosen in mistakes:
        raise Wrong(mistakes[chosen])


def check_explanation(chosen, because, mistakes, reasons):
    """Raise the mistake of a choice among a … d that is in `mistakes`, or else of a reason among p … s in `reasons`."""
    chosen, because = choice(chosen, "abcd"), choice(because, "pqrs")
    check_choice(chosen, mistakes)
    if because in reasons:
        raise Wrong(reasons[because])


def compare(value, right, wrong, *, within, otherwise, **found):
    """Do nothing where `value` is `right`, up to a relative error of `within`; else raise the mistake that it fits.

    Parameters
    ----------
    value : float
    right : float
    wrong : dict
        The value that each known mistake would give, by its name.
    within : float
        For what is measured on random numbers, at least five standard errors.
    otherwise : str
        The mistake's name where none of the known ones fits.
    **found
        What the hints mention beside {got}, the value.
    """
    if close(value, right, within):
        return
    for mistake, its_value in wrong.items():
        if close(value, its_value, within):
            raise Wrong(mistake, got=value, **found)
    raise Wrong(otherwise, got=value, **found)


def close(value, other, within):
    """Say whether `value` is `other` up to a relative error of `within`."""
    return abs(value - other) <= within * abs(other)


def seed_from(rng):
    """Return a seed, drawn from `rng`, with which a generator can be made more than once."""
    return int(rng.integers(2**32))


def check_randomness(initializer, rng, *options, shapes=((6, 4), (5, 3))):
    """Raise the mistake of an initializer that is not one: another shape, no randomness, or not the caller's.

    It is called as ``initializer(shape, rng, *options)``.
    """
    seed, other_seed = seed_from(rng), seed_from(rng)
    draws = [call(initializer, shape, np.random.default_rng(seed), *options) for shape in shapes]
    for shape, drawn in zip(shapes, draws, strict=True):
        if np.shape(drawn) != shape and np.array_equal(drawn, shape):
            raise Wrong("returns its input")
    if np.shape(draws[0]) == np.shape(draws[1]) != ():
        raise Wrong("hard-coded shape", got=np.shape(draws[0]))
    first = array_of(draws[0], shapes[0])
    array_of(draws[1], shapes[1])
    if np.ptp(first) == 0:
        raise Wrong("constant", got=first.flat[0])
    if not np.array_equal(first, call(initializer, shapes[0], np.random.default_rng(seed), *options)):
        raise Wrong("global randomness")
    if np.array_equal(first, call(initializer, shapes[0], np.random.default_rng(other_seed), *options)):
        raise Wrong("hard-coded seed")


def draw(initializer, shape, rng, *options):
    """Return weights of this shape, as floats, from a call like ``initializer(shape, rng, *options)``."""
    return array_of(call(initializer, shape, np.random.default_rng(seed_from(rng)), *options), shape)


ENOUGH = 5_000  # numbers to tell a uniform distribution from a normal one, by twice the distance that is needed


def check_gaussian(weights):
    """Raise "not Gaussian" unless the weights are those of a normal distribution of mean 0 and of their own std.

    By Kolmogorov's and Smirnov's distance between the two distributions, which chance takes as far less than one time
    in a million.
    """
    ordered = np.sort(weights.ravel()[:ENOUGH]) / weights.std()
    steps = np.arange(len(ordered) + 1) / len(ordered)
    expected = normal_probability(ordered)
    distance = max(np.max(steps[1:] - expected), np.max(expected - steps[:-1]))
    if distance > 2.7 / math.sqrt(len(ordered)):
        raise Wrong("not Gaussian")


def rounded(value):
    """Write a number with two digits, as hints mention it; anything else as it is."""
    return f"{float(f'{value:.2g}'):g}" if isinstance(value, (float, np.floating)) else value
