# Answers to the exercises of notebook 01, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% without_twins | right: through np.unique, which sorts the units
def without_twins(weights, biases, outgoing):
    units = np.vstack([weights, biases])
    distinct, kind = np.unique(units, axis=1, return_inverse=True)
    passed_on = np.zeros((distinct.shape[1], outgoing.shape[1]))
    np.add.at(passed_on, kind.ravel(), outgoing)
    return distinct[:-1], distinct[-1], passed_on


# %% without_twins | right: with a dictionary, as lists
def without_twins(weights, biases, outgoing):
    passed_on = {}
    for unit in range(len(biases)):
        key = (*weights[:, unit].tolist(), float(biases[unit]))
        passed_on[key] = passed_on.get(key, 0) + outgoing[unit]
    weights = [[key[row] for key in passed_on] for row in range(len(weights))]
    return weights, [key[-1] for key in passed_on], [row.tolist() for row in passed_on.values()]


# %% without_twins | right: a twin deleted at a time, in float32
def without_twins(weights, biases, outgoing):
    unit = 0
    while unit < len(biases):
        for other in range(len(biases) - 1, unit, -1):
            if biases[other] == biases[unit] and np.array_equal(weights[:, other], weights[:, unit]):
                outgoing[unit] += outgoing[other]
                weights = np.delete(weights, other, axis=1)
                biases = np.delete(biases, other)
                outgoing = np.delete(outgoing, other, axis=0)
        unit += 1
    return weights.astype(np.float32), biases.astype(np.float32), outgoing.astype(np.float32)


# %% without_twins | wrong: outgoing dropped
def without_twins(weights, biases, outgoing):
    _, first = np.unique(np.vstack([weights, biases]), axis=1, return_index=True)
    return weights[:, first], biases[first], outgoing[first]


# %% without_twins | wrong: outgoing dropped
def without_twins(weights, biases, outgoing):
    units = {(*weights[:, unit], biases[unit]): unit for unit in range(len(biases))}  # the last of each kind
    kept = list(units.values())
    return weights[:, kept], biases[kept], outgoing[kept]


# %% without_twins | wrong: averaged
def without_twins(weights, biases, outgoing):
    _, first, kind = np.unique(np.vstack([weights, biases]), axis=1, return_index=True, return_inverse=True)
    passed_on = [outgoing[kind.ravel() == number].mean(axis=0) for number in range(len(first))]
    return weights[:, first], biases[first], np.array(passed_on)


# %% without_twins | wrong: counted
def without_twins(weights, biases, outgoing):
    _, first, count = np.unique(np.vstack([weights, biases]), axis=1, return_index=True, return_counts=True)
    return weights[:, first], biases[first], outgoing[first] * count[:, np.newaxis]


# %% without_twins | wrong: order mixed
def without_twins(weights, biases, outgoing):
    units = np.vstack([weights, biases])
    distinct = np.unique(units, axis=1)  # sorts
    passed_on = {}
    for unit, column in enumerate(units.T):
        passed_on[tuple(column)] = passed_on.get(tuple(column), 0) + outgoing[unit]
    return distinct[:-1], distinct[-1], np.array(list(passed_on.values()))


# %% without_twins | wrong: other answers
def without_twins(weights, biases, outgoing):
    _, first = np.unique(np.vstack([weights, biases]), axis=1, return_index=True)
    return weights[:, first], biases[first], 2 * outgoing[first]


# %% without_twins | wrong: twins left
def without_twins(weights, biases, outgoing):
    kept, passed_on = [0], [outgoing[0]]
    for unit in range(1, len(biases)):
        if np.array_equal(weights[:, unit], weights[:, unit - 1]) and biases[unit] == biases[unit - 1]:
            passed_on[-1] = passed_on[-1] + outgoing[unit]
        else:
            kept.append(unit)
            passed_on.append(outgoing[unit])
    return weights[:, kept], biases[kept], np.array(passed_on)


# %% without_twins | wrong: twins left
def without_twins(weights, biases, outgoing):
    for unit in range(len(biases)):  # silences the twins, but leaves them there
        for other in range(unit + 1, len(biases)):
            if np.array_equal(weights[:, unit], weights[:, other]) and biases[unit] == biases[other]:
                outgoing[unit] += outgoing[other]
                outgoing[other] = 0
    return weights, biases, outgoing


# %% without_twins | wrong: bias forgotten
def without_twins(weights, biases, outgoing):
    _, first, kind = np.unique(weights, axis=1, return_index=True, return_inverse=True)
    passed_on = [outgoing[kind.ravel() == number].sum(axis=0) for number in range(len(first))]
    return weights[:, first], biases[first], np.array(passed_on)


# %% without_twins | wrong: outgoing compared
def without_twins(weights, biases, outgoing):
    units = np.vstack([weights, biases, outgoing.T])
    _, first, count = np.unique(units, axis=1, return_index=True, return_counts=True)
    return weights[:, first], biases[first], outgoing[first] * count[:, np.newaxis]


# %% without_twins | wrong: units lost
def without_twins(weights, biases, outgoing):
    _, first, count = np.unique(np.vstack([weights, biases]), axis=1, return_index=True, return_counts=True)
    alone = first[count == 1]
    return weights[:, alone], biases[alone], outgoing[alone]


# %% without_twins | wrong: parts disagree
def without_twins(weights, biases, outgoing):
    _, first = np.unique(np.vstack([weights, biases]), axis=1, return_index=True)
    return weights[:, first], biases, outgoing[first]


# %% without_twins | wrong: not three arrays
def without_twins(weights, biases, outgoing):
    return np.unique(np.vstack([weights, biases]), axis=1)


# %% without_twins | wrong: not three arrays
def without_twins(weights, biases, outgoing):
    _, first = np.unique(np.vstack([weights, biases]), axis=1, return_index=True)
    return weights[:, first], outgoing[first]


# %% without_twins | wrong: transposed
def without_twins(weights, biases, outgoing):
    units = {}
    for number, unit in enumerate(weights.T):
        units.setdefault((*unit, biases[number]), []).append(number)
    kept = [numbers[0] for numbers in units.values()]
    return weights.T[kept], biases[kept], np.array([outgoing[numbers].sum(axis=0) for numbers in units.values()])


# %% without_twins | wrong: wrong shape
def without_twins(weights, biases, outgoing):
    _, first = np.unique(weights, axis=0, return_index=True)  # compares inputs, not units
    return weights[first[:2]], biases, outgoing


# %% without_twins | wrong: returns its input
def without_twins(weights, biases, outgoing):
    np.unique(weights, axis=1)
    return weights, biases, outgoing


# %% without_twins | wrong: returns nothing
def without_twins(weights, biases, outgoing):
    weights = np.unique(weights, axis=1)


# %% without_twins | wrong: raises
def without_twins(weights, biases, outgoing):
    units = np.vstack([weights, biases, outgoing])
    return np.unique(units, axis=1)


# %% without_twins | wrong: never returns
def without_twins(weights, biases, outgoing):
    unit = 0
    while unit < len(biases):
        same = np.all(weights == weights[:, [unit]], axis=0)
        if same.sum() == 1:
            unit += 1
    return weights, biases, outgoing


# %% without_twins | wrong: not an array
def without_twins(weights, biases, outgoing):
    return "weights", "biases", "outgoing"


# %% steps_to_part | right: counted in pieces of three decades
steps_to_part = 100 + 2 * 60

# %% steps_to_part | right: from the line through both points
slope, constant_part = np.polyfit([3, 6], [40, 100], 1)
steps_to_part = slope * 12 + constant_part

# %% steps_to_part | wrong: in proportion
steps_to_part = 100 * 12 / 6

# %% steps_to_part | wrong: all decades
steps_to_part = 12 * 60 / 3

# %% steps_to_part | wrong: half the way
steps_to_part = 100 + 60

# %% steps_to_part | wrong: extra alone
steps_to_part = 6 * 20

# %% steps_to_part | wrong: multiplied
steps_to_part = 100 * (100 / 40) ** 2

# %% steps_to_part | wrong: as many times
steps_to_part = 100 * 1e-6 / 1e-12

# %% steps_to_part | wrong: another number
steps_to_part = 100 * (100 / 40)

# %% steps_to_part | wrong: not a number
steps_to_part = [160, 220]


# %% nearly_constant | right: normal around the value
def nearly_constant(shape, rng, value, noise):
    return rng.normal(value, noise, shape)


# %% nearly_constant | right: weight by weight, last to first, in float32
def nearly_constant(shape, rng, value, noise):
    weights = np.empty(shape, dtype=np.float32)
    for unit in reversed(range(shape[1])):
        for number in range(shape[0]):
            weights[number, unit] = value + noise * rng.standard_normal()
    return weights


# %% nearly_constant | right: uniform noise
def nearly_constant(shape, rng, value, noise):
    limit = math.sqrt(3) * noise
    return value + rng.uniform(-limit, limit, shape)


# %% nearly_constant | wrong: units tied
def nearly_constant(shape, rng, value, noise):
    fan_in, _ = shape
    return constant(shape, value=value) + noise * rng.standard_normal((fan_in, 1))


# %% nearly_constant | wrong: units tied
def nearly_constant(shape, rng, value, noise):
    weights = constant(shape, value=value)
    weights[:, 0] += noise * rng.standard_normal(shape[0])  # the first unit alone
    return weights


# %% nearly_constant | wrong: inputs alike
def nearly_constant(shape, rng, value, noise):
    _, fan_out = shape
    return constant(shape, value=value) + noise * rng.standard_normal(fan_out)


# %% nearly_constant | wrong: value lost
def nearly_constant(shape, rng, value, noise):
    return normal(shape, rng, std=noise)


# %% nearly_constant | wrong: not centred
def nearly_constant(shape, rng, value, noise):
    return value + noise * rng.random(shape)


# %% nearly_constant | wrong: noise times value
def nearly_constant(shape, rng, value, noise):
    return value * (1 + noise * rng.standard_normal(shape))


# %% nearly_constant | wrong: variance for std
def nearly_constant(shape, rng, value, noise):
    return value + noise**2 * rng.standard_normal(shape)


# %% nearly_constant | wrong: limit for std
def nearly_constant(shape, rng, value, noise):
    return value + rng.uniform(-noise, noise, shape)


# %% nearly_constant | wrong: another size
def nearly_constant(shape, rng, value, noise):
    return value + rng.standard_normal(shape)


# %% nearly_constant | wrong: constant
def nearly_constant(shape, rng, value, noise):
    return constant(shape, value=value) + noise * rng.standard_normal()


# %% nearly_constant | wrong: global randomness
def nearly_constant(shape, rng, value, noise):
    return value + noise * np.random.standard_normal(shape)


# %% nearly_constant | wrong: hard-coded seed
def nearly_constant(shape, rng, value, noise):
    return value + noise * np.random.default_rng(0).standard_normal(shape)


# %% nearly_constant | wrong: raises
def nearly_constant(shape, rng, value, noise):
    fan_in, fan_out = shape
    return constant(shape, value=value) + noise * rng.standard_normal((fan_out, fan_in))


# %% tied_starts | right: in capitals, with a space
tied, reason = "B ", "Q"

# %% tied_starts | wrong: all three
tied, reason = "a", "p"

# %% tied_starts | wrong: constant alone
tied, reason = "c", "s"

# %% tied_starts | wrong: zeros alone
tied, reason = "d", "q"

# %% tied_starts | wrong: equal gradients
tied, reason = "b", "p"

# %% tied_starts | wrong: slope
tied, reason = "b", "r"

# %% tied_starts | wrong: nothing back
tied, reason = "b", "s"

# %% tied_starts | wrong: no such choice
tied, reason = "S and C", "q"
