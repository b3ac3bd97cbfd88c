"""Are the forward and the backward pass right, and is each network of a stack alone?

Gradients are compared with central differences, losses with SciPy's, a stack with its members.
"""

import re
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax, softmax

from helpers.activations import ACTIVATIONS, Activation
from helpers.networks import (
    LOSS_GRADIENTS,
    LOSSES,
    PART_BYTES,
    Network,
    Parameters,
    accuracy,
    backward,
    dense,
    forward,
    in_parts,
    logistic_loss,
    predict,
    softmax_loss,
)

COUNT = 6
STEP = 1e-5
OUTPUTS = {"logistic": 1, "softmax": 3}
TARGETS = {"logistic": np.array([0, 1, 1, 0, 1, 0]), "softmax": np.array([0, 1, 2, 2, 0, 1])}


def gaussian(shape, rng):
    return 0.8 * rng.standard_normal(shape)


def generators(count, first=0):
    return [np.random.default_rng(first + number) for number in range(count)]


def example(activation, loss, *, stack=2, dtype=np.float64):
    """A stack with random weights and random biases (dense leaves them 0, which would hide mistakes)."""
    network = dense([3, 5, 4, OUTPUTS[loss]], gaussian, generators(stack), activation=activation, dtype=dtype)
    rng = np.random.default_rng(100)
    for biases in network.biases:
        biases[...] = 0.5 * rng.standard_normal(biases.shape)
    return network, np.random.default_rng(200).standard_normal((COUNT, 3)), TARGETS[loss]


def gradients_of(network, x, targets, loss):
    trace = forward(network, x)
    return backward(network, trace, LOSSES[loss](trace.logits, targets)[1])


def central_differences(values, loss_of):
    """The derivative of each network's loss by each of its `values` (S, ...), which are moved in place.

    No network's loss depends on another's values, so one value of all S networks moves at a time.
    """
    result = np.empty_like(values)
    for index in np.ndindex(values.shape[1:]):
        where = (slice(None), *index)
        kept = values[where].copy()
        values[where] = kept + STEP
        above = loss_of()
        values[where] = kept - STEP
        below = loss_of()
        values[where] = kept
        result[where] = (above - below) / (2 * STEP)
    return result


def loss_from(network, layer, z, targets, loss):
    """The loss, computed onwards from the pre-activations z of `layer`, 1 being the first."""
    for weights, biases in zip(network.weights[layer:], network.biases[layer:], strict=True):
        z = network.activation(z) @ weights + biases
    return LOSSES[loss](z, targets)[0]


def assert_gradients(network, x, targets, loss):
    """Fail unless every derivative by a weight or bias equals its central difference."""
    preactivations = forward(network, x).preactivations[:-1]
    # A central difference across ReLU's kink would mix two slopes. A step of 1e-5 moves no z by more than
    # about 1e-4 in these small networks, and no z of the chosen seeds is that near to 0.
    assert min(np.abs(z).min() for z in preactivations) > 5e-4
    gradients = gradients_of(network, x, targets, loss)
    expected = central_differences(
        network.parameters.flat, lambda: LOSSES[loss](forward(network, x).logits, targets)[0]
    )
    # Errors of the difference: about STEP² = 1e-10 from curvature, 1e-16 / STEP = 1e-11 from rounding.
    np.testing.assert_allclose(gradients.parameters.flat, expected, rtol=1e-6, atol=2e-9)


EVERY_LOSS = pytest.mark.parametrize("loss", LOSSES)
EVERY_ACTIVATION = pytest.mark.parametrize("activation", ACTIVATIONS)


# Gradients


@EVERY_LOSS
@EVERY_ACTIVATION
def test_every_derivative_of_the_loss_equals_central_differences(activation, loss):
    assert_gradients(*example(activation, loss), loss)


@EVERY_LOSS
@EVERY_ACTIVATION
def test_deltas_are_the_derivatives_by_the_preactivations(activation, loss):
    network, x, targets = example(activation, loss)
    trace = forward(network, x)
    deltas = backward(network, trace, LOSSES[loss](trace.logits, targets)[1]).deltas
    for layer, (z, delta) in enumerate(zip(trace.preactivations, deltas, strict=True), start=1):
        expected = central_differences(z, lambda: loss_from(network, layer, z, targets, loss))  # noqa: B023
        np.testing.assert_allclose(delta, expected, rtol=1e-6, atol=2e-9)


@EVERY_LOSS
def test_a_network_without_hidden_layers_has_right_gradients(loss):
    network = dense([3, OUTPUTS[loss]], gaussian, generators(2), dtype=np.float64)
    x, targets = np.random.default_rng(1).standard_normal((COUNT, 3)), TARGETS[loss]
    expected = central_differences(
        network.parameters.flat, lambda: LOSSES[loss](forward(network, x).logits, targets)[0]
    )
    found = gradients_of(network, x, targets, loss).parameters.flat
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda z: np.ones_like(z),
        lambda z: 1 - np.tanh(z),
        lambda z: 1.001 * (1 - np.tanh(z) ** 2),
    ],
    ids=["forgotten", "square forgotten", "wrong by a thousandth"],
)
def test_the_gradient_check_notices_a_wrong_derivative(wrong):
    network, x, targets = example("tanh", "softmax")
    with pytest.raises(AssertionError, match="Not equal"):
        assert_gradients(Network(network.parameters, Activation("wrong", np.tanh, wrong)), x, targets, "softmax")


def test_backward_does_not_change_the_trace_or_the_network():
    network, x, targets = example("tanh", "softmax")
    trace = forward(network, x)
    _, logits_gradient = softmax_loss(trace.logits, targets)
    arrays = [network.parameters.flat, logits_gradient, *trace.signals, *trace.preactivations]
    kept = [array.copy() for array in arrays]
    backward(network, trace, logits_gradient)
    for array, before in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_gradients_are_written_where_they_are_wanted():
    network, x, targets = example("tanh", "softmax")
    trace = forward(network, x)
    _, logits_gradient = softmax_loss(trace.logits, targets)
    flat = np.full_like(network.parameters.flat, np.nan)
    out = Parameters(network.widths, flat)
    assert backward(network, trace, logits_gradient, out=out).parameters is out
    np.testing.assert_array_equal(flat, backward(network, trace, logits_gradient).parameters.flat)


# The forward pass


@EVERY_ACTIVATION
def test_forward_equals_the_formula_written_out_for_one_input(activation):
    network, x, _ = example(activation, "softmax")
    trace = forward(network, x)
    for number in range(network.stack):
        for row in range(COUNT):
            h = x[row]
            for layer, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
                z = [
                    sum(h[i] * weights[number, i, j] for i in range(len(h))) + biases[number, 0, j]
                    for j in range(network.widths[layer + 1])
                ]
                np.testing.assert_allclose(trace.preactivations[layer][number, row], z, rtol=1e-12, atol=1e-14)
                h = network.activation(np.array(z))
    np.testing.assert_array_equal(trace.logits, trace.preactivations[-1])


def test_signals_are_the_input_and_what_each_hidden_layer_puts_out():
    network, x, _ = example("tanh", "softmax")
    trace = forward(network, x)
    np.testing.assert_array_equal(trace.signals[0][0], x)
    for signal, z in zip(trace.signals[1:], trace.preactivations[:-1], strict=True):
        np.testing.assert_allclose(signal, np.tanh(z), rtol=1e-15)


def test_the_trace_and_the_gradients_have_the_documented_shapes():
    network, x, targets = example("relu", "softmax", stack=4)
    trace = forward(network, x)
    gradients = gradients_of(network, x, targets, "softmax")
    assert [z.shape for z in trace.preactivations] == [(4, COUNT, 5), (4, COUNT, 4), (4, COUNT, 3)]
    assert [h.shape for h in trace.signals[1:]] == [(4, COUNT, 5), (4, COUNT, 4)]
    assert [delta.shape for delta in gradients.deltas] == [z.shape for z in trace.preactivations]
    assert [w.shape for w in gradients.weights] == [(4, 3, 5), (4, 5, 4), (4, 4, 3)]
    assert [b.shape for b in gradients.biases] == [(4, 1, 5), (4, 1, 4), (4, 1, 3)]


@EVERY_LOSS
@EVERY_ACTIVATION
def test_a_float32_network_computes_in_float32(activation, loss):
    network, x, targets = example(activation, loss, dtype=np.float32)
    trace = forward(network, x)
    gradients = gradients_of(network, x, targets, loss)
    arrays = [*trace.signals, *trace.preactivations, *gradients.deltas, gradients.parameters.flat]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert LOSSES[loss](trace.logits, targets)[0].dtype == np.float32


def test_inputs_may_be_lists_of_integers():
    network, _, _ = example("relu", "logistic")
    np.testing.assert_array_equal(
        forward(network, [[1, 2, 3]]).logits, forward(network, np.array([[1.0, 2.0, 3.0]])).logits
    )


def test_inputs_of_the_networks_own_type_are_not_copied():
    network, x, _ = example("relu", "logistic")
    assert np.shares_memory(forward(network, x).signals[0], x)


# Stacks. The members must agree to a few roundings, 1e-12 relative: not bit for bit, since a matrix product
# may add in another order when it is given other shapes. Any leak from one network to another is far larger.


@EVERY_LOSS
@EVERY_ACTIVATION
def test_a_stack_equals_its_members_alone(activation, loss):
    network, x, targets = example(activation, loss, stack=4)
    together = forward(network, x)
    together_loss, _ = LOSSES[loss](together.logits, targets)
    gradients = gradients_of(network, x, targets, loss)
    for number in range(network.stack):
        member = network.member(number)
        alone = forward(member, x)
        alone_gradients = gradients_of(member, x, targets, loss)
        pairs = [
            (together_loss[number], LOSSES[loss](alone.logits, targets)[0][0]),
            (gradients.parameters.flat[number], alone_gradients.parameters.flat[0]),
            *((a[number], b[0]) for a, b in zip(together.preactivations, alone.preactivations, strict=True)),
            *((a[number], b[0]) for a, b in zip(gradients.deltas, alone_gradients.deltas, strict=True)),
        ]
        for found, expected in pairs:
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


# 1 example leaves any stack whole; a million are too many for even two networks at once.
@pytest.mark.parametrize("examples", [1, 200, 1000, 1_000_000])
@pytest.mark.parametrize("stack", [1, 7])
def test_the_parts_of_a_stack_hold_each_network_once_and_in_order(stack, examples):
    network = dense([3, 32, 1], gaussian, generators(stack))
    parts = [np.arange(stack)[rows] for rows in in_parts(network, examples)]
    assert all(len(part) for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(stack))


@pytest.mark.parametrize("examples", [1, 200, 1000, 1_000_000])
def test_a_part_stays_in_the_cache_unless_one_network_alone_does_not(examples):
    network = dense([3, 32, 1], gaussian, generators(7))
    signals = 32 * 8 * examples  # bytes of a network's widest layer, in float64
    for rows in in_parts(network, examples):
        assert network.part(rows).stack == 1 or network.part(rows).stack * signals <= PART_BYTES


def test_accuracy_is_the_same_whether_or_not_the_stack_is_cut():
    network = dense([3, 32, 1], gaussian, generators(7))
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((500, 3)), rng.integers(2, size=500)
    assert len(list(in_parts(network, 500))) > 1
    whole = (predict(forward(network, x).logits) == labels).mean(axis=1)
    np.testing.assert_array_equal(accuracy(network, x, labels), whole)


def test_a_network_is_drawn_alike_in_whatever_stack_it_stands():
    stack = dense([3, 5, 1], gaussian, generators(4))
    alone = dense([3, 5, 1], gaussian, [np.random.default_rng(2)])
    np.testing.assert_array_equal(stack.parameters.flat[2], alone.parameters.flat[0])


def test_the_networks_of_a_stack_differ():
    flat = dense([3, 5, 1], gaussian, generators(2)).parameters.flat
    weights = flat != 0
    assert weights.any()
    assert not np.isin(flat[0][weights[0]], flat[1]).any()


def test_each_layer_is_what_the_initializer_draws_next():
    network = dense([3, 5, 4, 1], gaussian, generators(2), dtype=np.float64)
    for number, rng in enumerate(generators(2)):
        for weights, shape in zip(network.weights, pairwise([3, 5, 4, 1]), strict=True):
            np.testing.assert_array_equal(weights[number], gaussian(shape, rng))


def test_biases_begin_at_zero():
    assert not any(biases.any() for biases in dense([3, 5, 1], gaussian, generators(2)).biases)


def test_networks_are_float64_with_relu_unless_told_otherwise():
    network = dense([3, 5, 1], gaussian, generators(2))
    assert network.parameters.flat.dtype == np.float64
    assert network.activation is ACTIVATIONS["relu"]


def test_a_network_tells_its_widths_and_how_many_it_holds():
    network = dense((3, np.int64(5), 1), gaussian, generators(4))
    assert network.widths == (3, 5, 1)
    assert network.stack == 4


# Memory


def test_weights_and_biases_are_views_of_the_flat_parameters():
    parameters = Parameters((3, 5, 1), np.arange(2.0 * 26).reshape(2, 26))
    arrays = [*parameters.weights, *parameters.biases]
    assert all(np.shares_memory(array, parameters.flat) for array in arrays)
    for number, array in enumerate(arrays):
        array[...] = number
    np.testing.assert_array_equal(parameters.flat, np.repeat([0, 2, 1, 3], [15, 5, 5, 1])[np.newaxis].repeat(2, 0))


def test_writing_to_the_flat_parameters_moves_the_weights():
    network, _, _ = example("relu", "logistic")
    network.parameters.flat[1] = 7
    assert all((array[1] == 7).all() for array in network.weights + network.biases)
    assert not any((array[0] == 7).any() for array in network.weights + network.biases)


def test_every_parameter_belongs_to_one_weight_or_bias():
    network = dense([3, 5, 4, 2], gaussian, generators(2))
    network.parameters.flat[...] = 0
    for array in network.weights + network.biases:
        array += 1
    assert (network.parameters.flat == 1).all()


def test_a_copy_shares_no_memory():
    network, _, _ = example("tanh", "logistic")
    copy = network.copy()
    np.testing.assert_array_equal(copy.parameters.flat, network.parameters.flat)
    assert not np.shares_memory(copy.parameters.flat, network.parameters.flat)
    assert np.shares_memory(copy.weights[0], copy.parameters.flat)
    assert copy.activation is network.activation


def test_a_part_holds_its_networks_and_shares_their_memory():
    network, _, _ = example("tanh", "logistic", stack=4)
    part = network.part(slice(1, 3))
    assert part.stack == 2
    assert part.activation is network.activation
    part.weights[0][...] = 7
    assert (network.weights[0][1:3] == 7).all()
    assert not (network.weights[0][[0, 3]] == 7).any()


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_member_is_one_network_that_shares_no_memory(number):
    network, _, _ = example("tanh", "logistic", stack=4)
    member = network.member(number)
    assert member.stack == 1
    np.testing.assert_array_equal(member.parameters.flat[0], network.parameters.flat[number])
    assert not np.shares_memory(member.parameters.flat, network.parameters.flat)
    assert member.activation is network.activation


@pytest.mark.parametrize("number", [4, 100])
def test_a_member_that_is_not_there_is_an_error(number):
    network, _, _ = example("tanh", "logistic", stack=4)
    with pytest.raises(IndexError):
        network.member(number)


# Losses


def losses_of_scipy(loss, logits, targets):
    if loss == "logistic":
        z = logits[..., 0]
        values = -(targets * log_expit(z) + (1 - targets) * log_expit(-z))
        gradient = (expit(z) - targets)[..., np.newaxis]
    else:
        values = -log_softmax(logits, axis=-1)[:, np.arange(len(targets)), targets]
        gradient = softmax(logits, axis=-1) - np.eye(logits.shape[-1])[targets]
    return values.mean(axis=1), gradient / len(targets)


@EVERY_LOSS
@pytest.mark.parametrize("scale", [0, 0.01, 1, 10])
def test_losses_and_their_gradients_equal_scipys(loss, scale):
    logits = scale * np.random.default_rng(0).standard_normal((5, COUNT, OUTPUTS[loss]))
    found = LOSSES[loss](logits, TARGETS[loss])
    for array, expected in zip(found, losses_of_scipy(loss, logits, TARGETS[loss]), strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-12, atol=1e-15)


@EVERY_LOSS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_give_finite_losses_without_a_warning(loss, dtype):
    signs = np.sign(np.random.default_rng(0).standard_normal((5, COUNT, OUTPUTS[loss])))
    logits = (1e4 * signs).astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        value, gradient = LOSSES[loss](logits, TARGETS[loss])
    expected = losses_of_scipy(loss, logits.astype(float), TARGETS[loss])
    np.testing.assert_allclose(value, expected[0], rtol=1e-6)
    np.testing.assert_allclose(gradient, expected[1], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("loss", "classes"), [("logistic", 2), ("softmax", 3)])
def test_knowing_nothing_costs_the_logarithm_of_the_number_of_classes(loss, classes):
    value, _ = LOSSES[loss](np.zeros((4, COUNT, OUTPUTS[loss])), TARGETS[loss])
    np.testing.assert_allclose(value, np.full(4, np.log(classes)), rtol=1e-15)


@EVERY_LOSS
def test_losses_do_not_change_the_logits(loss):
    logits = np.random.default_rng(0).standard_normal((2, COUNT, OUTPUTS[loss]))
    kept = logits.copy()
    LOSSES[loss](logits, TARGETS[loss])
    np.testing.assert_array_equal(logits, kept)


# Predictions


def test_one_logit_predicts_by_its_sign():
    logits = np.array([[[-2.0], [0.0], [0.1]], [[5.0], [-1e-9], [-3.0]]])
    np.testing.assert_array_equal(predict(logits), [[0, 0, 1], [1, 0, 0]])


def test_several_logits_predict_by_the_largest():
    logits = np.array([[[0.0, 2.0, 1.0], [3.0, 2.0, 1.0]], [[-3.0, -2.0, -1.0], [0.0, 0.1, 0.0]]])
    np.testing.assert_array_equal(predict(logits), [[1, 0], [2, 1]])


@EVERY_LOSS
def test_a_prediction_is_a_whole_number_that_can_index(loss):
    assert predict(np.zeros((2, COUNT, OUTPUTS[loss]))).dtype == int


def identity(shape, rng):
    return np.eye(*shape)


def test_accuracy_is_the_share_of_right_predictions_of_each_network():
    network = dense([1, 1], identity, generators(2), dtype=np.float64)
    network.weights[0][1] = -1
    np.testing.assert_allclose(accuracy(network, [[-1.0], [1.0], [2.0], [3.0]], [0, 1, 1, 0]), [0.75, 0.25])


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf, 3e38], ids=str)
@EVERY_LOSS
def test_a_diverged_network_scores_zero_and_leaves_the_others_alone(loss, broken):
    network, x, labels = example("relu", loss, stack=3, dtype=np.float32)
    x = np.abs(x)  # or the ReLU would cut a huge weight times a negative input to 0, and nothing diverge
    before = accuracy(network, x, labels)
    network.parameters.flat[1] = broken
    assert before[[0, 2]].all()
    np.testing.assert_array_equal(accuracy(network, x, labels), [before[0], 0, before[2]])


# Bad arguments


@pytest.mark.parametrize("dtype", [int, "int32", bool, complex, object, "floaty"], ids=str)
def test_parameters_of_another_type_than_floats_are_refused(dtype):
    message = f"dtype must be a type of floats, for example float or numpy.float32; got {dtype!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        dense([3, 1], gaussian, generators(2), dtype=dtype)


@pytest.mark.parametrize("initializer", ["he_normal", None, np.zeros((3, 1))], ids=["name", "None", "array"])
def test_an_initializer_that_cannot_be_called_is_refused(initializer):
    with pytest.raises(TypeError, match=r"^initializer must be a function \(shape, rng\), for example he_normal; got "):
        dense([3, 1], initializer, generators(2))


@pytest.mark.parametrize("widths", [3, None, 2.5])
def test_widths_that_are_no_sequence_say_what_widths_are(widths):
    message = "widths must be at least two positive integers, inputs first, for example [2, 32, 1]; got "
    with pytest.raises(ValueError, match=re.escape(message + str((widths,)))):
        dense(widths, gaussian, generators(2))


def test_widths_that_no_computer_can_hold_are_refused():
    with pytest.raises(ValueError, match=r"^shape must be one that a computer can hold"):
        dense([3, 10**30, 1], gaussian, generators(2))


@pytest.mark.parametrize("network", [None, "network", [1, 2]], ids=str)
def test_something_that_is_no_network_is_refused(network):
    good, x, targets = example("relu", "logistic")
    trace = forward(good, x)
    calls = [
        lambda: forward(network, x),
        lambda: accuracy(network, x, targets),
        lambda: backward(network, trace, trace.logits),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"^network must be one that `dense` returned; got "):
            call()


def test_a_backward_pass_needs_a_trace_and_a_gradient_of_the_logits_shape():
    network, x, _ = example("relu", "logistic")
    trace = forward(network, x)
    with pytest.raises(TypeError, match=r"^trace must be one that `forward` returned; got array"):
        backward(network, trace.logits, trace.logits)
    message = f"logits_gradient must have the logits' shape, {trace.logits.shape}; got {trace.logits[0].shape}"
    with pytest.raises(ValueError, match=re.escape(message)):
        backward(network, trace, trace.logits[0])


def test_inputs_of_whole_numbers_are_as_good_as_floats():
    network, _, targets = example("relu", "logistic")
    x = np.arange(3 * COUNT).reshape(COUNT, 3)
    np.testing.assert_array_equal(forward(network, x).logits, forward(network, x.astype(float)).logits)
    np.testing.assert_array_equal(accuracy(network, x.tolist(), targets), accuracy(network, x.astype(float), targets))


@pytest.mark.parametrize("x", [[["a", "b", "c"]], [[1j, 0, 0]], [[None, 1, 2]]], ids=str)
def test_inputs_that_are_no_real_numbers_are_refused(x):
    network, _, _ = example("relu", "logistic")
    with pytest.raises(TypeError, match=r"^x must hold real numbers, for example "):
        forward(network, x)


@pytest.mark.parametrize("logits", [0.5, [1.0], np.zeros((COUNT, 1)), np.zeros((0, COUNT, 1)), []], ids=np.shape)
@pytest.mark.parametrize("use", [lambda z: logistic_loss(z, [0] * COUNT), lambda z: softmax_loss(z, [0]), predict])
def test_logits_of_another_shape_are_refused(use, logits):
    message = f"logits must have shape (S, N, outputs), those of S networks; got {np.shape(logits)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        use(logits)


@pytest.mark.parametrize("widths", [[], [3], [3, 0], [3, -1, 1], [3, 2.0, 1], [3, True], ["3", 1], [None, 1]], ids=str)
def test_bad_widths_say_what_widths_are(widths):
    message = "widths must be at least two positive integers, inputs first, for example [2, 32, 1]; got "
    with pytest.raises(ValueError, match=re.escape(message + str(tuple(widths)))):
        dense(widths, gaussian, generators(2))


@pytest.mark.parametrize("rngs", [[], np.random.default_rng(0)], ids=["none", "one bare generator"])
def test_bad_generators_say_what_they_must_be(rngs):
    with pytest.raises(TypeError, match=r"rngs must be a list with a numpy.random.Generator for each network"):
        dense([3, 1], gaussian, rngs)


@pytest.mark.parametrize("drawn", [np.zeros((1, 3)), np.zeros(1), 0.5], ids=["transposed", "a row", "a number"])
def test_an_initializer_that_returns_another_shape_is_refused(drawn):
    message = f"the initializer was asked for shape (3, 1) and returned {np.shape(drawn)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        dense([3, 1], lambda shape, rng: drawn, generators(2))


def test_an_unknown_activation_lists_the_known_ones():
    message = f"activation must be one of {', '.join(ACTIVATIONS)}; got 'rleu'"
    with pytest.raises(ValueError, match=re.escape(message)):
        dense([3, 1], gaussian, generators(2), activation="rleu")


@pytest.mark.parametrize("shape", [(3,), (6, 4), (2, 6, 3), ()])
def test_bad_inputs_say_what_shape_they_must_have(shape):
    network, _, _ = example("relu", "logistic")
    message = f"x must have shape (N, 3), a row for each example; got {shape}"
    with pytest.raises(ValueError, match=re.escape(message)):
        forward(network, np.zeros(shape))


def test_each_loss_has_its_gradient_alone_too():
    assert list(LOSS_GRADIENTS) == list(LOSSES)
    for loss, gradient_of in LOSS_GRADIENTS.items():
        logits = np.random.default_rng(9).standard_normal((4, COUNT, OUTPUTS[loss]))
        _, gradient = LOSSES[loss](logits, TARGETS[loss])
        np.testing.assert_array_equal(gradient_of(logits, TARGETS[loss]), gradient)


def test_the_logistic_loss_refuses_several_outputs():
    with pytest.raises(ValueError, match="the logistic loss needs networks with 1 output; got 3"):
        logistic_loss(np.zeros((2, COUNT, 3)), TARGETS["logistic"])


@pytest.mark.parametrize("shape", [(5,), (COUNT, 1), (2, COUNT), ()])
@pytest.mark.parametrize(("loss", "name"), [("logistic", "targets"), ("softmax", "labels")])
def test_targets_of_another_shape_are_refused(loss, name, shape):
    message = f"{name} must have shape (6,), one for each input; got {shape}"
    with pytest.raises(ValueError, match=re.escape(message)):
        LOSSES[loss](np.zeros((2, COUNT, OUTPUTS[loss])), np.zeros(shape, dtype=int))


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 2, 3, 0, 1], [0, 1, 2, -1, 0, 1], [0.0, 1.0, 2.0, 2.0, 0.0, 1.0]],
    ids=["too large", "negative", "floats"],
)
def test_labels_that_are_no_outputs_are_refused(labels):
    with pytest.raises(ValueError, match="labels must be integers from 0 to 2, one of the outputs each"):
        softmax_loss(np.zeros((2, COUNT, 3)), labels)
