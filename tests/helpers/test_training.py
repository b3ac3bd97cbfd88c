"""Do the optimizers do what their formulas say, and does a stack train like its members alone?"""

import contextvars
import math
import re

import numpy as np
import pytest

from helpers.data import two_moons
from helpers.networks import LOSS_GRADIENTS, LOSSES, accuracy, backward, dense, forward, in_parts
from helpers.training import OPTIMIZERS, SGD, Adam, History, Momentum, fit, train

EVERY_OPTIMIZER = pytest.mark.parametrize("name", OPTIMIZERS)


def gaussian(shape, rng):
    return rng.standard_normal(shape) / math.sqrt(shape[0])


def networks(stack=3, widths=(2, 8, 8, 1), activation="tanh", dtype=np.float64):
    rngs = [np.random.default_rng(number) for number in range(stack)]
    return dense(widths, gaussian, rngs, activation=activation, dtype=dtype)


def moons(count=40):
    return two_moons(count, np.random.default_rng(50))


def gradient_of(network, x, targets, loss="logistic"):
    trace = forward(network, x)
    return backward(network, trace, LOSSES[loss](trace.logits, targets)[1]).parameters.flat


# One number at a time, in plain Python, from the papers.


def sgd_by_hand(parameter, gradients, rate):
    for g in gradients:
        parameter = parameter - rate * g
    return parameter


def momentum_by_hand(parameter, gradients, rate, beta=0.9):
    velocity = 0.0
    for g in gradients:
        velocity = beta * velocity + g
        parameter = parameter - rate * velocity
    return parameter


def adam_by_hand(parameter, gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        parameter = parameter - rate * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
    return parameter


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize(
    ("optimizer", "by_hand", "options"),
    [
        (SGD, sgd_by_hand, {}),
        (Momentum, momentum_by_hand, {}),
        (Momentum, momentum_by_hand, {"beta": 0.5}),
        (Momentum, sgd_by_hand, {"beta": 0}),
        (Adam, adam_by_hand, {}),
        (Adam, adam_by_hand, {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1}),
    ],
    ids=["sgd", "momentum", "momentum 0.5", "momentum 0 is sgd", "adam", "adam with options"],
)
def test_an_optimizer_moves_every_parameter_as_computed_by_hand(optimizer, by_hand, options, steps):
    rng = np.random.default_rng(0)
    start = rng.standard_normal((3, 7))
    gradients = rng.standard_normal((steps, 3, 7))
    parameters = start.copy()
    moving = optimizer(0.1, **options)
    moving.start(parameters)
    for gradient in gradients:
        moving.update(parameters, gradient)
    if by_hand is sgd_by_hand:
        options = {}
    for index in np.ndindex(start.shape):
        expected = by_hand(float(start[index]), gradients[:, *index].tolist(), 0.1, **options)
        assert parameters[index] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_scale(scale):
    gradient = scale * np.array([[1.0, -2.0, 0.5, -0.1]])
    parameters = np.zeros_like(gradient)
    adam = Adam(0.01)
    adam.start(parameters)
    adam.update(parameters, gradient)
    # epsilon = 1e-8 shortens the step by 1e-8 / |g|, at most 1e-3 here.
    np.testing.assert_allclose(parameters, -0.01 * np.sign(gradient), rtol=2e-3)


@EVERY_OPTIMIZER
def test_an_optimizer_stays_in_float32_and_leaves_the_gradient_alone(name):
    parameters, gradient = np.ones((2, 3), np.float32), np.full((2, 3), 0.5, np.float32)
    optimizer = OPTIMIZERS[name](0.1)
    optimizer.start(parameters)
    optimizer.update(parameters, gradient)
    optimizer.update(parameters, gradient)
    assert parameters.dtype == np.float32
    assert (gradient == 0.5).all()


@pytest.mark.parametrize("rate", [0.1, [0.1, 0.2, 0.3, 0.4]], ids=["one rate", "one each"])
def test_a_step_in_float32_is_computed_in_float32(rate):
    rng = np.random.default_rng(0)
    start, gradient = rng.standard_normal((2, 4, 500)).astype(np.float32)
    moved = start.copy()
    SGD(rate).update(moved, gradient)
    # To the last bit: a product in float64 would be rounded only after the subtraction.
    expected = start - np.array(rate, np.float32).reshape(-1, 1) * gradient
    np.testing.assert_array_equal(moved, expected)
    assert (moved != (start - np.array(rate).reshape(-1, 1) * gradient).astype(np.float32)).any()


@EVERY_OPTIMIZER
def test_the_registry_knows_the_optimizer_by_name(name):
    assert OPTIMIZERS[name] is {"sgd": SGD, "momentum": Momentum, "adam": Adam}[name]


# fit


@pytest.mark.parametrize(("loss", "outputs"), [("logistic", 1), ("softmax", 2)])
def test_one_step_of_sgd_goes_against_the_gradient(loss, outputs):
    network, (x, labels) = networks(widths=(2, 5, outputs)), moons()
    expected = network.parameters.flat - 0.3 * gradient_of(network, x, labels, loss)
    trained = fit(network, x, labels, loss=loss, optimizer=SGD(0.3), steps=1).network
    np.testing.assert_allclose(trained.parameters.flat, expected, rtol=1e-12)


@EVERY_OPTIMIZER
def test_many_steps_are_many_single_updates(name):
    network, (x, labels) = networks(), moons()
    by_hand = network.copy()
    optimizer = OPTIMIZERS[name](0.05)
    optimizer.start(by_hand.parameters.flat)
    losses = []
    for _ in range(5):
        losses.append(LOSSES["logistic"](forward(by_hand, x).logits, labels)[0])
        optimizer.update(by_hand.parameters.flat, gradient_of(by_hand, x, labels))
    history = fit(network, x, labels, optimizer=OPTIMIZERS[name](0.05), steps=5, record_every=1)
    np.testing.assert_allclose(history.network.parameters.flat, by_hand.parameters.flat, rtol=1e-12)
    np.testing.assert_allclose(history.loss[:-1], losses, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 16])
@EVERY_OPTIMIZER
def test_a_stack_trains_like_its_members_alone(name, batch_size):
    # With tanh in float64: roundings may differ between a stack and a member, and a ReLU at its kink, or Adam
    # with a gradient that is 0 but for rounding, would make a large difference out of a small one.
    network, (x, labels) = networks(stack=3), moons()

    def run(some):
        rng = np.random.default_rng(9)
        return fit(
            some,
            x,
            labels,
            optimizer=OPTIMIZERS[name](0.05),
            steps=30,
            batch_size=batch_size,
            rng=rng,
            record_every=7,
        )

    together = run(network)
    for number in range(3):
        alone = run(network.member(number))
        np.testing.assert_allclose(together.loss[:, number], alone.loss[:, 0], rtol=1e-9)
        np.testing.assert_allclose(
            together.network.parameters.flat[number], alone.network.parameters.flat[0], rtol=1e-8, atol=1e-11
        )


@pytest.mark.parametrize("batch_size", [None, 256])
def test_a_stack_that_is_too_large_for_the_cache_trains_like_its_members_alone(batch_size):
    network, (x, labels) = networks(stack=5, widths=(2, 24, 24, 1)), moons(300)
    assert len(list(in_parts(network, 256))) > 1
    rates = [0.01, 0.02, 0.05, 0.1, 0.2]

    def run(some, rate):
        rng = np.random.default_rng(9)
        return fit(some, x, labels, optimizer=Momentum(rate), steps=5, batch_size=batch_size, rng=rng)

    together = run(network, rates)
    for number, rate in enumerate(rates):
        alone = run(network.member(number), rate)
        np.testing.assert_allclose(together.loss[:, number], alone.loss[:, 0], rtol=1e-10)
        np.testing.assert_allclose(
            together.network.parameters.flat[number], alone.network.parameters.flat[0], rtol=1e-9, atol=1e-12
        )


@EVERY_OPTIMIZER
def test_a_learning_rate_for_each_network_equals_separate_runs(name):
    network, (x, labels) = networks(stack=3), moons()
    rates = [0.01, 0.05, 0.2]
    together = fit(network, x, labels, optimizer=OPTIMIZERS[name](rates), steps=20)
    for number, rate in enumerate(rates):
        alone = fit(network.member(number), x, labels, optimizer=OPTIMIZERS[name](rate), steps=20)
        np.testing.assert_allclose(together.loss[:, number], alone.loss[:, 0], rtol=1e-9)


@EVERY_OPTIMIZER
def test_a_learning_rate_of_zero_moves_nothing(name):
    network, (x, labels) = networks(), moons()
    history = fit(network, x, labels, optimizer=OPTIMIZERS[name](0), steps=3)
    np.testing.assert_array_equal(history.network.parameters.flat, network.parameters.flat)


@EVERY_OPTIMIZER
def test_an_optimizer_starts_afresh_with_each_fit(name):
    network, (x, labels) = networks(), moons()
    optimizer = OPTIMIZERS[name](0.05)
    first, second = (fit(network, x, labels, optimizer=optimizer, steps=5) for _ in range(2))
    np.testing.assert_array_equal(first.loss, second.loss)


def test_the_network_that_was_passed_in_stays_as_it_was():
    network, (x, labels) = networks(), moons()
    before = network.parameters.flat.copy()
    history = fit(network, x, labels, optimizer=SGD(0.1), steps=3)
    np.testing.assert_array_equal(network.parameters.flat, before)
    assert not np.shares_memory(history.network.parameters.flat, network.parameters.flat)
    assert (history.network.parameters.flat != before).any()


def test_a_float32_network_stays_in_float32():
    network, (x, labels) = networks(dtype=np.float32), moons()
    history = fit(network, x, labels, optimizer=Adam(0.01), steps=3)
    assert history.network.parameters.flat.dtype == np.float32
    assert history.loss.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_optimizer_is_given_gradients_of_the_parameters_type(dtype):
    given = []

    class Spy(SGD):
        def update(self, parameters, gradient):
            given.append(gradient.dtype)
            super().update(parameters, gradient)

    network, (x, labels) = networks(dtype=dtype), moons()
    fit(network, x, labels, optimizer=Spy(0.1), steps=2)
    assert given == [dtype, dtype]


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_training_separates_the_moons(name):
    network, (x, labels) = networks(stack=4, widths=(2, 16, 16, 1), activation="relu"), moons(200)
    rate = {"sgd": 0.5, "momentum": 0.1, "adam": 0.02}[name]
    history = fit(network, x, labels, optimizer=OPTIMIZERS[name](rate), steps=400)
    assert (history.loss[0] > 0.4).all()
    assert (history.loss[-1] < 0.08).all()
    assert (history.accuracy(x, labels) > 0.97).all()
    np.testing.assert_array_equal(history.accuracy(x, labels), accuracy(history.network, x, labels))


# Batches


def batch_run(seed, **options):
    network, (x, labels) = networks(), moons()
    rng = None if seed is None else np.random.default_rng(seed)
    return fit(network, x, labels, optimizer=SGD(0.1), steps=5, rng=rng, **options).network.parameters.flat


def test_the_same_generator_draws_the_same_batches():
    np.testing.assert_array_equal(batch_run(0, batch_size=8), batch_run(0, batch_size=8))


def test_another_generator_draws_other_batches():
    assert (batch_run(0, batch_size=8) != batch_run(1, batch_size=8)).any()


def test_without_a_batch_size_all_examples_are_used_and_nothing_is_drawn():
    np.testing.assert_array_equal(batch_run(0), batch_run(None))


def test_a_batch_has_the_size_that_was_asked_for(monkeypatch):
    sizes = []

    def spy(logits, targets):
        sizes.append(len(targets))
        return original(logits, targets)

    original = LOSS_GRADIENTS["logistic"]
    monkeypatch.setitem(LOSS_GRADIENTS, "logistic", spy)
    batch_run(0, batch_size=8)
    assert set(sizes) == {8}


def test_each_example_of_a_batch_keeps_its_own_target():
    # A step with a batch of one is a step along the gradient of one of the examples, with its own label.
    network, (x, labels) = networks(stack=1), moons(10)
    options = {"optimizer": SGD(0.1), "steps": 1, "batch_size": 1, "loss": "logistic"}
    steps = [
        network.parameters.flat - 0.1 * gradient_of(network, x[[number]], labels[[number]]) for number in range(10)
    ]
    for seed in range(10):
        moved = fit(network, x, labels, rng=np.random.default_rng(seed), **options).network.parameters.flat
        assert any(np.allclose(moved, step, rtol=1e-12) for step in steps)


def test_how_often_the_loss_is_recorded_does_not_change_the_training():
    np.testing.assert_array_equal(
        batch_run(0, batch_size=8, record_every=1), batch_run(0, batch_size=8, record_every=100)
    )


# History


@pytest.mark.parametrize(
    ("steps", "record_every", "recorded"),
    [(5, 1, [0, 1, 2, 3, 4, 5]), (5, 2, [0, 2, 4, 5]), (6, 3, [0, 3, 6]), (1, 10, [0, 1])],
)
def test_the_loss_is_recorded_at_the_start_at_intervals_and_at_the_end(steps, record_every, recorded):
    network, (x, labels) = networks(stack=3), moons()
    history = fit(network, x, labels, optimizer=SGD(0.1), steps=steps, record_every=record_every)
    assert history.steps.tolist() == recorded
    assert history.loss.shape == (len(recorded), 3)


def test_the_loss_is_recorded_every_ten_steps_unless_told_otherwise():
    network, (x, labels) = networks(), moons()
    assert fit(network, x, labels, optimizer=SGD(0.1), steps=25).steps.tolist() == [0, 10, 20, 25]


def test_the_recorded_loss_is_that_of_all_examples():
    network, (x, labels) = networks(), moons()
    history = fit(network, x, labels, optimizer=SGD(0.1), steps=3, batch_size=4, rng=np.random.default_rng(0))
    for recorded, some in [(history.loss[0], network), (history.loss[-1], history.network)]:
        np.testing.assert_allclose(recorded, LOSSES["logistic"](forward(some, x).logits, labels)[0], rtol=1e-12)


def history_of(loss):
    loss = np.array(loss, dtype=float)
    return History(10 * np.arange(len(loss)), loss, networks(stack=loss.shape[1]))


def test_steps_to_is_the_first_record_at_or_below_the_target():
    history = history_of([[1.0, 0.2, 1.0, np.nan], [0.5, 0.9, 0.9, 0.1], [0.1, 0.1, 0.8, np.nan]])
    np.testing.assert_array_equal(history.steps_to(0.5), [10, 0, np.inf, 10])


def test_a_loss_that_was_finite_for_long_has_diverged_in_the_end():
    loss = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [np.nan, 4.0]])
    history = History(steps=np.arange(4), loss=loss, network=None)
    np.testing.assert_array_equal(history.diverged, [True, False])


def test_diverged_are_those_whose_last_loss_is_not_finite():
    history = history_of([[1.0, np.nan, 1.0, 1.0, 1.0], [1.0, 0.5, np.nan, np.inf, -np.inf]])
    np.testing.assert_array_equal(history.diverged, [False, False, True, True, True])


def test_a_network_that_diverges_says_so_and_leaves_the_others_alone():
    network, (x, labels) = networks(stack=2, activation="relu", dtype=np.float32), moons()
    history = fit(network, x, labels, optimizer=SGD([0.1, 1e30]), steps=30)
    np.testing.assert_array_equal(history.diverged, [False, True])
    alone = fit(network.member(0), x, labels, optimizer=SGD(0.1), steps=30)
    np.testing.assert_allclose(history.loss[:, 0], alone.loss[:, 0], rtol=1e-4)
    assert history.accuracy(x, labels)[1] == 0
    assert history.accuracy(x, labels)[0] > 0.5


# Training in slices: a picture grows with it, between other work.


def slices(**options):
    network, (x, labels) = networks(), moons()
    return train(network, x, labels, **{"optimizer": SGD(0.1), "steps": 6, "record_every": 2, **options})


def test_train_yields_the_history_so_far():
    assert [history.steps.tolist() for history in slices()] == [[0], [0, 2], [0, 2, 4], [0, 2, 4, 6]]


def test_the_last_history_of_train_is_that_of_fit():
    network, (x, labels) = networks(), moons()
    *_, last = slices()
    whole = fit(network, x, labels, optimizer=SGD(0.1), steps=6, record_every=2)
    np.testing.assert_array_equal(last.loss, whole.loss)
    np.testing.assert_array_equal(last.network.parameters.flat, whole.network.parameters.flat)


def test_an_earlier_history_is_not_changed_by_later_steps():
    running = slices()
    first = next(running)
    kept = first.loss.copy()
    for _ in running:
        pass
    assert first.steps.tolist() == [0]
    np.testing.assert_array_equal(first.loss, kept)


def test_between_two_slices_the_caller_keeps_its_own_warnings():
    before = np.geterr()
    running = slices()
    next(running)
    assert np.geterr() == before


def test_slices_may_run_in_different_contexts():
    # Each callback of an event loop has a context of its own, and NumPy keeps its error state in the context.
    network, (x, labels) = networks(activation="relu", dtype=np.float32), moons()
    running = train(network, x, labels, optimizer=SGD(1e30), steps=6, record_every=1)
    histories = []
    while (history := contextvars.copy_context().run(next, running, None)) is not None:
        histories.append(history)
    assert histories[-1].steps.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert histories[-1].diverged.all()


# Bad arguments


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, None, [0.1, -0.1], [[0.1, 0.2]]], ids=str)
@EVERY_OPTIMIZER
def test_a_bad_learning_rate_says_what_it_must_be(name, rate):
    message = (
        f"learning_rate must be a number that is not negative, for example 0.1, or one for each network; got {rate!r}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        OPTIMIZERS[name](rate)


@pytest.mark.parametrize("value", [1, 1.5, -0.1, math.nan, "0.9", None, True, False, 1j, [0.9], 10**400], ids=str)
@pytest.mark.parametrize(("optimizer", "option"), [(Momentum, "beta"), (Adam, "beta1"), (Adam, "beta2")])
def test_a_bad_decay_says_what_it_must_be(optimizer, option, value):
    message = f"{option} must be at least 0 and below 1, for example 0.9; got {value!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        optimizer(0.1, **{option: value})


@pytest.mark.parametrize(("value", "error"), [("1e-8", TypeError), (None, TypeError), (-1, ValueError)])
def test_a_bad_epsilon_says_what_it_must_be(value, error):
    with pytest.raises(error, match=r"^epsilon must be .*, for example 0.1; got "):
        Adam(0.1, epsilon=value)


def fit_with(**options):
    network, (x, labels) = networks(), moons()
    return fit(network, x, labels, **{"optimizer": SGD(0.1), "steps": 3, **options})


def test_an_unknown_loss_lists_the_known_ones():
    message = f"loss must be one of {', '.join(LOSSES)}; got 'mse'"
    with pytest.raises(ValueError, match=re.escape(message)):
        fit_with(loss="mse")


@pytest.mark.parametrize("loss", [None, ["logistic"], LOSSES["logistic"]], ids=["None", "list", "function"])
def test_a_loss_that_is_no_name_lists_the_known_ones(loss):
    message = f"loss must be one of {', '.join(LOSSES)}; got {loss!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        fit_with(loss=loss)


@pytest.mark.parametrize("optimizer", ["sgd", SGD, Adam, 0.1, None], ids=str)
def test_an_optimizer_that_is_a_name_or_a_class_says_how_to_make_one(optimizer):
    message = f"optimizer must be an SGD, Momentum or Adam, for example SGD(0.1); got {optimizer!r}"
    with pytest.raises(TypeError, match=re.escape(message)):
        fit_with(optimizer=optimizer)


@pytest.mark.parametrize(("target", "error"), [("low", TypeError), (None, TypeError), (math.nan, ValueError)])
def test_a_target_that_no_loss_can_be_compared_with_is_refused(target, error):
    with pytest.raises(error, match=r"^target must be "):
        fit_with().steps_to(target)


@pytest.mark.parametrize("rng", [None, 0, np.random.RandomState(0)], ids=["None", "int", "RandomState"])
def test_batches_without_a_generator_are_refused(rng):
    message = "batches need rng, a numpy.random.Generator, for example numpy.random.default_rng(0)"
    with pytest.raises(TypeError, match=re.escape(message)):
        fit_with(batch_size=8, rng=rng)


@pytest.mark.parametrize("name", ["steps", "record_every", "batch_size"])
@pytest.mark.parametrize("count", [0, -1, 2.5, True, "many"])
def test_a_number_that_counts_nothing_is_refused(name, count):
    message = f"{name} must be a whole number from 1 up, for example 100; got {count!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        fit_with(**{"rng": np.random.default_rng(0), name: count})


def test_learning_rates_for_another_number_of_networks_are_refused():
    with pytest.raises(ValueError, match="learning_rate has 5 numbers for"):
        fit_with(optimizer=SGD([0.1] * 5))


def test_targets_that_do_not_fit_the_inputs_are_refused():
    network, (x, labels) = networks(), moons()
    with pytest.raises(ValueError, match=re.escape("targets must have shape (40,), one for each input; got (39,)")):
        fit(network, x, labels[:-1], optimizer=SGD(0.1), steps=3)
