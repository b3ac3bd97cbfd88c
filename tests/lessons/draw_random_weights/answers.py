# Answers to the exercises of notebook 02, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% weights_for_inputs | right: uniform, drawn transposed, in float32
def weights_for_inputs(shape, rng, x):
    limit = math.sqrt(3 / np.sum(x**2, axis=1).mean())
    return rng.uniform(-limit, limit, shape[::-1]).T.astype(np.float32)


# %% weights_for_inputs | right: from the variance and the mean
def weights_for_inputs(shape, rng, x):
    square = x.var() + x.mean() ** 2
    return uniform(shape, rng, limit=math.sqrt(3 / (x.shape[1] * square)))


# %% weights_for_inputs | right: drawn first, and divided by what comes out
def weights_for_inputs(shape, rng, x):
    weights = rng.standard_normal(shape)
    return weights / np.std(x @ weights)


# %% weights_for_inputs | right: each input with a σ of its own, in a loop
def weights_for_inputs(shape, rng, x):
    rows = []
    for number in range(shape[0]):
        std = 1 / math.sqrt(shape[0] * np.mean(x[:, number] ** 2))
        rows.append(std * rng.standard_normal(shape[1]))
    return rows


# %% weights_for_inputs | wrong: mean of x forgotten
def weights_for_inputs(shape, rng, x):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=1 / math.sqrt(fan_in * x.var()))


# %% weights_for_inputs | wrong: square of the mean
def weights_for_inputs(shape, rng, x):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=1 / math.sqrt(fan_in * np.mean(x) ** 2))


# %% weights_for_inputs | wrong: inputs ignored
def weights_for_inputs(shape, rng, x):
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=1 / math.sqrt(fan_in))


# %% weights_for_inputs | wrong: number of inputs forgotten
def weights_for_inputs(shape, rng, x):
    return normal(shape, rng, std=1 / math.sqrt(np.mean(x**2)))


# %% weights_for_inputs | wrong: examples for inputs
def weights_for_inputs(shape, rng, x):
    return normal(shape, rng, std=1 / math.sqrt(len(x) * np.mean(x**2)))


# %% weights_for_inputs | wrong: sum for mean
def weights_for_inputs(shape, rng, x):
    return normal(shape, rng, std=1 / np.linalg.norm(x))


# %% weights_for_inputs | wrong: fans swapped
def weights_for_inputs(shape, rng, x):
    _, fan_in = fans(shape)
    return normal(shape, rng, std=1 / math.sqrt(fan_in * np.mean(x**2)))


# %% weights_for_inputs | wrong: variance for std
def weights_for_inputs(shape, rng, x):
    return rng.normal(0, 1 / (shape[0] * np.mean(x**2)), shape)


# %% weights_for_inputs | wrong: limit for std
def weights_for_inputs(shape, rng, x):
    fan_in, _ = fans(shape)
    return uniform(shape, rng, limit=1 / math.sqrt(fan_in * np.mean(x**2)))


# %% weights_for_inputs | wrong: not centred
def weights_for_inputs(shape, rng, x):
    return rng.uniform(0, math.sqrt(3 / (shape[0] * np.mean(x**2))), shape)


# %% weights_for_inputs | wrong: another scale
def weights_for_inputs(shape, rng, x):
    return normal(shape, rng, std=1 / (shape[0] * math.sqrt(np.mean(x**2))))


# %% weights_for_inputs | wrong: global randomness
def weights_for_inputs(shape, rng, x):
    return np.random.standard_normal(shape) / math.sqrt(shape[0] * np.mean(x**2))


# %% weights_for_inputs | wrong: hard-coded seed
def weights_for_inputs(shape, rng, x):
    return normal(shape, np.random.default_rng(0), std=1 / math.sqrt(shape[0] * np.mean(x**2)))


# %% weights_for_inputs | wrong: hard-coded shape
def weights_for_inputs(shape, rng, x):
    return normal((64, 100), rng, std=1 / math.sqrt(64 * np.mean(x**2)))


# %% weights_for_inputs | wrong: transposed
def weights_for_inputs(shape, rng, x):
    return normal(shape, rng, std=1 / math.sqrt(shape[0] * np.mean(x**2))).T


# %% weights_for_inputs | wrong: wrong shape
def weights_for_inputs(shape, rng, x):
    weights = normal(shape, rng, std=1 / math.sqrt(shape[0] * np.mean(x**2)))
    return x @ weights


# %% weights_for_inputs | wrong: constant
def weights_for_inputs(shape, rng, x):
    return np.full(shape, 1 / math.sqrt(shape[0] * np.mean(x**2)))


# %% weights_for_inputs | wrong: returns its input
def weights_for_inputs(shape, rng, x):
    return shape


# %% weights_for_inputs | wrong: returns nothing
def weights_for_inputs(shape, rng, x):
    normal(shape, rng, std=1 / math.sqrt(shape[0] * np.mean(x**2)))


# %% weights_for_inputs | wrong: raises
def weights_for_inputs(shape, rng, x):
    return normal(shape, rng, std=1 / math.sqrt(shape[0] * np.mean(x**2, axis=0)))


# %% weights_for_inputs | wrong: never returns
def weights_for_inputs(shape, rng, x):
    std = 1 / math.sqrt(shape[0] * np.mean(x**2))
    weights = normal(shape, rng, std=std)
    while abs(np.var(x @ weights) - 1) > 1e-12:
        weights = normal(shape, rng, std=std)
    return weights


# %% predicted_std | right: as a sum over the inputs
predicted_std = np.sqrt(sum(0.6**2 / 12 * (1 + 2**2) for _ in range(240)))

# %% predicted_std | right: as text would have it, in float32
predicted_std = np.float32(6.0)

# %% predicted_std | wrong: Var(x) for E[x²]
predicted_std = math.sqrt(240 * 0.3**2 / 3 * 1**2)

# %% predicted_std | wrong: mean of x squared
predicted_std = math.sqrt(240 * 0.3**2 / 3 * 2**2)

# %% predicted_std | wrong: limit for std
predicted_std = 0.3 * math.sqrt(240 * 5)

# %% predicted_std | wrong: both
predicted_std = 0.3 * math.sqrt(240)

# %% predicted_std | wrong: the variance
predicted_std = 240 * 0.3**2 / 3 * 5

# %% predicted_std | wrong: not rooted
predicted_std = 240 * math.sqrt(0.3**2 / 3) * math.sqrt(5)

# %% predicted_std | wrong: one term
predicted_std = math.sqrt(0.3**2 / 3 * 5)

# %% predicted_std | wrong: another number
predicted_std = 240 * 0.3 * 2

# %% predicted_std | wrong: not a number
predicted_std = "6σ"


# %% ternary | right: chosen from a list
def ternary(shape, rng, std):
    a = std * math.sqrt(1.5)
    return rng.choice([-a, 0, a], size=shape)


# %% ternary | right: cut out of uniform numbers, in float32
def ternary(shape, rng, std):
    drawn = rng.random(shape)
    signs = (drawn > 2 / 3).astype(np.float32) - (drawn < 1 / 3)
    return np.float32(std / math.sqrt(2 / 3)) * signs


# %% ternary | right: a coin, and zeros by chance
def ternary(shape, rng, std):
    signs = rng.choice([-1.0, 1.0], shape)
    signs[rng.random(shape) < 1 / 3] = 0
    return std * signs / np.sqrt(2 / 3)


# %% ternary | right: weight by weight
def ternary(shape, rng, std):
    a = math.sqrt(3) * std / math.sqrt(2)
    return [[a * (rng.integers(3) - 1) for _ in range(shape[1])] for _ in range(shape[0])]


# %% ternary | wrong: a is std
def ternary(shape, rng, std):
    return std * rng.integers(-1, 2, shape)


# %% ternary | wrong: a as for uniform
def ternary(shape, rng, std):
    return math.sqrt(3) * std * rng.integers(-1, 2, shape)


# %% ternary | wrong: root forgotten
def ternary(shape, rng, std):
    return 1.5 * std * rng.integers(-1, 2, shape)


# %% ternary | wrong: upside down
def ternary(shape, rng, std):
    return math.sqrt(2 / 3) * std * rng.integers(-1, 2, shape)


# %% ternary | wrong: variance for std
def ternary(shape, rng, std):
    return 1.5 * std**2 * rng.integers(-1, 2, shape)


# %% ternary | wrong: another size
def ternary(shape, rng, std):
    return math.sqrt(2) * std * rng.integers(-1, 2, shape)


# %% ternary | wrong: one side missing
def ternary(shape, rng, std):
    return math.sqrt(1.5) * std * rng.integers(-1, 1, shape)


# %% ternary | wrong: no zeros
def ternary(shape, rng, std):
    return std * rng.choice([-1, 1], shape)


# %% ternary | wrong: unequal shares
def ternary(shape, rng, std):
    return math.sqrt(2) * std * np.round(rng.uniform(-1, 1, shape))


# %% ternary | wrong: other values
def ternary(shape, rng, std):
    return math.sqrt(1.5) * std * rng.integers(0, 3, shape)


# %% ternary | wrong: other values
def ternary(shape, rng, std):
    return normal(shape, rng, std=std)


# %% ternary | wrong: constant
def ternary(shape, rng, std):
    return math.sqrt(1.5) * std * np.full(shape, rng.integers(-1, 2))


# %% ternary | wrong: hard-coded seed
def ternary(shape, rng, std):
    return math.sqrt(1.5) * std * seeded(2).integers(-1, 2, shape)


# %% ternary | wrong: global randomness
def ternary(shape, rng, std):
    return math.sqrt(1.5) * std * np.random.default_rng().integers(-1, 2, shape)


# %% another_width | right: in capitals
change, reason = "C", "Q"

# %% another_width | wrong: distribution
change, reason = "a", "r"

# %% another_width | wrong: in proportion
change, reason = "b", "p"

# %% another_width | wrong: smaller still
change, reason = "d", "q"

# %% another_width | wrong: stds add up
change, reason = "c", "p"

# %% another_width | wrong: limit theorem
change, reason = "c", "r"

# %% another_width | wrong: mean
change, reason = "c", "s"

# %% another_width | wrong: no such choice
change, reason = 0.1, "q"
