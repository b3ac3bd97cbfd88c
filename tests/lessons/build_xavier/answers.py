# Answers to the exercises of notebook 04, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% xavier_heads | right: uniform, in float32
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = shape
    limit = math.sqrt(6 / (fan_in + fan_out // heads))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


# %% xavier_heads | right: head by head
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return np.concatenate([xavier_normal((fan_in, fan_out // heads), rng) for _ in range(heads)], axis=1)


# %% xavier_heads | wrong: as one matrix
def xavier_heads(shape, rng, heads):
    return xavier_normal(shape, rng)


# %% xavier_heads | wrong: both divided
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal(shape, rng, std=math.sqrt(2 / (fan_in / heads + fan_out / heads)))


# %% xavier_heads | wrong: heads multiplied
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal(shape, rng, std=math.sqrt(2 / (fan_in + fan_out * heads)))


# %% xavier_heads | wrong: fan_in alone
def xavier_heads(shape, rng, heads):
    return lecun_normal(shape, rng)


# %% xavier_heads | wrong: the 2 forgotten
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal(shape, rng, std=math.sqrt(1 / (fan_in + fan_out / heads)))


# %% xavier_heads | wrong: variance for std
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal(shape, rng, std=2 / (fan_in + fan_out / heads))


# %% xavier_heads | wrong: limit for std
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return uniform(shape, rng, limit=math.sqrt(2 / (fan_in + fan_out / heads)))


# %% xavier_heads | wrong: one head repeated
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return np.tile(xavier_normal((fan_in, fan_out // heads), rng), heads)


# %% xavier_heads | wrong: another std
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal(shape, rng, std=math.sqrt(2) / (fan_in + fan_out / heads))


# %% xavier_heads | wrong: transposed
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal((fan_out, fan_in), rng, std=math.sqrt(2 / (fan_in + fan_out / heads)))


# %% xavier_heads | wrong: hard-coded shape
def xavier_heads(shape, rng, heads):
    return normal((120, 240), rng, std=math.sqrt(2 / (120 + 240 / heads)))


# %% xavier_heads | wrong: hard-coded seed
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return normal(shape, np.random.default_rng(4), std=math.sqrt(2 / (fan_in + fan_out / heads)))


# %% xavier_heads | wrong: global randomness
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return np.random.normal(0, math.sqrt(2 / (fan_in + fan_out / heads)), shape)


# %% xavier_heads | wrong: constant
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return np.full(shape, math.sqrt(2 / (fan_in + fan_out / heads)))


# %% xavier_heads | wrong: returns its input
def xavier_heads(shape, rng, heads):
    return shape


# %% xavier_heads | wrong: returns nothing
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    normal(shape, rng, std=math.sqrt(2 / (fan_in + fan_out / heads)))


# %% xavier_heads | wrong: raises
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    return np.stack([xavier_normal((fan_in, fan_out / heads), rng) for _ in range(heads)])


# %% xavier_heads | wrong: never returns
def xavier_heads(shape, rng, heads):
    fan_in, fan_out = fans(shape)
    columns = []
    while len(columns) * heads != fan_out + 1:
        columns.append(rng.standard_normal(fan_in))
    return np.array(columns).T


# %% delta_left | right: in one line
delta_left = 100 * 2 / (300 + 100)

# %% delta_left | wrong: the signal
delta_left = 300 * 2 / 400

# %% delta_left | wrong: as Xavier wishes
delta_left = 1

# %% delta_left | wrong: the scale
delta_left = 0.707

# %% delta_left | wrong: LeCun
delta_left = 100 / 300

# %% delta_left | wrong: the 2 forgotten
delta_left = 100 / (300 + 100)

# %% delta_left | wrong: upside down
delta_left = 400 / (2 * 100)

# %% delta_left | wrong: another number
delta_left = 2 / 400

# %% delta_left | wrong: not a number
delta_left = "half"


# %% delta_kept | right: by the squares of scales
def delta_kept(deltas):
    return (scale_of(deltas[0]) / scale_of(deltas[-1])) ** 2


# %% delta_kept | right: layer by layer
def delta_kept(deltas):
    squares = [float(np.mean(np.square(delta))) for delta in deltas]
    kept = 1.0
    for lower, upper in pairwise(squares):
        kept *= lower / upper
    return np.float32(kept)


# %% delta_kept | wrong: upside down
def delta_kept(deltas):
    return np.mean(deltas[-1] ** 2) / np.mean(deltas[0] ** 2)


# %% delta_kept | wrong: the scale
def delta_kept(deltas):
    return scale_of(deltas[0]) / scale_of(deltas[-1])


# %% delta_kept | wrong: sums
def delta_kept(deltas):
    return np.sum(deltas[0] ** 2) / np.sum(deltas[-1] ** 2)


# %% delta_kept | wrong: sums
def delta_kept(deltas):
    return np.linalg.norm(deltas[0]) / np.linalg.norm(deltas[-1])


# %% delta_kept | wrong: means
def delta_kept(deltas):
    return deltas[0].mean() / deltas[-1].mean()


# %% delta_kept | wrong: means
def delta_kept(deltas):
    return (deltas[0].mean() / deltas[-1].mean()) ** 2


# %% delta_kept | wrong: one layer
def delta_kept(deltas):
    return np.mean(deltas[0] ** 2) / np.mean(deltas[1] ** 2)


# %% delta_kept | wrong: one layer
def delta_kept(deltas):
    return np.mean(deltas[-2] ** 2) / np.mean(deltas[-1] ** 2)


# %% delta_kept | wrong: size of the loss
def delta_kept(deltas):
    return np.mean(deltas[0] ** 2)


# %% delta_kept | wrong: another ratio
def delta_kept(deltas):
    return np.abs(deltas[0]).mean() / np.abs(deltas[-1]).mean()


# %% delta_kept | wrong: wrong shape
def delta_kept(deltas):
    return [np.mean(delta**2) for delta in deltas]


# %% delta_kept | wrong: raises
def delta_kept(deltas):
    return np.mean(np.array(deltas) ** 2)


# %% sick_layers | right: measured, from both signals
networks, x, labels = experiment.networks_that_stall()
trace = forward(networks, x)
_, logits_gradient = softmax_loss(trace.logits, labels)
deltas = backward(networks, trace, logits_gradient).deltas
up = np.array([np.median(scale_of(h)) for h in trace.signals])
down = np.array([np.median(scale_of(delta)) for delta in deltas])
sick_layers = [
    layer for layer in range(2, 11) if up[layer] / up[layer - 1] < 0.1 and down[layer - 2] / down[layer - 1] < 0.1
]
times = 0.85 / (up[3] / up[2])

# %% sick_layers | right: as an array, from the standard deviations
sick_layers, times = np.array([8, 3, 7]), 125

# %% sick_layers | wrong: one too low
sick_layers, times = [2, 6, 7], 125

# %% sick_layers | wrong: the level ones
sick_layers, times = [1, 2, 4, 5, 6, 9, 10], 125

# %% sick_layers | wrong: some missing
sick_layers, times = [3, 8], 125

# %% sick_layers | wrong: healthy ones
sick_layers, times = [3, 4, 7, 8], 125

# %% sick_layers | wrong: upside down
sick_layers, times = [3, 7, 8], 0.008

# %% sick_layers | wrong: squared
sick_layers, times = [3, 7, 8], 125**2

# %% sick_layers | wrong: another factor
sick_layers, times = [3, 7, 8], 10

# %% sick_layers | wrong: not layers
sick_layers, times = 3, 125

# %% sick_layers | wrong: not layers
sick_layers, times = [3, 7, 80], 125

# %% sick_layers | wrong: not a number
sick_layers, times = [3, 7, 8], "Xavier"
