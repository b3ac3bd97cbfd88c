"""Does what stands under "In practice" hold in the libraries themselves? The extra `bench` brings them.

What runs here is the notebooks' own code: each table's, and each sentence's that speaks of a library.
"""

import ast
import re
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from helpers.activations import ACTIVATIONS
from helpers.initializers import (
    fans,
    he_normal,
    identity,
    lecun_normal,
    normal,
    orthogonal,
    standard_uniform,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)
from helpers.lessons.build_orthogonal.experiment import conv_singular_values
from helpers.lessons.unify_variance_scaling.experiment import PYTORCH_GAINS
from helpers.seeding import seeded
from helpers.statistics import bootstrap_interval, wilson_interval
from tests.support.samples import VALUES, assert_alike, sample
from tools.course.markdown import section, without_links
from tools.course.notebook import read_notebook
from tools.course.places import lesson_paths

# What the notebooks say


def practice(path):
    """Return the words under "In practice", without links."""
    cells = section(read_notebook(path), "In practice")
    return without_links("\n\n".join(cell.source for cell in cells if cell.kind == "markdown"))


PRACTICE = {path.stem[:2]: practice(path) for path in lesson_paths()}
each_lesson = pytest.mark.parametrize("lesson", PRACTICE)


def codes(words):
    return re.findall(r"`([^`]+)`", words)


def cells_of(lesson):
    """Return the cells of a lesson's table, by row and column, with the column's whole heading in front."""
    rows = [line.strip("| ").split(" | ") for line in PRACTICE[lesson].split("\n") if line.startswith("|")]
    headings, _, *rows = rows
    return {
        (lesson, row[0], heading.split(",")[0]): (heading, cell)
        for row in rows
        for heading, cell in zip(headings[1:], row[1:], strict=True)
    }


CELLS = {place: cell for lesson in PRACTICE for place, cell in cells_of(lesson).items() if codes(" ".join(cell))}


def statements(lesson):
    """Return the sentences of a lesson, one after the other, without its table."""
    lines = [line.removeprefix("- ") for line in PRACTICE[lesson].split("\n") if line and line[0] not in "|#"]
    return [sentence for line in lines for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", line)]


CHECKED = {}


def says(lesson, *sentences):
    """Mark a test as the one of these sentences."""
    CHECKED.setdefault(lesson, []).extend(sentences)
    return lambda test: test


# The libraries


@dataclass(frozen=True)
class Libraries:
    torch: ModuleType
    keras: ModuleType
    jax: ModuleType
    flax: ModuleType


@pytest.fixture
def libraries(torch, keras, jax, flax):
    keras.utils.set_random_seed(1)  # NumPy's and PyTorch's too
    return Libraries(torch, keras, jax, flax)


INPUTS, UNITS = 100, 250  # one draw is large enough a sample, and swapped fans are seen
STD, LIMIT, GAIN, SLOPE = 0.3, 0.4, 1.7, 0.5
TRUNCATED = {"mode": "fan_in", "distribution": "truncated_normal"}
TRUNCATED_HE = partial(variance_scaling, scale=2, **TRUNCATED)
TRUNCATED_LECUN = partial(variance_scaling, scale=1, **TRUNCATED)


def names(libraries, seed=0):
    """Return what the notebooks' code takes for granted."""
    torch, jax, flax = libraries.torch, libraries.jax, libraries.flax
    layer = torch.nn.Linear(INPUTS, UNITS)
    return {
        **vars(libraries),
        "np": np,
        "layer": layer,
        "w": torch.empty(UNITS, INPUTS),
        "rng": np.random.default_rng(seed),
        "rngs": flax.nnx.Rngs(seed),
        "key": jax.random.key(seed),
        "shape": (INPUTS, UNITS),
        "fan_in": INPUTS,
        "std": STD,
        "limit": LIMIT,
        "gain": GAIN,
        "s": SLOPE,
    }


def run(place, known):
    """Run a cell of a table: what its column imports, all its code, and return the last value."""
    heading, cell = CELLS[place]
    for line in codes(heading):
        exec(line.replace("…", "*"), known)
    *before, last = codes(cell)
    for line in before:
        exec(line, known)
    return evaluated(last, known)


def evaluated(code, known):
    """Return the value of an expression, or the arguments of a layer as a dictionary."""
    is_assignment = isinstance(ast.parse(code).body[0], ast.Assign)
    return eval(f"dict({code})" if is_assignment else code, known)


def weights(value, libraries, seed=0):
    """Return the weights (fan_in, fan_out) that a piece of code has drawn, or those that its value draws."""
    torch, keras, jax, flax = vars(libraries).values()
    if isinstance(value, torch.Tensor):
        return [value.detach().numpy().T]
    if isinstance(value, dict) and "kernel_initializer" in value:
        return [kernel(keras.layers.Dense(UNITS, **value), libraries, seed)]
    if isinstance(value, dict):
        layers = flax.linen.Dense(UNITS, **value), flax.nnx.Linear(INPUTS, UNITS, **value, rngs=flax.nnx.Rngs(seed))
        return [kernel(layer, libraries, seed) for layer in layers]
    if isinstance(value, (keras.layers.Layer, flax.linen.Module, flax.nnx.Module)):
        return [kernel(value, libraries, seed)]
    if isinstance(value, keras.initializers.Initializer):
        return [keras.ops.convert_to_numpy(value((INPUTS, UNITS)))]
    return [np.asarray(value(jax.random.key(seed), (INPUTS, UNITS)) if callable(value) else value)]


def kernel(layer, libraries, seed=0):
    """Return the weights of a layer, which is built for INPUTS inputs where it has none yet."""
    if isinstance(layer, libraries.torch.nn.Module) and not isinstance(layer, libraries.keras.layers.Layer):
        return layer.weight.detach().numpy().T
    if isinstance(layer, libraries.keras.layers.Layer):
        layer.build((None, INPUTS))
        return libraries.keras.ops.convert_to_numpy(layer.kernel)
    if isinstance(layer, libraries.flax.nnx.Module):
        return np.asarray(layer.kernel[...])
    variables = layer.init(libraries.jax.random.key(seed), np.ones((1, INPUTS), np.float32))
    return np.asarray(variables["params"]["kernel"])


def drawn_again(place, libraries):
    """Return as many weights as a comparison needs, in a list for each layer that the code may belong to."""
    many = [weights(run(place, names(libraries)), libraries)]
    shape = many[0][0].shape
    while len(many) * np.prod(shape) < VALUES:
        seed = len(many)
        many.append(weights(run(place, names(libraries, seed)), libraries, seed))
    return shape, [np.concatenate([array.ravel() for array in arrays]) for arrays in zip(*many, strict=True)]


# Tables of initializers

DRAWS = {
    ("00", "PyTorch", "to ask for He"): he_normal,
    ("00", "Keras", "to ask for He"): TRUNCATED_HE,
    ("00", "JAX (Flax NNX)", "to ask for He"): TRUNCATED_HE,
    ("00", "JAX (Flax Linen)", "to ask for He"): TRUNCATED_HE,
    **{("02", library, "normal"): partial(normal, std=STD) for library in ("NumPy", "PyTorch", "Keras", "JAX")},
    **{
        ("02", library, "uniform between -limit and limit"): partial(uniform, limit=LIMIT)
        for library in ("NumPy", "PyTorch", "Keras", "JAX")
    },
    **{("04", library, "Xavier"): xavier_uniform for library in ("PyTorch", "Keras", "JAX (Flax)")},
    ("04", "PyTorch", "LeCun"): lecun_normal,
    **{("04", library, "LeCun"): TRUNCATED_LECUN for library in ("Keras", "JAX (Flax)")},
    ("05", "PyTorch", "He for ReLU"): he_normal,
    **{("05", library, "He for ReLU"): TRUNCATED_HE for library in ("Keras", "JAX (Flax)")},
    **{
        ("05", library, "for a leaky slope s"): partial(he_normal, slope=SLOPE)
        for library in ("PyTorch", "Keras", "JAX (Flax)")
    },
    **{
        ("06", row, library): partial(variance_scaling, scale=GAIN**2, mode="fan_in", distribution=distribution)
        for row, distribution in (("normal", "normal"), ("truncated", "truncated_normal"), ("uniform", "uniform"))
        for library in ("PyTorch", "Keras", "JAX")
    },
    ("06", "He", "PyTorch"): he_normal,
    ("06", "He", "Keras"): TRUNCATED_HE,
    ("06", "He", "JAX"): TRUNCATED_HE,
}


@pytest.mark.parametrize(("place", "ours"), DRAWS.items(), ids=map(", ".join, DRAWS))
def test_a_call_draws_what_the_table_says(libraries, place, ours):
    shape, many = drawn_again(place, libraries)
    rng = np.random.default_rng(0)
    for theirs in many:
        assert_alike(sample(lambda: ours(shape, rng), shape), theirs)


CONSTANTS = {
    ("01", library, column): value
    for library in ("PyTorch", "Keras", "JAX")
    for column, value in (("zeros", 0), ("a constant", 0.1))
}


@pytest.mark.parametrize(("place", "value"), CONSTANTS.items(), ids=map(", ".join, CONSTANTS))
def test_a_call_fills_with_what_the_table_says(libraries, place, value):
    for theirs in weights(run(place, names(libraries)), libraries):
        np.testing.assert_array_equal(theirs, np.full((INPUTS, UNITS), value, np.float32))


DEFAULT_COLUMNS = ("a dense layer starts from", "a dense layer's default")
DEFAULTS = [place for place in CELLS if place[2] in DEFAULT_COLUMNS]
NAMED = {
    "U(-1/√fan_in, 1/√fan_in)": standard_uniform,
    "glorot_uniform": xavier_uniform,
    "lecun_normal": TRUNCATED_LECUN,
}


def plain_layers(library, libraries):
    """Return dense layers that were told nothing about their weights, by the name of their library in a table."""
    nnx, linen = libraries.flax.nnx, libraries.flax.linen
    return {
        "PyTorch": lambda: [libraries.torch.nn.Linear(INPUTS, UNITS)],
        "Keras": lambda: [libraries.keras.layers.Dense(UNITS)],
        "JAX (Flax NNX)": lambda: [nnx.Linear(INPUTS, UNITS, rngs=nnx.Rngs(0))],
        "JAX (Flax Linen)": lambda: [linen.Dense(UNITS)],
        "JAX (Flax)": lambda: [nnx.Linear(INPUTS, UNITS, rngs=nnx.Rngs(0)), linen.Dense(UNITS)],
    }[library]()


def assert_starts_from(layers, ours, libraries):
    rng = np.random.default_rng(0)
    for layer in layers:
        assert_alike(ours((INPUTS, UNITS), rng).ravel(), kernel(layer, libraries).ravel())


@pytest.mark.parametrize("place", DEFAULTS, ids=", ".join)
def test_a_dense_layer_starts_from_what_the_table_says(libraries, place):
    _, cell = CELLS[place]
    assert_starts_from(plain_layers(place[1], libraries), NAMED[codes(cell)[0]], libraries)


# 00 and 01


@says(
    "00",
    "The trap: PyTorch keeps a layer's weights as `(fan_out, fan_in)`; Keras, Flax and this course keep them as "
    "`(fan_in, fan_out)`.",
)
@says("05", "PyTorch keeps weights as `(fan_out, fan_in)`.")
def test_pytorch_alone_keeps_weights_as_fan_out_and_fan_in(libraries):
    assert tuple(libraries.torch.nn.Linear(3, 2).weight.shape) == (2, 3)
    for library in ("Keras", "JAX (Flax)"):
        for layer in plain_layers(library, libraries):
            assert kernel(layer, libraries).shape == (INPUTS, UNITS)
    assert fans((INPUTS, UNITS)) == (INPUTS, UNITS)


@says(
    "01",
    "Keras and Flax start biases there; PyTorch's `Linear` draws them from U(-1/√fan_in, 1/√fan_in).",
)
def test_biases_start_at_zero_but_in_pytorch(libraries):
    torch, keras, jax, flax = vars(libraries).values()
    dense = keras.layers.Dense(UNITS)
    dense.build((None, INPUTS))
    linen = flax.linen.Dense(UNITS).init(jax.random.key(0), np.ones((1, INPUTS)))
    nnx = flax.nnx.Linear(INPUTS, UNITS, rngs=flax.nnx.Rngs(0))
    for bias in (keras.ops.convert_to_numpy(dense.bias), linen["params"]["bias"], nnx.bias[...]):
        np.testing.assert_array_equal(bias, np.zeros(UNITS))
    theirs = torch.nn.Linear(INPUTS, VALUES).bias.detach().numpy()
    assert_alike(standard_uniform((INPUTS, VALUES // INPUTS), np.random.default_rng(0)).ravel(), theirs)


# 02: what is uniform, and what repeats itself

UNIFORM_SCALE = "JAX's `jax.nn.initializers.uniform(scale)` draws from 0 to "


@says(
    "02",
    UNIFORM_SCALE + "`scale`, and PyTorch's `uniform_` without `a` and `b` from 0 to 1: exercise 2, ready-made.",
)
@says("06", UNIFORM_SCALE + "scale, not from -scale to scale.")
def test_a_plain_uniform_starts_at_0(libraries):
    jax, torch = libraries.jax, libraries.torch
    theirs = np.asarray(jax.nn.initializers.uniform(0.2)(jax.random.key(0), (INPUTS, UNITS)))
    assert 0 <= theirs.min() < 0.001 < 0.199 < theirs.max() <= 0.2
    theirs = torch.nn.init.uniform_(torch.empty(INPUTS, UNITS))
    assert 0 <= theirs.min() < 0.001 < 0.999 < theirs.max() <= 1


RANDOM = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "GlorotUniform", "HeNormal")


def numbers(initializer, keras, shape=(7, 5)):
    return keras.ops.convert_to_numpy(initializer(shape))


def two_layers(keras, *initializers):
    layers = [keras.layers.Dense(6, kernel_initializer=initializer) for initializer in initializers]
    for layer in layers:
        layer.build((None, 6))
    return [keras.ops.convert_to_numpy(layer.kernel) for layer in layers]


ALIKE = "A Keras initializer object draws the same numbers at every call, with an int as its seed or with no seed"


@says("02", f"{ALIKE}, and two objects with the same int draw the same numbers too.")
@says(
    "06",
    f"{ALIKE}.",
    "Two layers of one shape that share it start from the same weights; give each an object of its own.",
)
@pytest.mark.parametrize("name", RANDOM)
def test_a_keras_initializer_repeats_itself(libraries, name):
    keras = libraries.keras
    kind = getattr(keras.initializers, name)
    for one in (kind(), kind(seed=3)):
        np.testing.assert_array_equal(numbers(one, keras), numbers(one, keras))
        np.testing.assert_array_equal(*two_layers(keras, one, one))
    np.testing.assert_array_equal(numbers(kind(seed=3), keras), numbers(kind(seed=3), keras))
    assert (numbers(kind(), keras) != numbers(kind(), keras)).all()
    first, second = two_layers(keras, kind(), kind())
    assert (first != second).all()


@says(
    "02",
    'So give each layer an object of its own, without a seed; a name, such as `kernel_initializer="random_normal"`, '
    "makes one for each layer.",
)
def test_a_name_makes_an_initializer_for_each_layer(libraries):
    (code,) = [code for code in codes(PRACTICE["02"]) if code.startswith("kernel_initializer=")]
    name = evaluated(code, {})["kernel_initializer"]
    first, second = two_layers(libraries.keras, name, name)
    assert (first != second).all()


@says("02", "With a `keras.random.SeedGenerator` as its seed, a Keras initializer draws new numbers at every call.")
@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_generator_moves_on(libraries, name):
    keras = libraries.keras
    one = getattr(keras.initializers, name)(seed=keras.random.SeedGenerator(3))
    assert (numbers(one, keras) != numbers(one, keras)).all()
    first, second = two_layers(keras, one, one)
    assert (first != second).all()


@says(
    "02",
    "But a layer that copies its initializer by its configuration, as `MultiHeadAttention` does, still draws query, "
    "key and value alike from it.",
)
def test_attention_copies_a_seed_generator(libraries):
    keras = libraries.keras
    moving = keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(3))
    query, key, value = query_key_value(keras, moving)
    np.testing.assert_array_equal(query, key)
    np.testing.assert_array_equal(query, value)
    query, key, value = query_key_value(keras, keras.initializers.GlorotUniform())  # its own, without a seed
    assert (query != key).all()
    assert (query != value).all()


def query_key_value(keras, initializer):
    """Return the three kernels of a fresh attention, as its variables are named."""
    attention = keras.layers.MultiHeadAttention(2, 4, kernel_initializer=initializer)
    attention.build((None, 3, 8), (None, 3, 8))
    kernels = {variable.path: variable for variable in attention.weights if variable.name == "kernel"}
    found = [next(kernels[path] for path in kernels if part in path) for part in ("query", "key/", "value")]
    return [keras.ops.convert_to_numpy(kernel) for kernel in found]


@says(
    "02", "PyTorch's shapes begin with fan_out, (out, in, *receptive): turn them round before you give them to `fans`."
)
def test_pytorchs_convolution_begins_with_its_outputs(libraries):
    torch = libraries.torch
    shape = tuple(torch.nn.Conv2d(3, 7, (2, 5)).weight.shape)
    assert shape == (7, 3, 2, 5)
    out, inputs, *receptive = shape
    assert fans((*receptive, inputs, out)) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@says("02", "PyTorch's dense layer starts from U(-1/√fan_in, 1/√fan_in).")
@says(
    "04",
    "The traps: PyTorch's default for `Linear` is the standard start of this notebook, the one that the paper of 2010 "
    "set out to replace.",
)
@says("05", "PyTorch's `Linear` does not start from it: the √5 above.")
def test_pytorchs_dense_layer_has_the_standard_start(libraries):
    assert_starts_from(plain_layers("PyTorch", libraries), standard_uniform, libraries)


# 03: what passes between the layers


@pytest.fixture
def known(libraries):
    """Return what the code of notebook 03 takes for granted of all libraries; each test adds its network."""
    return {**vars(libraries), "x": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)}


def test_pytorch_shows_signals_and_gradients(known, torch):
    seen = {}
    layers = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))
    known |= {"layer": layers[0], "hook": lambda layer, inputs, output: seen.update(signal=output)}
    run(("03", "PyTorch", "the signals"), known)
    known["hook"] = lambda layer, inputs, outputs: seen.update(gradient=outputs[0])
    run(("03", "PyTorch", "the gradients"), known)
    x = torch.tensor(known["x"], requires_grad=True)
    layers(x).sum().backward()
    signal = layers[0](x)
    torch.testing.assert_close(seen["signal"], signal)
    torch.testing.assert_close(seen["gradient"], (1 - torch.tanh(signal) ** 2) * layers[2].weight.sum(axis=0))


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
def test_keras_shows_signals_and_gradients(known, keras):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(2)])
    signals = run(("03", "Keras", "the signals"), known | {"model": model})(known["x"])
    assert [tuple(signal.shape) for signal in signals] == [(3, 5), (3, 2)]
    np.testing.assert_allclose(signals[-1].detach(), model(known["x"]).detach())
    gradients = run(("03", "Keras", "the gradients"), known | {"loss": signals[-1].sum(), "signals": signals})
    expected = np.broadcast_to(keras.ops.convert_to_numpy(model.layers[1].kernel).sum(axis=1), (3, 5))
    np.testing.assert_allclose(gradients[0], expected, rtol=1e-6)


def test_flax_shows_signals(known, jax, flax):
    layers = [flax.linen.Dense(5), jax.nn.tanh, flax.linen.Dense(2)]
    model = flax.linen.Sequential(layers)
    variables = model.init(jax.random.key(0), known["x"])
    output, kept = run(("03", "JAX (Flax Linen)", "the signals"), known | {"model": model, "variables": variables})
    (signal,) = kept["intermediates"]["layers_0"]["__call__"]
    first, last = variables["params"]["layers_0"], variables["params"]["layers_2"]
    np.testing.assert_allclose(signal, known["x"] @ first["kernel"], rtol=1e-5)
    np.testing.assert_allclose(output, np.tanh(signal) @ last["kernel"], rtol=1e-5)


def test_flax_nnx_shows_signals(known, jax, flax):
    rngs = flax.nnx.Rngs(0)
    model = flax.nnx.Sequential(flax.nnx.Linear(4, 5, rngs=rngs), jax.nn.tanh, flax.nnx.Linear(5, 2, rngs=rngs))
    output, kept = run(("03", "JAX (Flax NNX)", "the signals"), known | {"model": model})
    (signal,) = kept["layers"][0]["__call__"].get_value()
    np.testing.assert_allclose(signal, known["x"] @ model.layers[0].kernel[...], rtol=1e-5)
    np.testing.assert_allclose(output, np.tanh(signal) @ model.layers[2].kernel[...], rtol=1e-5)


@pytest.mark.parametrize("row", ["JAX (Flax NNX)", "JAX (Flax Linen)"])
def test_jax_gives_a_gradient(known, row):
    gradient = run(("03", row, "the gradients"), known)(lambda x: (x**2).sum())
    np.testing.assert_allclose(gradient(known["x"]), 2 * known["x"])


STOPS = "The trap: all of them warn of `nan` at best, and none of 0."


@says("03", STOPS)
def test_pytorch_stops_at_a_nan_of_the_backward_pass_alone(known, torch):
    try:
        run(("03", "PyTorch", "stop at a nan"), known)
        with (
            pytest.raises(RuntimeError, match="returned nan values"),
            pytest.warns(UserWarning, match="Error detected"),
        ):
            (0 * torch.sqrt(torch.zeros(1, requires_grad=True))).backward()
        forward = torch.log(torch.tensor([-1.0], requires_grad=True))
        assert torch.isnan(forward).all()
        forward.backward()
        nothing = torch.ones(1, requires_grad=True)
        (0 * nothing).backward()
        assert nothing.grad == 0
    finally:
        torch.autograd.set_detect_anomaly(False)


@says("03", STOPS)
def test_keras_stops_at_a_nan_of_the_loss(known, keras):
    for target, epochs in ((np.nan, 1), (0.0, 4)):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, kernel_initializer="zeros")])
        model.compile("sgd", "mse")
        callbacks = [run(("03", "Keras", "stop at a nan"), known)]
        story = model.fit(known["x"], np.full((3, 2), target), epochs=4, verbose=0, callbacks=callbacks)
        assert len(story.epoch) == epochs  # of zeros that should answer 0, each gradient is 0


@says("03", STOPS)
def test_jax_stops_at_any_nan(known, jax):
    try:
        run(("03", "JAX (Flax NNX)", "stop at a nan"), known)
        with pytest.raises(FloatingPointError, match="nan"):
            jax.numpy.log(jax.numpy.array(-1.0))
        with pytest.raises(FloatingPointError, match="nan"):
            jax.grad(lambda x: 0 * jax.numpy.sqrt(x))(0.0)
        assert jax.grad(lambda x: 0 * x)(1.0) == 0
    finally:
        jax.config.update("jax_debug_nans", False)


@says(
    "03",
    "And in float16 both ends are far nearer: 65504 and 6·10⁻⁸; bfloat16 keeps float32's range and pays in digits.",
)
def test_half_precisions_have_these_ends(torch):
    half, brain, single = (torch.finfo(kind) for kind in (torch.float16, torch.bfloat16, torch.float32))
    smallest = torch.tensor([2.0**-24, 2.0**-26]).half()
    assert half.max == 65504
    assert smallest[0] == pytest.approx(6e-8, rel=0.01)
    assert smallest[1] == 0
    assert brain.max == pytest.approx(single.max, rel=0.01)
    assert brain.tiny == single.tiny
    assert brain.eps > half.eps > single.eps


# 04 to 06: which normals are truncated, which corrected

MADE_UP_FOR = "truncated at two standard deviations, with the lost variance made up for; PyTorch's"


@says("04", f"And the normal ones of Keras and JAX are {MADE_UP_FOR} are not.")
@says("05", f"Keras's and JAX's `he_normal` are {MADE_UP_FOR} is not.")
@pytest.mark.parametrize(
    ("name", "plain", "scaling"),
    [
        ("glorot_normal", xavier_normal, {"scale": 1, "mode": "fan_avg"}),
        ("lecun_normal", lecun_normal, {"scale": 1, "mode": "fan_in"}),
        ("he_normal", he_normal, {"scale": 2, "mode": "fan_in"}),
    ],
)
def test_the_named_normals_are_truncated_and_corrected_but_pytorchs(libraries, name, plain, scaling):
    torch, keras, jax, _ = vars(libraries).values()
    shape, rng = (INPUTS, UNITS), np.random.default_rng(0)
    theirs = [
        keras.ops.convert_to_numpy(keras.initializers.get(name)(shape)),
        np.asarray(getattr(jax.nn.initializers, name)()(jax.random.key(0), shape)),
    ]
    for drawn in theirs:
        # of a plain normal, 2 % lie there; Keras tries only four times, so one in 200,000 of its values does
        assert (np.abs(drawn) > 2.3 * drawn.std()).mean() < 1e-3
        ours = variance_scaling(shape, rng, distribution="truncated_normal", **scaling)
        assert_alike(ours.ravel(), drawn.ravel())
    init, empty = torch.nn.init, torch.empty(UNITS, INPUTS)
    in_pytorch = {
        "glorot_normal": lambda: init.xavier_normal_(empty),
        "lecun_normal": lambda: init.kaiming_normal_(empty, nonlinearity="linear"),
        "he_normal": lambda: init.kaiming_normal_(empty, nonlinearity="relu"),
    }[name]().numpy()
    assert_alike(plain(shape, rng).ravel(), in_pytorch.ravel())
    assert np.abs(in_pytorch).max() > 3 * in_pytorch.std()


@says("05", "Given our `(fan_in, fan_out)`, its functions take one fan for the other.")
def test_pytorch_takes_one_fan_for_the_other_where_the_shape_is_ours(libraries):
    init, empty = libraries.torch.nn.init, libraries.torch.empty(INPUTS, UNITS)
    theirs = init.kaiming_normal_(empty, nonlinearity="relu").numpy()
    ours = he_normal((INPUTS, UNITS), np.random.default_rng(0), mode="fan_out")
    assert_alike(ours.ravel(), theirs.ravel())


@says(
    "06",
    "PyTorch's `trunc_normal_` takes `a` and `b` as weights, not as multiples of `std`.",
    "With `std=0.02` and the default ±2 it cuts nothing off, and where it cuts it does not correct.",
)
def test_pytorchs_truncated_normal_cuts_at_weights_and_does_not_correct(torch):
    empty, rng = torch.empty(UNITS, INPUTS), np.random.default_rng(0)
    for std, ours in ((0.02, normal((INPUTS, UNITS), rng, std=0.02)), (1, uncorrected(1, rng))):
        assert_alike(ours.ravel(), torch.nn.init.trunc_normal_(empty, std=std).numpy().ravel())
    cut = torch.nn.init.trunc_normal_(empty, std=0.5, a=-1, b=1).numpy()
    assert 0.99 < np.abs(cut).max() <= 1
    assert_alike(uncorrected(0.5, rng).ravel(), cut.ravel())


def uncorrected(std, rng):
    """Draw from a normal distribution that is cut at two of its standard deviations, without a correction."""
    return truncated_normal((INPUTS, UNITS), rng, std=std * stats.truncnorm(-2, 2).std())


@says(
    "06",
    "Keras's `TruncatedNormal(stddev=…)` and JAX's `truncated_normal(stddev)` do not correct either; only those that "
    "scale by a fan do.",
)
def test_a_truncated_normal_without_a_fan_does_not_correct(libraries):
    keras, jax = libraries.keras, libraries.jax
    rng, shape = np.random.default_rng(0), (INPUTS, UNITS)
    in_keras = keras.ops.convert_to_numpy(keras.initializers.TruncatedNormal(stddev=0.5)(shape))
    in_jax = np.asarray(jax.nn.initializers.truncated_normal(0.5)(jax.random.key(0), shape))
    for theirs in (in_keras, in_jax):
        assert_alike(uncorrected(0.5, rng).ravel(), theirs.ravel())


@says(
    "06",
    "PyTorch's gains come from a table, `torch.nn.init.calculate_gain`, and `kaiming_normal_` takes them from there.",
)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_pytorchs_table_of_gains_is_the_one_that_the_lesson_shows(torch, name):
    init, empty = torch.nn.init, torch.empty(UNITS, INPUTS)
    if name in PYTORCH_GAINS:
        gain = init.calculate_gain(name)
        assert PYTORCH_GAINS[name] == pytest.approx(gain, rel=1e-4)
        # of a leaky ReLU, the slope is `a`; without it, 0 and no longer 0.01
        options = {"a": 0.01} if name == "leaky_relu" else {}
        theirs = init.kaiming_normal_(empty, nonlinearity=name, **options).numpy()
        ours = normal((INPUTS, UNITS), np.random.default_rng(0), std=gain / INPUTS**0.5)
        assert_alike(ours.ravel(), theirs.ravel())
    else:
        for ask in (init.calculate_gain, partial(init.kaiming_normal_, empty, 0, "fan_in")):
            with pytest.raises(ValueError, match=f"Unsupported nonlinearity {name}"):
                ask(name)


@says("06", 'PyTorch\'s documentation says so, and asks you to write `nonlinearity="linear"` there.')
def test_pytorchs_documentation_warns_of_the_gain_of_selu(torch):
    told = " ".join(torch.nn.init.calculate_gain.__doc__.split())
    assert "use ``nonlinearity='linear'`` instead of ``nonlinearity='selu'``" in told
    assert "the default gain for ``SELU`` sacrifices the normalization effect" in told
    assert PYTORCH_GAINS["selu"] == torch.nn.init.calculate_gain("selu") == 3 / 4


# 07: seeds and intervals


@pytest.mark.parametrize("library", ["PyTorch", "Keras"])
def test_a_global_seed_repeats_a_model(libraries, library):
    def built(seed):
        run(("07", library, "one more seed"), {**vars(libraries), "seed": seed})
        (layer,) = plain_layers(library, libraries)
        return kernel(layer, libraries)

    np.testing.assert_array_equal(built(3), built(3))
    assert (built(3) != built(4)).all()


GLOBAL_SEED = (
    "The trap: a global seed fixes everything that is random, the first weights and the order of the batches alike."
)


@says("07", GLOBAL_SEED)
def test_pytorchs_global_seed_fixes_the_order_of_the_batches_too(torch):
    def order(seed):
        torch.manual_seed(seed)
        data = torch.utils.data.DataLoader(torch.arange(100), batch_size=10, shuffle=True)
        return torch.cat(list(data)).tolist()

    assert order(3) == order(3) != order(4)


@says("07", GLOBAL_SEED)
def test_kerass_global_seed_fixes_the_order_of_the_batches_too(keras):
    def order(seed):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.01), "mse")
        x = np.arange(8.0)[:, np.newaxis]
        model.fit(x, x, batch_size=1, epochs=1, verbose=0)  # each order leads to other weights
        return keras.ops.convert_to_numpy(model.layers[0].kernel).item()

    assert order(3) == order(3) != order(4)


@says(
    "07",
    "If you want to know what the start does, give the batches a seed of their own, as we did here; and in Keras do "
    "not build 32 networks from one initializer object, for it draws the same numbers every time, even where nobody "
    "gave it a seed.",
)
def test_networks_of_one_keras_initializer_are_one(libraries):
    one = libraries.keras.initializers.GlorotUniform()
    many = two_layers(libraries.keras, *[one] * 32)
    assert all((kernel == many[0]).all() for kernel in many)


def test_pytorch_trains_many_models_at_once(libraries):
    torch = libraries.torch
    models = [torch.nn.Linear(4, 2) for _ in range(3)]
    stack, vmap = (
        evaluated(code, {"torch": torch, "models": models})
        for code in codes(CELLS["07", "PyTorch", "many seeds at once"][1])
    )
    x = torch.ones(5, 4)
    together = vmap(lambda parameters, x: torch.func.functional_call(models[0], parameters, x), in_dims=(0, None))
    torch.testing.assert_close(together(stack[0], x), torch.stack([model(x) for model in models]))


def test_jax_trains_many_models_at_once(libraries):
    jax = libraries.jax
    keys = run(("07", "JAX", "one more seed"), {"jax": jax, "key": jax.random.key(0)})

    def train(key):
        return jax.nn.initializers.he_normal()(key, (4, 2))

    many = run(("07", "JAX", "many seeds at once"), {"jax": jax, "train": train, "keys": keys})
    assert many.shape == (32, 4, 2)
    assert len(np.unique(many)) == many.size
    np.testing.assert_array_equal(many[7], train(keys[7]))


@says(
    "07",
    'The two intervals are in SciPy: `scipy.stats.bootstrap((steps,), np.median, method="percentile")` and '
    '`scipy.stats.binomtest(stuck, total).proportion_ci(method="wilson")`.',
)
def test_scipy_has_the_two_intervals():
    steps, stuck, total = seeded(0).normal(50, 10, size=400), 9, 32
    known = {"scipy": type("scipy", (), {"stats": stats}), "np": np, "steps": steps, "stuck": stuck, "total": total}
    bootstrap, wilson = (
        eval(code, known) for sentence in statements("07") if "SciPy" in sentence for code in codes(sentence)
    )
    ours = bootstrap_interval(steps, seeded(1), resamples=9999)
    assert bootstrap.confidence_interval == pytest.approx(ours, abs=0.25)
    assert wilson == pytest.approx(wilson_interval(stuck, total), rel=1e-12)


# Is all of it checked?

ELSEWHERE = {
    ("03", "PyTorch", "the signals"),
    ("03", "PyTorch", "the gradients"),
    ("03", "PyTorch", "stop at a nan"),
    ("03", "Keras", "the signals"),
    ("03", "Keras", "the gradients"),
    ("03", "Keras", "stop at a nan"),
    ("03", "JAX (Flax NNX)", "the signals"),
    ("03", "JAX (Flax NNX)", "the gradients"),
    ("03", "JAX (Flax NNX)", "stop at a nan"),
    ("03", "JAX (Flax Linen)", "the signals"),
    ("03", "JAX (Flax Linen)", "the gradients"),
    ("07", "PyTorch", "one more seed"),
    ("07", "Keras", "one more seed"),
    ("07", "JAX", "one more seed"),
    ("07", "PyTorch", "many seeds at once"),
    ("07", "JAX", "many seeds at once"),
}


# 08: orthogonal weights

ORTHOGONAL = {
    ("08", "PyTorch", "orthogonal"): orthogonal,
    ("08", "Keras", "orthogonal"): orthogonal,
    ("08", "JAX (Flax)", "orthogonal"): orthogonal,
    ("08", "PyTorch", "identity"): partial(identity, gain=1),
    ("08", "Keras", "identity"): identity,
}


@pytest.mark.parametrize(("place", "ours"), ORTHOGONAL.items(), ids=map(", ".join, ORTHOGONAL))
def test_a_call_draws_what_has_the_same_structure(libraries, place, ours):
    mine = ours((INPUTS, UNITS), np.random.default_rng(0), **({} if isinstance(ours, partial) else {"gain": GAIN}))
    for theirs in weights(run(place, names(libraries)), libraries):
        np.testing.assert_allclose(theirs @ theirs.T, mine @ mine.T, atol=1e-4)
        if place[2] == "identity":
            np.testing.assert_allclose(theirs, mine, rtol=1e-6)


DELTA = ("08", "JAX (Flax)", "orthogonal kernel")


@says("08", "JAX's `delta_orthogonal` refuses a kernel with more channels in than out.")
def test_jaxs_orthogonal_kernel(libraries, jax):
    draw = run(DELTA, names(libraries))["kernel_init"]
    values = conv_singular_values(np.asarray(draw(jax.random.key(0), (3, 3, 4, 6))), 5)
    np.testing.assert_allclose(values, GAIN, rtol=1e-4)
    with pytest.raises(ValueError, match="fan_in"):
        draw(jax.random.key(0), (3, 3, 6, 4))


@says("08", "All three fix the sign, and none makes up for a layer that gets wider.")
@pytest.mark.parametrize("library", ["PyTorch", "Keras", "JAX (Flax)"])
def test_orthogonal_weights_have_either_sign_and_keep_lengths(libraries, library):
    place = ("08", library, "orthogonal")
    drawn = [weights(run(place, names(libraries, seed)), libraries, seed)[0] for seed in range(40)]
    for matrix in drawn:
        np.testing.assert_allclose(matrix @ matrix.T, GAIN**2 * np.eye(INPUTS), atol=1e-4)
    assert 5 < sum(matrix[0, 0] > 0 for matrix in drawn) < 35


@says("08", "Given a kernel, PyTorch's and Keras's flatten it, and the convolution is no isometry.")
def test_a_flattened_kernel_is_no_orthogonal_convolution(libraries):
    torch, keras = libraries.torch, libraries.keras
    in_torch = torch.nn.init.orthogonal_(torch.empty(8, 8, 3, 3)).numpy()
    np.testing.assert_allclose(in_torch.reshape(8, -1) @ in_torch.reshape(8, -1).T, np.eye(8), atol=1e-5)
    in_keras = keras.ops.convert_to_numpy(keras.initializers.Orthogonal()((3, 3, 8, 8)))
    flat = in_keras.reshape(-1, 8)
    np.testing.assert_allclose(flat.T @ flat, np.eye(8), atol=1e-5)
    for kernel in (in_torch.transpose(2, 3, 1, 0), in_keras):
        values = conv_singular_values(kernel, 6)
        assert values[-1] < 0.3
        assert values[0] > 1.3


@says(
    "08",
    "PyTorch's `dirac_` is the identity for kernels; at an even size k it writes to place k // 2, where JAX and this "
    "course take (k − 1) // 2.",
)
def test_the_centre_of_an_even_kernel(libraries, jax):
    dirac = libraries.torch.nn.init.dirac_(torch_kernel := libraries.torch.empty(3, 3, 4, 4))
    assert dirac is torch_kernel
    assert np.argwhere(dirac.numpy().sum(axis=(0, 1))).tolist() == [[2, 2]]
    delta = np.asarray(jax.nn.initializers.delta_orthogonal()(jax.random.key(0), (4, 4, 3, 3)))
    assert np.argwhere(np.abs(delta).sum(axis=(2, 3))).tolist() == [[1, 1]]
    assert np.argwhere(identity((4, 4, 3, 3)).sum(axis=(2, 3))).tolist() == [[1, 1]]
    odd = libraries.torch.nn.init.dirac_(libraries.torch.empty(3, 3, 5, 5)).numpy()
    np.testing.assert_array_equal(odd.transpose(2, 3, 1, 0), identity((5, 5, 3, 3)))


def test_every_code_in_a_table_is_run():
    with_code = {place for place, (_, cell) in CELLS.items() if codes(cell)}
    assert with_code == {*DRAWS, *CONSTANTS, *DEFAULTS, *ELSEWHERE, *ORTHOGONAL, DELTA}


# Sentences that speak of no library's behaviour, or whose claim is in the lesson itself.
OF_NO_LIBRARY = {
    "00": [
        "Every library draws first weights for you, so most people never see a network fail like this.",
        "What the defaults are, and what they are called, is a table at the end of each notebook.",
        "For now:",
    ],
    "01": [
        "Zeros are the usual choice for biases: the random weights have broken the symmetry already.",
        "The trap: a copied unit.",
        "Whoever widens a trained network by copying units makes twins, and twins of a network that has learned its "
        "task feel hardly any pull.",
        "Add noise to the copy.",
    ],
    "02": [
        "The traps:",
        "That limit looks like the σ which we derived, but the variance is only a third of σ²: the next cell checks "
        "that.",
    ],
    "03": [
        "Nobody prints 100 scales by hand.",
        "Every library can show you what passes between its layers:",
        "A gradient that has vanished looks like a network that has finished learning.",
    ],
    "04": ["Xavier and Glorot are one person, and one initializer."],
    "05": [
        "Kaiming and He are one person, and one initializer.",
        "The traps:",
        "Ask for it, layer by layer.",
        "Notebook 06 shows what that means.",
    ],
    "06": [
        "Weights of standard deviation gain / √fan_in, with `w` of the library's own layout:",
        "What each does without telling you:",
        "Here it is beside the exact ones:",
        "SELU is the trap in this table.",
        "With the gain 1 it normalizes itself, which is what it was made for; with the table's 3/4 it settles far "
        "below 1.",
    ],
    "07": [],
    "08": ["The traps:"],
}


@each_lesson
def test_every_sentence_that_speaks_of_a_library_is_checked_by_it(lesson):
    assert set(statements(lesson)) == {*CHECKED.get(lesson, []), *OF_NO_LIBRARY[lesson]}
