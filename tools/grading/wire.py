"""What the student's process and the grader send each other: values as JSON and back. Nothing is ever run.

What an answer can be in a notebook it can be here, so that it gets the same verdict in both: numbers of every kind,
text, arrays, lists, tuples, dicts, random generators. Of anything else, a number or an array is sent if it can be made
into one, and otherwise the name of its type.
"""

import array
import base64
import collections
import decimal
import fractions

import numpy as np

PLAIN_KINDS = "biufcSUMm"  # bool, integers, floating-point and complex numbers, text, times: no objects, no records
BIT_GENERATORS = {
    kind.__name__: kind
    for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
}
LARGEST_INTEGER = 10_000  # bits, more than any floating-point number has
LARGEST_EXPONENT = 10_000  # of a Decimal: as an integer it would fill the grader's memory
DEEPEST = 80  # lists within lists: more than NumPy makes an array of


class NotPlain(ValueError):
    """Something that is not what `encode` writes."""


class Opaque:
    """Stands for a value that cannot be sent. The class of each has the name of the type that the value had."""


def encode(value, depth=0):
    """Return `value` as what JSON can hold."""
    if depth > DEEPEST:
        return {"opaque": type(value).__name__}
    if value is None or type(value) in (bool, float, str):
        return value
    if value is ...:
        return {"ellipsis": True}
    for kinds, write in ENCODERS:
        if isinstance(value, kinds):
            return write(value, depth + 1)
    return encode_other(value)


def encode_array(value, depth):
    values = np.asarray(value)
    if values.dtype.kind == "O":
        return {"objects": [list(values.shape), [encode(item, depth) for item in values.ravel().tolist()]]}
    if values.dtype.kind not in PLAIN_KINDS:
        return {"opaque": type(value).__name__}
    if values.dtype.kind == "f" and values.dtype.itemsize > 8:
        values = values.astype(float)  # a long double's bytes differ from machine to machine
    data = base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
    return {"array": [values.dtype.str, list(values.shape), data]}


def encode_generator(rng, depth):
    """A generator's state, and its seed sequence, without which `spawn` would differ."""
    state = {"state": encode(rng.bit_generator.state, depth)}
    seeds = getattr(rng.bit_generator, "seed_seq", None)
    if isinstance(seeds, np.random.SeedSequence):
        state["seeds"] = encode(seeds.state, depth)
    return {"generator": state}


def encode_dict(value, depth):
    return {"dict": [[encode(key, depth), encode(item, depth)] for key, item in value.items()]}


def encode_other(value):
    """Return what NumPy, or float, makes of an object: checks ask them too."""
    if not isinstance(value, type):
        for made in (np.asarray, float):
            try:
                number = made(value)
            except Exception:
                continue
            if not isinstance(number, np.ndarray):
                return number
            if number.dtype.kind in PLAIN_KINDS:
                return encode_array(number, 0)
    return {"opaque": type(value).__name__}


def sequence(name):
    return lambda value, depth: {name: [encode(item, depth) for item in value]}


# Each kind of value, and how it is written. The first that fits counts.
ENCODERS = [
    ((np.ndarray, np.generic), encode_array),
    (str, lambda value, depth: str.__str__(value)),
    (bool, lambda value, depth: bool(value)),
    (int, lambda value, depth: int(value) if value.bit_length() < LARGEST_INTEGER else {"opaque": "int"}),
    (float, lambda value, depth: float(value)),
    (complex, lambda value, depth: {"complex": [value.real, value.imag]}),
    (fractions.Fraction, lambda value, depth: {"fraction": [value.numerator, value.denominator]}),
    (decimal.Decimal, lambda value, depth: {"decimal": str(value)}),
    (array.array, encode_array),
    (list, sequence("list")),
    (tuple, sequence("tuple")),
    (range, lambda value, depth: {"range": [value.start, value.stop, value.step]}),
    ((set, frozenset), sequence("set")),
    (collections.deque, sequence("deque")),
    (dict, encode_dict),
    (np.random.Generator, encode_generator),
]


def decode(data, depth=0):
    """Return the value that `encode` was given; raise NotPlain at anything else."""
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if not isinstance(data, dict) or len(data) != 1 or depth > 2 * DEEPEST:
        raise NotPlain("not what encode writes")
    ((kind, content),) = data.items()
    if kind == "ellipsis":
        return ...
    if kind not in DECODERS:
        raise NotPlain("not what encode writes")
    try:
        return DECODERS[kind](content, depth + 1)
    except NotPlain:
        raise
    except (TypeError, ValueError, KeyError, OverflowError, ArithmeticError) as error:
        raise NotPlain(f"not a value of the kind {kind}: {error}") from None


def decode_array(content, depth):
    dtype, shape, text = content
    dtype = np.dtype(str(dtype))
    if dtype.kind not in PLAIN_KINDS:
        raise NotPlain(f"an array of numbers is needed; got one of {dtype}")
    values = np.frombuffer(base64.b64decode(text, validate=True), dtype).reshape([int(size) for size in shape])
    return values.copy()[()]  # of no dimensions: a number


def decode_objects(content, depth):
    shape, items = content
    values = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        values[place] = decode(item, depth)
    return values.reshape([int(size) for size in shape])


def decode_generator(content, depth):
    state, seeds = decode(content["state"], depth), decode(content.get("seeds"), depth)
    if state["bit_generator"] not in BIT_GENERATORS:
        raise NotPlain(f"not one of NumPy's generators: {str(state['bit_generator'])[:50]}")
    bit_generator = BIT_GENERATORS[state["bit_generator"]](np.random.SeedSequence(**seeds) if seeds else 0)
    bit_generator.state = state
    return np.random.Generator(bit_generator)


def decode_decimal(content, depth):
    value = decimal.Decimal(str(content))
    if value.is_finite() and abs(value.adjusted()) > LARGEST_EXPONENT:
        raise NotPlain("a Decimal with too large an exponent")
    return value


def decode_opaque(content, depth):
    name = content if isinstance(content, str) and content.isidentifier() else "object"
    return type(name[:50], (Opaque,), {})()


def items_of(content, depth):
    if not isinstance(content, list):
        raise NotPlain("not a list")
    return [decode(item, depth) for item in content]


DECODERS = {
    "array": decode_array,
    "objects": decode_objects,
    "complex": lambda content, depth: complex(*(float(part) for part in content)),
    "fraction": lambda content, depth: fractions.Fraction(*(int(part) for part in content)),
    "decimal": decode_decimal,
    "list": items_of,
    "tuple": lambda content, depth: tuple(items_of(content, depth)),
    "range": lambda content, depth: range(*(int(part) for part in content)),
    "set": lambda content, depth: set(items_of(content, depth)),
    "deque": lambda content, depth: collections.deque(items_of(content, depth)),
    "dict": lambda content, depth: {decode(key, depth): decode(item, depth) for key, item in content},
    "generator": decode_generator,
    "opaque": decode_opaque,
}
