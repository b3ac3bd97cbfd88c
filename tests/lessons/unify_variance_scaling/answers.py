# Answers to the exercises of notebook 06, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% gain_that_keeps | right: from a sample
def gain_that_keeps(activation, q):
    z = np.random.default_rng(0).normal(0, np.sqrt(q), 1_000_000)
    return np.sqrt(q / np.mean(ACTIVATIONS[activation](z) ** 2))


# %% gain_that_keeps | right: through gain_for
def gain_that_keeps(activation, q):
    return gain_for(lambda z: ACTIVATIONS[activation](q**0.5 * z) / q**0.5)


# %% gain_that_keeps | right: summed in a loop, in float32
def gain_that_keeps(activation, q):
    total = 0
    for z in np.linspace(-6, 6, 241):
        f = activation_named(activation)(np.array([math.sqrt(q) * z]))
        total += 0.05 * normal_density(z) * f[0] ** 2
    return np.float32(math.sqrt(q / total))


# %% gain_that_keeps | right: with the density of z itself
def gain_that_keeps(activation, q):
    z = np.linspace(-8, 8, 2001) * math.sqrt(q)
    density = np.exp(-(z**2) / (2 * q))
    return (q * density.sum() / (density * activation_named(activation)(z) ** 2).sum()) ** 0.5


# %% gain_that_keeps | wrong: at one
def gain_that_keeps(activation, q):
    return gain_for(activation)


# %% gain_that_keeps | wrong: q forgotten
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    return 1 / math.sqrt(np.sum(weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2))


# %% gain_that_keeps | wrong: q for its root
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    return math.sqrt(q / np.sum(weights * activation_named(activation)(q * nodes) ** 2))


# %% gain_that_keeps | wrong: z of size 1
def gain_that_keeps(activation, q):
    return math.sqrt(q) * gain_for(activation)


# %% gain_that_keeps | wrong: scale for gain
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    return q / np.sum(weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2)


# %% gain_that_keeps | wrong: upside down
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    return math.sqrt(np.sum(weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2) / q)


# %% gain_that_keeps | wrong: imprecise
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature(limit=3)
    return math.sqrt(q / np.sum(weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2))


# %% gain_that_keeps | wrong: another gain
def gain_that_keeps(activation, q):
    return 1 / (gain_for(activation) * q)


# %% gain_that_keeps | wrong: returns its input
def gain_that_keeps(activation, q):
    return q


# %% gain_that_keeps | wrong: returns nothing
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    math.sqrt(q / np.sum(weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2))


# %% gain_that_keeps | wrong: raises
def gain_that_keeps(activation, q):
    return math.sqrt(q) * gain_for(activation(math.sqrt(q)))


# %% gain_that_keeps | wrong: never returns
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    gain = 1
    while abs(gain**2 * np.sum(weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2) - q) > 1e-9:
        gain = q / gain
    return gain


# %% gain_that_keeps | wrong: wrong shape
def gain_that_keeps(activation, q):
    nodes, weights = gaussian_quadrature()
    return np.sqrt(q / (weights * activation_named(activation)(math.sqrt(q) * nodes) ** 2 + 1))


# %% gain_that_keeps | wrong: not an array
def gain_that_keeps(activation, q):
    return f"{gain_for(activation):.2f} times {q}"


# %% gain_of_relu_squared | right: rounded
gain_of_relu_squared = 0.82

# %% gain_of_relu_squared | right: from a sample
z = np.random.default_rng(1).standard_normal(1_000_000)
gain_of_relu_squared = 1 / np.sqrt(np.mean(np.maximum(z, 0) ** 4))

# %% gain_of_relu_squared | wrong: as ReLU
gain_of_relu_squared = math.sqrt(2)

# %% gain_of_relu_squared | wrong: half forgotten
gain_of_relu_squared = 1 / math.sqrt(3)

# %% gain_of_relu_squared | wrong: scale for gain
gain_of_relu_squared = 2 / 3

# %% gain_of_relu_squared | wrong: the mean square
gain_of_relu_squared = 1.5

# %% gain_of_relu_squared | wrong: upside down
gain_of_relu_squared = math.sqrt(1.5)

# %% gain_of_relu_squared | wrong: variance
gain_of_relu_squared = 1 / math.sqrt(3 / 2 - (1 / 2) ** 2)

# %% gain_of_relu_squared | wrong: another number
gain_of_relu_squared = 2

# %% gain_of_relu_squared | wrong: not a number
gain_of_relu_squared = [1, 2 / 3]


# %% cut_normal | right: by the formula for the variance, a weight at a time, in float32
def cut_normal(shape, rng, std, cut):
    weights = np.zeros(math.prod(shape), dtype=np.float32)
    left = math.sqrt(1 - 2 * cut * normal_density(cut) / math.erf(cut / math.sqrt(2)))
    for place in range(len(weights)):
        z = rng.standard_normal()
        while abs(z) > cut:
            z = rng.standard_normal()
        weights[place] = std * z / left
    return weights.reshape(shape)


# %% cut_normal | right: picked out of many, its std from a sum
def cut_normal(shape, rng, std, cut):
    z = np.arange(-cut, cut, 0.001)
    left = np.sqrt(np.average(z**2, weights=np.exp(-(z**2) / 2)))
    many = rng.standard_normal(10 * shape[0] * shape[1] + 1000)
    return std / left * many[np.abs(many) <= cut][: shape[0] * shape[1]].reshape(shape[::-1]).T


# %% cut_normal | wrong: piled up
def cut_normal(shape, rng, std, cut):
    draws = np.clip(rng.standard_normal(shape), -cut, cut)
    nodes, weights = gaussian_quadrature()
    return std * draws / math.sqrt(np.sum(weights * np.clip(nodes, -cut, cut) ** 2))


# %% cut_normal | wrong: piled up
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    draws[np.abs(draws) > cut] = 0
    return std * draws / draws.std()


# %% cut_normal | wrong: in the weights' units
def cut_normal(shape, rng, std, cut):
    weights = normal(shape, rng, std=std)
    while (np.abs(weights) > cut).any():
        outside = np.abs(weights) > cut
        weights[outside] = std * rng.standard_normal(outside.sum())
    nodes, shares = gaussian_quadrature(limit=cut)
    return weights / math.sqrt(np.sum(shares * nodes**2) / np.sum(shares))


# %% cut_normal | wrong: beyond the cut
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    draws = np.where(np.abs(draws) > cut, rng.standard_normal(shape), draws)
    nodes, shares = gaussian_quadrature(limit=cut)
    return std * draws / math.sqrt(np.sum(shares * nodes**2) / np.sum(shares))


# %% cut_normal | wrong: not corrected
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    while (np.abs(draws) > cut).any():
        outside = np.abs(draws) > cut
        draws[outside] = rng.standard_normal(outside.sum())
    return std * draws


# %% cut_normal | wrong: corrected for 2
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    while (np.abs(draws) > cut).any():
        outside = np.abs(draws) > cut
        draws[outside] = rng.standard_normal(outside.sum())
    return std / STD_WITHIN_2 * draws


# %% cut_normal | wrong: variance for std
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    while (np.abs(draws) > cut).any():
        outside = np.abs(draws) > cut
        draws[outside] = rng.standard_normal(outside.sum())
    nodes, shares = gaussian_quadrature(limit=cut)
    return std * draws / (np.sum(shares * nodes**2) / np.sum(shares))


# %% cut_normal | wrong: another std
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    while (np.abs(draws) > cut).any():
        outside = np.abs(draws) > cut
        draws[outside] = rng.standard_normal(outside.sum())
    nodes, shares = gaussian_quadrature(limit=cut)
    return std * draws / math.sqrt(np.sum(shares * nodes**2))


# %% cut_normal | wrong: another std
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    while (np.abs(draws) > cut).any():
        outside = np.abs(draws) > cut
        draws[outside] = rng.standard_normal(outside.sum())
    nodes, shares = gaussian_quadrature(limit=cut)
    return std**2 * draws / math.sqrt(np.sum(shares * nodes**2) / np.sum(shares))


# %% cut_normal | wrong: another distribution
def cut_normal(shape, rng, std, cut):
    return uniform(shape, rng, limit=math.sqrt(3) * std)


# %% cut_normal | wrong: global randomness
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    while (np.abs(draws) > cut).any():
        outside = np.abs(draws) > cut
        draws[outside] = np.random.standard_normal(outside.sum())
    return std * draws


# %% cut_normal | wrong: never returns
def cut_normal(shape, rng, std, cut):
    draws = rng.standard_normal(shape)
    outside = np.abs(draws) > cut
    while outside.any():
        draws[outside] = rng.standard_normal(outside.sum())
    return std * draws


# %% mended_start | right: by hand
def mended_start(shape, rng):
    return rng.standard_normal(shape) * math.sqrt(2 / shape[0])


# %% mended_start | right: from what was measured
def mended_start(shape, rng):
    return failing_start(shape, rng) * math.sqrt(math.sqrt(2) * shape[1] / shape[0])


# %% mended_start | right: uniform
def mended_start(shape, rng):
    return uniform(shape, rng, limit=math.sqrt(6 / shape[0]))


# %% mended_start | wrong: unchanged
def mended_start(shape, rng):
    return failing_start(shape, rng)


# %% mended_start | wrong: still fading
def mended_start(shape, rng):
    return variance_scaling(shape, rng, scale=gain_for("relu"))


# %% mended_start | wrong: still fading
def mended_start(shape, rng):
    return variance_scaling(shape, rng)


# %% mended_start | wrong: still in zigzag
def mended_start(shape, rng):
    return 2**0.25 * failing_start(shape, rng)


# %% mended_start | wrong: the mean of both
def mended_start(shape, rng):
    return variance_scaling(shape, rng, scale=2, mode="fan_avg")


# %% mended_start | wrong: the mean of both
def mended_start(shape, rng):
    return variance_scaling(shape, rng, scale=gain_for("relu"), mode="fan_avg")


# %% mended_start | wrong: too large
def mended_start(shape, rng):
    return variance_scaling(shape, rng, scale=4)


# %% mended_start | wrong: too large
def mended_start(shape, rng):
    return variance_scaling(shape, rng, scale=2 * gain_for("relu"))


# %% mended_start | wrong: another variance
def mended_start(shape, rng):
    return normal(shape, rng, std=0.1)


# %% mended_start | wrong: constant
def mended_start(shape, rng):
    return np.full(shape, math.sqrt(2 / shape[0]))


# %% mended_start | wrong: hard-coded seed
def mended_start(shape, rng):
    return variance_scaling(shape, np.random.default_rng(0), scale=2)


# %% mended_start | wrong: transposed
def mended_start(shape, rng):
    return variance_scaling(shape[::-1], rng, scale=2)
