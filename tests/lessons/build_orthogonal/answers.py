# Answers to the exercises of notebook 08, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% rotation | right: the last row turned round
def rotation(shape, rng):
    weights = orthogonal(shape, rng)
    if np.linalg.det(weights) < 0:
        weights[-1] = -weights[-1]
    return weights


# %% rotation | right: drawn until it is one
def rotation(shape, rng):
    weights = orthogonal(shape, rng)
    while np.linalg.det(weights) < 0:
        weights = orthogonal(shape, rng)
    return weights


# %% rotation | right: two rows exchanged
def rotation(shape, rng):
    weights = orthogonal(shape, rng)
    return weights if np.linalg.det(weights) > 0 else weights[[1, 0, *range(2, len(weights))]]


# %% rotation | wrong: reflections left
def rotation(shape, rng):
    return orthogonal(shape, rng)


# %% rotation | wrong: reflections left
def rotation(shape, rng):
    weights = orthogonal(shape, rng)
    return weights * np.sign(np.linalg.det(weights))


# %% rotation | wrong: not random enough
def rotation(shape, rng):
    weights = orthogonal(shape, rng)
    weights[:, 0] *= np.sign(weights[0, 0])
    weights[:, 1] *= np.linalg.det(weights)
    return weights


# %% rotation | wrong: not orthogonal
def rotation(shape, rng):
    return np.abs(orthogonal(shape, rng))


# %% rotation | wrong: not orthogonal
def rotation(shape, rng):
    return rng.standard_normal(shape) / np.sqrt(shape[0])


# %% rotation | wrong: hard-coded seed
def rotation(shape, rng):
    return orthogonal(shape, np.random.default_rng(0))


# %% rotation | wrong: returns nothing
def rotation(shape, rng):
    weights = orthogonal(shape, rng)
    weights[:, 0] *= np.linalg.det(weights)


# %% widened | right: from the lengths
widened = 2**2 * 50 / 800

# %% widened | wrong: kept
widened = 2**2

# %% widened | wrong: upside down
widened = 2**2 * 800 / 50

# %% widened | wrong: the scale
widened = 2 * math.sqrt(50 / 800)

# %% widened | wrong: gain forgotten
widened = 50 / 800

# %% widened | wrong: gain not squared
widened = 2 * 50 / 800

# %% widened | wrong: another number
widened = 0.7

# %% widened | wrong: not a number
widened = "a quarter"


# %% mirrored | right: through looks_linear
def mirrored(shape, rng):
    return looks_linear(shape, rng)


# %% mirrored | right: by Kronecker's product
def mirrored(shape, rng):
    return np.kron([[1, -1], [-1, 1]], orthogonal((shape[0] // 2, shape[1] // 2), rng))


# %% mirrored | wrong: not mirrored in
def mirrored(shape, rng):
    q = orthogonal((shape[0] // 2, shape[1] // 2), rng)
    return np.block([[q, -q], [q, -q]])


# %% mirrored | wrong: not mirrored in
def mirrored(shape, rng):
    return orthogonal(shape, rng)


# %% mirrored | wrong: not mirrored out
def mirrored(shape, rng):
    q = orthogonal((shape[0] // 2, shape[1] // 2), rng)
    return np.block([[q, q], [-q, -q]])


# %% mirrored | wrong: gain
def mirrored(shape, rng):
    return looks_linear(shape, rng, gain=math.sqrt(2))


# %% mirrored | wrong: not orthogonal
def mirrored(shape, rng):
    q = he_normal((shape[0] // 2, shape[1] // 2), rng)
    return np.block([[q, -q], [-q, q]])


# %% mirrored | wrong: raises
def mirrored(shape, rng):
    q = orthogonal(shape // 2, rng)
    return np.block([[q, -q], [-q, q]])


# %% stopped | right: measured
loss = experiment.train_product(experiment.halting_networks(), experiment.HALTING_TARGET, rate=0.02, steps=2000)
wrong, left = "C", loss[-1].max()

# %% stopped | wrong: vanished
wrong, left = "a", 0.32

# %% stopped | wrong: rate
wrong, left = "b", 0.32

# %% stopped | wrong: capacity
wrong, left = "d", 0.32

# %% stopped | wrong: largest
wrong, left = "c", 2**2 / 2

# %% stopped | wrong: half forgotten
wrong, left = "c", 0.8**2

# %% stopped | wrong: not squared
wrong, left = "c", 0.8 / 2

# %% stopped | wrong: all
wrong, left = "c", (2**2 + 1.5**2 + 0.8**2) / 2

# %% stopped | wrong: another loss
wrong, left = "c", 1.5**2 / 2

# %% stopped | wrong: no such choice
wrong, left = "sign", 0.32
