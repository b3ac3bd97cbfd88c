"""Plain data as JSON and back: numbers, text, arrays, lists, tuples, dicts, random generators. Nothing is ever run."""

import base64

import numpy as np

PLAIN_KINDS = "biuf"  # bool, integers, floating-point numbers


class NotPlain(ValueError):
    """Something that is no plain data."""


def encode(value):
    """Return `value` as what JSON can hold."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if value is ...:
        return {"ellipsis": True}
    if isinstance(value, (np.ndarray, np.generic)):
        return {"array": encode_array(np.asarray(value))}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, np.random.Generator):
        return {"generator": value.bit_generator.state}
    raise NotPlain(f"only numbers, text, arrays, lists, tuples and dicts can be handed in; got {type(value).__name__}")


def encode_array(array):
    if array.dtype.kind not in PLAIN_KINDS:
        raise NotPlain(f"an array of numbers is needed; got one of {array.dtype}")
    return [array.dtype.str, list(array.shape), base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")]


def decode(data):
    """Return the value that `encode` was given; raise NotPlain at anything else."""
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict) or len(data) != 1:
        raise NotPlain("not what encode writes")
    ((kind, content),) = data.items()
    if kind == "ellipsis":
        return ...
    if kind == "array":
        return decode_array(content)
    if kind == "tuple" and isinstance(content, list):
        return tuple(decode(item) for item in content)
    if kind == "dict" and isinstance(content, list):
        return decode_dict(content)
    if kind == "generator":
        return decode_generator(content)
    raise NotPlain("not what encode writes")


def decode_array(content):
    try:
        dtype, shape, text = content
        dtype = np.dtype(str(dtype))
        if dtype.kind not in PLAIN_KINDS:
            raise NotPlain(f"an array of numbers is needed; got one of {dtype}")
        array = np.frombuffer(base64.b64decode(text, validate=True), dtype).reshape([int(size) for size in shape])
    except (TypeError, ValueError) as error:
        raise NotPlain(f"not an array: {error}") from None
    return array.copy()[()]  # of no dimensions: a number


def decode_dict(content):
    try:
        return {decode(key): decode(item) for key, item in content}
    except (TypeError, ValueError) as error:
        raise NotPlain(f"not a dict: {error}") from None


def decode_generator(state):
    rng = np.random.default_rng(0)
    try:
        rng.bit_generator.state = state
    except (TypeError, ValueError, KeyError) as error:
        raise NotPlain(f"not a generator of NumPy's default kind: {error}") from None
    return rng
