# Answers to the exercises of notebook 05, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% he_with_dropout | right: through he_normal
def he_with_dropout(shape, rng, keep):
    return math.sqrt(keep) * he_normal(shape, rng)


# %% he_with_dropout | right: drawn transposed, in float32
def he_with_dropout(shape, rng, keep):
    std = math.sqrt(2 * keep / shape[0])
    return (std * rng.standard_normal(shape[::-1])).T.astype(np.float32)


# %% he_with_dropout | wrong: not Gaussian
def he_with_dropout(shape, rng, keep):
    limit = math.sqrt(6 * keep / shape[0])
    return rng.uniform(-limit, limit, shape)


# %% he_with_dropout | wrong: not Gaussian
def he_with_dropout(shape, rng, keep):
    return math.sqrt(2 * keep / shape[0]) * rng.choice([-1, 1], shape)


# %% he_with_dropout | wrong: dropout forgotten
def he_with_dropout(shape, rng, keep):
    return he_normal(shape, rng)


# %% he_with_dropout | wrong: keep upside down
def he_with_dropout(shape, rng, keep):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=math.sqrt(2 / (keep * fan_in)))


# %% he_with_dropout | wrong: keep squared
def he_with_dropout(shape, rng, keep):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=keep * math.sqrt(2 / fan_in))


# %% he_with_dropout | wrong: ReLU forgotten
def he_with_dropout(shape, rng, keep):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=math.sqrt(keep / fan_in))


# %% he_with_dropout | wrong: variance for std
def he_with_dropout(shape, rng, keep):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=2 * keep / fan_in)


# %% he_with_dropout | wrong: another std
def he_with_dropout(shape, rng, keep):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=math.sqrt(2 * keep) / fan_in)


# %% he_with_dropout | wrong: fans swapped
def he_with_dropout(shape, rng, keep):
    _, fan_in = fans(shape)
    return normal(shape, rng, std=math.sqrt(2 * keep / fan_in))


# %% he_with_dropout | wrong: global randomness
def he_with_dropout(shape, rng, keep):
    return math.sqrt(2 * keep / shape[0]) * np.random.standard_normal(shape)


# %% he_with_dropout | wrong: hard-coded seed
def he_with_dropout(shape, rng, keep):
    return math.sqrt(keep) * he_normal(shape, np.random.default_rng(0))


# %% he_with_dropout | wrong: hard-coded shape
def he_with_dropout(shape, rng, keep):
    return math.sqrt(keep) * he_normal((400, 100), rng)


# %% he_with_dropout | wrong: transposed
def he_with_dropout(shape, rng, keep):
    return math.sqrt(keep) * he_normal(shape, rng).T


# %% he_with_dropout | wrong: constant
def he_with_dropout(shape, rng, keep):
    return np.full(shape, math.sqrt(2 * keep / shape[0]))


# %% he_with_dropout | wrong: returns its input
def he_with_dropout(shape, rng, keep):
    return shape


# %% he_with_dropout | wrong: returns nothing
def he_with_dropout(shape, rng, keep):
    math.sqrt(keep) * he_normal(shape, rng)


# %% he_with_dropout | wrong: raises
def he_with_dropout(shape, rng, keep):
    return math.sqrt(2 * keep / fan_in) * rng.standard_normal(shape)


# %% he_with_dropout | wrong: never returns
def he_with_dropout(shape, rng, keep):
    weights = he_normal(shape, rng)
    while abs(weights.std() - math.sqrt(2 * keep / shape[0])) > 1e-12:
        weights = he_normal(shape, rng)
    return weights


# %% left_after_20 | right: rounded
left_after_20 = 0.0014

# %% left_after_20 | wrong: not squared
left_after_20 = (1.2 / 2) ** 20

# %% left_after_20 | wrong: ReLU forgotten
left_after_20 = 1.2**40

# %% left_after_20 | wrong: one layer
left_after_20 = 1.2**2 / 2

# %% left_after_20 | wrong: times instead of power
left_after_20 = 20 * 1.2**2 / 2

# %% left_after_20 | wrong: the scale
left_after_20 = math.sqrt((1.2**2 / 2) ** 20)

# %% left_after_20 | wrong: upside down
left_after_20 = (2 / 1.2**2) ** 20

# %% left_after_20 | wrong: another number
left_after_20 = 0.5

# %% left_after_20 | wrong: not a number
left_after_20 = "a thousandth"


# %% dead_share | right: from the largest z of each unit
def dead_share(z):
    return np.mean(z.max(axis=0) <= 0)


# %% dead_share | right: counted in a loop
def dead_share(z):
    inputs, units = z.shape
    dead = 0
    for unit in range(units):
        if not any(z[number, unit] > 0 for number in range(inputs)):
            dead += 1
    return dead / units


# %% dead_share | wrong: share of zeros
def dead_share(z):
    return np.mean(relu(z) == 0)


# %% dead_share | wrong: any input
def dead_share(z):
    return np.mean(np.any(z <= 0, axis=0))


# %% dead_share | wrong: inputs instead of units
def dead_share(z):
    return np.mean(np.all(z <= 0, axis=1))


# %% dead_share | wrong: zero is alive
def dead_share(z):
    return np.mean(np.all(z < 0, axis=0))


# %% dead_share | wrong: number instead of share
def dead_share(z):
    return np.sum(np.all(z <= 0, axis=0))


# %% dead_share | wrong: another share
def dead_share(z):
    return np.mean(np.all(z > 0, axis=0))


# %% dead_share | wrong: wrong shape
def dead_share(z):
    return np.all(z <= 0, axis=0)


# %% sick_start | right: in capitals, from the weights
networks, _, _ = experiment.networks_that_stand_still()
wrong, times = "C", math.sqrt(2 / (40 * networks.weights[5].var()))

# %% sick_start | right: from δ
networks, x, labels = experiment.networks_that_stand_still()
trace = forward(networks, x)
deltas = backward(networks, trace, softmax_loss(trace.logits, labels)[1]).deltas
wrong, times = "c", np.median((scale_of(deltas[18]) / scale_of(deltas[2])) ** (1 / 16))

# %% sick_start | wrong: dead
wrong, times = "a", 2.45

# %% sick_start | wrong: saturated
wrong, times = "b", 0.5

# %% sick_start | wrong: explodes
wrong, times = "d", 1 / math.sqrt(6)

# %% sick_start | wrong: upside down
wrong, times = "c", 1 / math.sqrt(6)

# %% sick_start | wrong: squared
wrong, times = "c", 6

# %% sick_start | wrong: ReLU forgotten
wrong, times = "c", math.sqrt(3)

# %% sick_start | wrong: from Xavier
wrong, times = "c", math.sqrt(2)

# %% sick_start | wrong: another factor
wrong, times = "c", 20

# %% sick_start | wrong: no such choice
wrong, times = "biases", 2.45

# %% sick_start | wrong: not a number
wrong, times = "c", "He"
