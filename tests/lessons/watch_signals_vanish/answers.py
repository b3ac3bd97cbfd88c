# Answers to the exercises of notebook 03, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% message_scales | right: the spread of each unit, in float64
def message_scales(x, weights, activation_name):
    h, f = x, ACTIVATIONS[activation_name]
    scales = [math.sqrt(np.mean(np.var(h, axis=0, dtype=float)))]
    for matrix in weights:
        h = f(h @ matrix)
        scales.append(math.sqrt(np.mean(np.var(h, axis=0, dtype=float))))
    return scales


# %% message_scales | right: unit by unit, all in float64
def message_scales(x, weights, activation_name):
    scales = []
    h = np.array(x, dtype=float)
    for layer in range(len(weights) + 1):
        total = 0.0
        for unit in range(h.shape[1]):
            total += np.mean((h[:, unit] - np.mean(h[:, unit])) ** 2)
        scales.append(np.sqrt(total / h.shape[1]))
        if layer < len(weights):
            h = ACTIVATIONS[activation_name].function(h @ weights[layer])
    return tuple(scales)


# %% message_scales | right: from all pairs of inputs
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    pairs = [(h[:, np.newaxis] - h[np.newaxis, :]).astype(float) for h in signals]
    return np.array([np.sqrt(np.mean(pair**2) / 2) for pair in pairs])


# %% message_scales | right: answers in float32
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return np.array([scale_of(h - np.mean(h, axis=0, keepdims=True)) for h in signals], dtype=np.float32)


# %% message_scales | wrong: mean kept
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [scale_of(h) for h in signals]


# %% message_scales | wrong: mean over the units
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [scale_of(h - h.mean(axis=1)[:, None]) for h in signals]


# %% message_scales | wrong: one mean for all units
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [h.std() for h in signals]


# %% message_scales | wrong: from the first input
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [scale_of(h[1:] - h[:1]) for h in signals]


# %% message_scales | wrong: from the first input
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [scale_of(h - h[0]) for h in signals]


# %% message_scales | wrong: mean of the roots
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [np.mean(np.std(h, axis=0, dtype=float)) for h in signals]


# %% message_scales | wrong: no root
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [np.mean(np.square(h - h.mean(axis=0), dtype=float)) for h in signals]


# %% message_scales | wrong: before the activation
def message_scales(x, weights, activation_name):
    _, z = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [scale_of(h - h.mean(axis=0)) for h in [x, *z]]


# %% message_scales | wrong: the message sent on
def message_scales(x, weights, activation_name):
    h = x - x.mean(axis=0)
    scales = [scale_of(h)]
    for matrix in weights:
        h = ACTIVATIONS[activation_name](h @ matrix)
        h = h - h.mean(axis=0)
        scales.append(scale_of(h))
    return scales


# %% message_scales | wrong: activation ignored
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS["sigmoid"])
    return [scale_of(h - h.mean(axis=0)) for h in signals]


# %% message_scales | wrong: activation ignored
def message_scales(x, weights, activation_name):
    h, scales = x, [scale_of(x - x.mean(axis=0))]
    for matrix in weights:
        h = h @ matrix
        scales.append(scale_of(h - h.mean(axis=0)))
    return scales


# %% message_scales | wrong: input missing
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [scale_of(h - h.mean(axis=0)) for h in signals[1:]]


# %% message_scales | wrong: squares in float32
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [np.sqrt(np.mean((h - h.mean(axis=0)) ** 2)) for h in signals]


# %% message_scales | wrong: another scale
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [np.linalg.norm(h - h.mean(axis=0)) for h in signals]


# %% message_scales | wrong: wrong shape
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return scale_of(signals[-1] - signals[-1].mean(axis=0))


# %% message_scales | wrong: not an array
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    return [h - h.mean(axis=0) for h in signals]


# %% message_scales | wrong: returns its input
def message_scales(x, weights, activation_name):
    return x


# %% message_scales | wrong: returns nothing
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    [scale_of(h - h.mean(axis=0)) for h in signals]


# %% message_scales | wrong: raises
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, activation_name)
    return [scale_of(h - h.mean(axis=0)) for h in signals]


# %% message_scales | wrong: never returns
def message_scales(x, weights, activation_name):
    signals, _ = send_forward(x, weights, ACTIVATIONS[activation_name])
    scales, layer = np.zeros(len(signals)), 0
    while layer < len(signals):
        scales[layer] = scale_of(signals[layer] - signals[layer].mean(axis=0))
    return scales


# %% message_scales | wrong: not a function
message_scales = [0.5, 0.5]

# %% last_layer | right: a whole number
last_layer = 82

# %% last_layer | right: with the last rounding to 0
last_layer = math.log(FLOAT32_MIN / 2) / math.log(0.4 / math.sqrt(2))

# %% last_layer | wrong: ReLU forgotten
last_layer = math.log(FLOAT32_MIN) / math.log(0.4)

# %% last_layer | wrong: ReLU halves the scale
last_layer = math.log(FLOAT32_MIN) / math.log(0.4 / 2)

# %% last_layer | wrong: squares
last_layer = math.log(FLOAT32_MIN) / math.log(100 * 0.04**2 / 2)

# %% last_layer | wrong: width forgotten
last_layer = math.log(FLOAT32_MIN) / math.log(0.04 / math.sqrt(2))

# %% last_layer | wrong: other end
last_layer = -math.log(FLOAT32_MAX) / math.log(0.4 / math.sqrt(2))

# %% last_layer | wrong: upside down
last_layer = math.log(FLOAT32_MIN) / -math.log(0.4 / math.sqrt(2))

# %% last_layer | wrong: another number
last_layer = 50

# %% last_layer | wrong: not a number
last_layer = "about layer 80"


# %% scales_through | right: a generator for each layer, by seed and layer
def scales_through(gain, layers, width, seed):
    h = seeded(seed, 0).standard_normal((1, width))
    scales = [scale_of(h)]
    for layer in range(1, layers + 1):
        h = h @ (gain / math.sqrt(width) * seeded(seed, layer).standard_normal((width, width)))
        scales.append(scale_of(h))
    return np.array(scales)


# %% scales_through | right: uniform, all drawn at once, in float32
def scales_through(gain, layers, width, seed):
    rng = np.random.default_rng([7, seed])
    limit = gain * math.sqrt(3 / width)
    stack = rng.uniform(-limit, limit, (layers, width, width)).astype(np.float32)
    signals, _ = send_forward(rng.standard_normal((1, width), dtype=np.float32), list(stack), ACTIVATIONS["linear"])
    return [scale_of(h) for h in signals]


# %% scales_through | wrong: one matrix
def scales_through(gain, layers, width, seed):
    h = seeded(3, 101, seed).standard_normal((1, width))
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ normal((width, width), seeded(3, 101, seed), std=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: one matrix
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h, W = rng.standard_normal((1, width)), normal((width, width), rng, std=gain / math.sqrt(width))
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ W
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: input in the weights
def scales_through(gain, layers, width, seed):
    h = seeded(3, 101, seed).standard_normal((1, width))
    rng = seeded(3, 101, seed)
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: shared by two networks
def scales_through(gain, layers, width, seed):
    h = seeded(3, 101, seed).standard_normal((1, width))
    scales = [scale_of(h)]
    for layer in range(layers):
        h = h @ normal((width, width), seeded(3, 101, seed + layer + 1), std=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: seed ignored
def scales_through(gain, layers, width, seed):
    h = seeded(3, 101, seed).standard_normal((1, width))
    scales = [scale_of(h)]
    for layer in range(layers):
        h = h @ normal((width, width), seeded(3, 102, layer), std=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: not repeatable
def scales_through(gain, layers, width, seed):
    h = seeded(3, 101, seed).standard_normal((1, width))
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ normal((width, width), np.random.default_rng(), std=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: input missing
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = []
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: only the end
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / math.sqrt(width))
    return scale_of(h)


# %% scales_through | wrong: mean square
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = [np.mean(h**2)]
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / math.sqrt(width))
        scales.append(np.mean(h**2))
    return scales


# %% scales_through | wrong: gain ignored
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=1 / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: another gain
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / width)
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: another gain
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = [scale_of(h)]
    for _ in range(layers):
        h = h @ uniform((width, width), rng, limit=gain / math.sqrt(width))
        scales.append(scale_of(h))
    return scales


# %% scales_through | wrong: another input
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = [np.linalg.norm(h)]
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / math.sqrt(width))
        scales.append(np.linalg.norm(h))
    return scales


# %% scales_through | wrong: another input
def scales_through(gain, layers, width, seed):
    rng = seeded(3, 101, seed)
    h = rng.standard_normal((1, width))
    scales = [np.abs(h).mean()]
    for _ in range(layers):
        h = h @ normal((width, width), rng, std=gain / math.sqrt(width))
        scales.append(np.abs(h).mean())
    return scales


# %% stuck | right: in any order, measured from the network
faulty = [7, 2, 4]
stds = [float(1e3 * draw_stuck().weights[layer - 1].std()) for layer in faulty]

# %% stuck | right: from the widths, as arrays
faulty = np.array([2, 4, 7])
stds = 1 / np.sqrt(np.array(draw_stuck().widths)[faulty - 1])

# %% stuck | right: two digits, in a tuple
faulty, stds = (2, 4, 7), (0.14, 0.13, 0.22)

# %% stuck | wrong: counted from 0
faulty, stds = [1, 3, 6], [0.14, 0.13, 0.22]

# %% stuck | wrong: the layers after
faulty, stds = [3, 5, 8], [0.2, 0.18, 0.16]

# %% stuck | wrong: more of them
faulty, stds = [2], [0.14]

# %% stuck | wrong: more of them
faulty, stds = [2, 4], [0.14, 0.13]

# %% stuck | wrong: a healthy one
faulty, stds = [2, 3, 4, 5, 6, 7, 8], [0.14] * 7

# %% stuck | wrong: a healthy one
faulty, stds = [8], [1.0]

# %% stuck | wrong: not layers
faulty, stds = "layer 2", 0.14

# %% stuck | wrong: not layers
faulty, stds = [2.5], [0.14]

# %% stuck | wrong: not layers
faulty, stds = [48, 60, 20], [0.14, 0.13, 0.22]

# %% stuck | wrong: too few
faulty, stds = [2, 4, 7], 0.14

# %% stuck | wrong: as they are
faulty = [2, 4, 7]
stds = [draw_stuck().weights[layer - 1].std() for layer in faulty]

# %% stuck | wrong: fan_out
faulty = [2, 4, 7]
stds = [1 / math.sqrt(draw_stuck().widths[layer]) for layer in faulty]

# %% stuck | wrong: the variance
faulty = [2, 4, 7]
stds = [1 / draw_stuck().widths[layer - 1] for layer in faulty]

# %% stuck | wrong: the factor
faulty, stds = [2, 4, 7], [1000, 1000, 1000]

# %% stuck | wrong: another std
faulty, stds = [2, 4, 7], [1, 1, 1]

# %% stuck | wrong: another std
faulty, stds = [2, 4, 7], [0.05, 0.05, 0.05]

# %% stuck | wrong: not an array
faulty, stds = [2, 4, 7], ["0.14", "σ", "0.22"]
