"""Every answer gets the same verdict in the notebook, where it is beside its check, and graded, across the sandbox."""

import numpy as np
import pytest

from helpers import exercise as base
from tests.support import needs
from tests.support.answers import ALL_SOLUTIONS, KNOWN, solution_answers, solutions, tasks, untouched_answers, values
from tools.grading import sandbox
from tools.grading.session import Session, Times

# Each is the right answer to "two" if a number is two, and else says what it is.
TYPES = {
    "int": "2",
    "float": "2.0",
    "complex": "2 + 0j",
    "bool": "True",
    "text": "'2'",
    "bytes": "b'2'",
    "nothing": "None",
    "not attempted": "...",
    "Fraction": "__import__('fractions').Fraction(4, 2)",
    "Decimal": "__import__('decimal').Decimal('2.00')",
    "Decimal nan": "__import__('decimal').Decimal('nan')",
    "Decimal inf": "__import__('decimal').Decimal('inf')",
    "a huge integer": "10**5000",
    "an integer beyond 64 bits": "2**70",
    "nan": "float('nan')",
    "inf": "float('inf')",
    "np.float64": "np.float64(2)",
    "np.float32": "np.float32(2)",
    "np.float16": "np.float16(2)",
    "np.longdouble": "np.longdouble(2)",
    "np.int8": "np.int8(2)",
    "np.uint64": "np.uint64(2)",
    "np.bool_": "np.True_",
    "np.complex64": "np.complex64(2)",
    "np.str_": "np.str_('2')",
    "0-d array": "np.array(2.0)",
    "array of one": "np.array([[2.0]])",
    "array of two": "np.array([2.0, 2.0])",
    "empty array": "np.array([])",
    "big-endian array": "np.array([2.0], '>f8')",
    "array of objects": "np.array([2.0], dtype=object)",
    "array of Fractions": "np.array([__import__('fractions').Fraction(2)])",
    "ragged array": "np.array([[1], [1, 2]], dtype=object)",
    "masked array": "np.ma.array([2.0], mask=[False])",
    "matrix": "np.asmatrix([[2.0]])",
    "record": "np.zeros(1, dtype=[('a', 'f8')])",
    "date": "np.array(['2026-01-01'], dtype='M8[D]')",
    "list": "[2.0]",
    "tuple": "(2.0,)",
    "nested lists": "[[[2.0]]]",
    "ragged lists": "[[1.0], [1.0, 2.0]]",
    "very deep lists": "eval('[' * 60 + '2.0' + ']' * 60)",
    "range": "range(2, 3)",
    "set": "{2.0}",
    "dict": "{'two': 2.0}",
    "generator": "(x for x in [2.0])",
    "map": "map(float, [2])",
    "array.array": "__import__('array').array('d', [2.0])",
    "deque": "__import__('collections').deque([2.0])",
    "memoryview": "memoryview(b'2')",
    "namedtuple": "__import__('collections').namedtuple('Two', 'two')(2.0)",
    "IntEnum": "__import__('enum').IntEnum('Two', {'two': 2}).two",
    "a class": "int",
    "a function": "abs",
    "an object with __float__": "type('Two', (), {'__float__': lambda self: 2.0})()",
    "an object with __array__": "type('Two', (), {'__array__': lambda self, dtype=None, copy=None: np.array(2.0)})()",
    "an object": "object()",
    "a random generator": "np.random.default_rng(0)",
}


@pytest.fixture(scope="module", autouse=True)
def sandbox_is_here():
    needs.linux("students' code is graded in bubblewrap's sandbox")
    try:
        sandbox.check_sandbox()
    except sandbox.NoSandbox as problem:
        needs.missing(str(problem))


@pytest.fixture(autouse=True)
def a_busy_machine_changes_no_verdict(monkeypatch):
    """Processor time decides; by the clock, limits as short as these would be reached beside other tests."""
    monkeypatch.setattr("tools.grading.session.PATIENT", 60)


@base.exercise(means="two is two.", hints={"another": ("it is {got}.", "it is still {got}.")})
def two(answer, *, rng):
    """The number 2."""
    base.compare(base.number(answer), 2, {}, within=1e-9, otherwise="another")


@base.exercise(means="two is two.", hints={"another": ("it is {got}.", "it is still {got}.")})
def two_from(answer, *, rng):
    """A function that returns an array of one number, 2."""
    base.compare(base.array_of(base.call(answer, np.ones(3)), (1,)).item(), 2, {}, within=1e-9, otherwise="another")


def verdict(exercise, answers, seed):
    try:
        return str(exercise.judge(*answers, rng=np.random.default_rng(seed)))
    except Exception as error:  # what the check itself cannot take is no verdict, here or there
        return type(error).__name__


@pytest.fixture(scope="module")
def session():
    with Session(times=Times(cell=2)) as running:
        running.run("import numpy as np")
        yield running


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_of_any_type(session, kind):
    names = {"np": np}
    source = f"answer = {TYPES[kind]}\ndef function(x):\n    return {TYPES[kind]}"
    exec(source, names)
    session.run(source)
    answer, function = names["answer"], names["function"]
    pairs = [(two_from, session.look_up("function"), function)]
    if not callable(answer):
        pairs.append((two, session.look_up("answer"), answer))
    for exercise, across, here in pairs:
        across, here = verdict(exercise, [across], 0), verdict(exercise, [here], 0)
        assert across == here or (kind == "record" and across[0] == here[0] == "✗")  # records do not cross


@pytest.mark.parametrize("path", ALL_SOLUTIONS, ids=lambda path: path.stem)
def test_every_known_answer(path, monkeypatch):
    monkeypatch.setattr(base, "PATIENCE", 1)
    answers = [answer for answer in KNOWN if answer.notebook == path.stem]
    answers += solution_answers(path) + untouched_answers(path)
    assert len(answers) > 20
    for answer in answers:
        task = tasks(path)[answer.exercise]
        with Session(times=Times(cell=2, call=1)) as running:
            running.run(solutions(path)[0]["source"])
            running.run(answer.source)
            across = verdict(task.exercise, [running.look_up(name) for name in task.names], 3)
        assert across == verdict(task.exercise, values(answer), 3), answer


def test_a_generator_moves_on_and_spawns_alike(session):
    def draw(rng):
        return [rng.normal(), rng.spawn(2)[1].normal(), rng.integers(9, size=3).tolist()]

    session.run("def draw(rng): return [rng.normal(), rng.spawn(2)[1].normal(), rng.integers(9, size=3).tolist()]")
    here, across = np.random.default_rng([7, 2]), np.random.default_rng([7, 2])
    function = session.look_up("draw")
    assert [function(across), function(across)] == [draw(here), draw(here)]
    assert across.normal() == here.normal()


@pytest.mark.parametrize("kind", ["MT19937", "PCG64DXSM", "Philox", "SFC64"])
def test_other_generators_cross(session, kind):
    session.run("def draw(rng): return rng.normal()")
    here, across = (np.random.Generator(getattr(np.random, kind)(5)) for _ in range(2))
    function = session.look_up("draw")
    assert [function(across), function(across)] == [here.normal(), here.normal()]
