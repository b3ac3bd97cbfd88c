# Answers to the exercises of notebook 07, as readers write them. Each cell says for which exercise it is, and whether
# it is right or which mistake the check must name.

# %% stays_below | right: a loop from the end, a list
def stays_below(target, steps, losses):
    since = []
    for network in range(losses.shape[1]):
        step = math.inf
        for record in reversed(range(len(steps))):
            if not losses[record, network] <= target:
                break
            step = steps[record]
        since.append(step)
    return since


# %% stays_below | right: how many records at the end are below, in float32
def stays_below(target, steps, losses):
    below_until_the_end = np.cumprod((losses <= target)[::-1], axis=0).sum(axis=0)
    with_never = np.append(steps, np.inf).astype(np.float32)
    return with_never[len(steps) - below_until_the_end]


# %% stays_below | right: for each record, whether all later ones are below
def stays_below(target, steps, losses):
    stays = np.array([(losses[record:] <= target).all(axis=0) for record in range(len(steps))])
    return np.where(stays.any(axis=0), steps[stays.argmax(axis=0)], np.inf)


# %% stays_below | wrong: first time
def stays_below(target, steps, losses):
    return steps_to(target, steps, losses)


# %% stays_below | wrong: row for step
def stays_below(target, steps, losses):
    stays = np.array([(losses[record:] <= target).all(axis=0) for record in range(len(steps))])
    return np.where(stays.any(axis=0), stays.argmax(axis=0), np.inf)


# %% stays_below | wrong: one record early
def stays_below(target, steps, losses):
    since = np.full(losses.shape[1], math.inf)
    for network, curve in enumerate(losses.T):
        above = np.flatnonzero(~(curve <= target))
        if len(above) == 0:
            since[network] = steps[0]
        elif above[-1] < len(steps) - 1:
            since[network] = steps[above[-1]]
    return since


# %% stays_below | wrong: nan below
def stays_below(target, steps, losses):
    since = np.full(losses.shape[1], math.inf)
    for network, curve in enumerate(losses.T):
        above = np.flatnonzero(curve > target)
        first = above[-1] + 1 if len(above) else 0
        if first < len(steps):
            since[network] = steps[first]
    return since


# %% stays_below | wrong: never is not inf
def stays_below(target, steps, losses):
    stays = np.array([(losses[record:] <= target).all(axis=0) for record in range(len(steps))])
    return steps[stays.argmax(axis=0)]


# %% stays_below | wrong: never is not inf
def stays_below(target, steps, losses):
    stays = np.array([(losses[record:] <= target).all(axis=0) for record in range(len(steps))])
    return [steps[column.argmax()] if column.any() else None for column in stays.T]


# %% stays_below | wrong: below alone
def stays_below(target, steps, losses):
    stays = np.array([(losses[record:] < target).all(axis=0) for record in range(len(steps))])
    return np.where(stays.any(axis=0), steps[stays.argmax(axis=0)], np.inf)


# %% stays_below | wrong: another step
def stays_below(target, steps, losses):
    below = losses <= target
    lasts = below & np.roll(below, -1, axis=0)  # below at this record and the next
    return np.where(below[-1], steps[lasts.argmax(axis=0)], np.inf)


# %% stays_below | wrong: wrong shape
def stays_below(target, steps, losses):
    stays = (np.maximum.accumulate(losses[::-1])[::-1] <= target).all()
    return steps[0] if stays else np.inf


# %% stays_below | wrong: returns its input
def stays_below(target, steps, losses):
    return steps


# %% stays_below | wrong: returns nothing
def stays_below(target, steps, losses):
    steps_to(target, steps, np.maximum.accumulate(losses[::-1])[::-1])


# %% stays_below | wrong: raises
def stays_below(target, steps, losses):
    return [steps[max(np.flatnonzero(curve > target)) + 1] for curve in losses.T]


# %% stays_below | wrong: never returns
def stays_below(target, steps, losses):
    since = []
    for curve in losses.T:
        record = len(steps)
        while not (curve[record:] > target).any():
            record = max(record - 1, 0)
        since.append(steps[record])
    return since


# %% stays_below | wrong: not an array
def stays_below(target, steps, losses):
    stays = np.array([(losses[record:] <= target).all(axis=0) for record in range(len(steps))])
    return [steps[column] for column in stays.T]


# %% best_of_five | right: rounded
best_of_five = 0.83

# %% best_of_five | right: tried out
runs = np.random.default_rng(1).random((200_000, 6))
best_of_five = np.mean(runs[:, :5].min(axis=1) < runs[:, 5])

# %% best_of_five | wrong: a single run
best_of_five = 0.5

# %% best_of_five | wrong: as if independent
best_of_five = 1 - 0.5**5

# %% best_of_five | wrong: B's chance
best_of_five = 1 / 6

# %% best_of_five | wrong: five runs in all
best_of_five = 4 / 5

# %% best_of_five | wrong: all five
best_of_five = 0.5**5

# %% best_of_five | wrong: percent
best_of_five = 83

# %% best_of_five | wrong: another number
best_of_five = 5

# %% best_of_five | wrong: not a number
best_of_five = "5 of 6"


# %% win_interval | right: counted in a loop, with the formula, as an array
def win_interval(a, b):
    won = total = 0
    for i in range(len(a)):
        if a[i] != b[i]:
            total += 1
            won += a[i] < b[i]
    p, z = won / total, 1.96
    reach = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    return np.array([p + z**2 / (2 * total) - reach, p + z**2 / (2 * total) + reach]) / (1 + z**2 / total)


# %% win_interval | right: through sets of undecided pairs
def win_interval(a, b):
    decided = ~((a == b) | (np.isinf(a) & np.isinf(b)))
    low, high = wilson_interval(int((a < b)[decided].sum()), int(decided.sum()), level=0.95)
    return [low, high]


# %% win_interval | wrong: all pairs
def win_interval(a, b):
    won, lost = np.sum(a[:, None] < b), np.sum(a[:, None] > b)
    return wilson_interval(won, won + lost)


# %% win_interval | wrong: all pairs
def win_interval(a, b):
    pairs = len(a) * len(b)
    return wilson_interval(round(earlier(a, b) * pairs), pairs)


# %% win_interval | wrong: ties as trials
def win_interval(a, b):
    return wilson_interval(np.sum(a < b), len(a))


# %% win_interval | wrong: ties as wins
def win_interval(a, b):
    return wilson_interval(np.sum(a <= b), len(a))


# %% win_interval | wrong: never left out
def win_interval(a, b):
    both = np.isfinite(a) & np.isfinite(b) & (a != b)
    return wilson_interval(np.sum((a < b) & both), np.sum(both))


# %% win_interval | wrong: neither counted
def win_interval(a, b):
    tied = (a == b) & np.isfinite(a)
    return wilson_interval(np.sum(a < b), np.sum(~tied))


# %% win_interval | wrong: the other start
def win_interval(a, b):
    won, lost = np.sum(a > b), np.sum(a < b)
    return wilson_interval(won, won + lost)


# %% win_interval | wrong: not Wilson's
def win_interval(a, b):
    won, lost = np.sum(a < b), np.sum(a > b)
    p = won / (won + lost)
    reach = 1.96 * math.sqrt(p * (1 - p) / (won + lost))
    return p - reach, p + reach


# %% win_interval | wrong: another interval
def win_interval(a, b):
    won, lost = np.sum(a < b), np.sum(a > b)
    return wilson_interval(won, won + lost, level=0.5)


# %% win_interval | wrong: wrong shape
def win_interval(a, b):
    return np.sum(a < b) / np.sum(a != b)


# %% win_interval | wrong: raises
def win_interval(a, b):
    return wilson_interval(np.mean(a < b), 1)


# %% mended | right: a rate of the lesson's map
mended = {"start": "He", "factor": 1.0, "hidden_layers": 3, "learning_rate": 1}

# %% mended | right: with a copy
mended = dict(FAILING_RUN)
mended["learning_rate"] = 0.5

# %% mended | wrong: not settings
mended = 0.3

# %% mended | wrong: not settings
mended = {"learning_rate": 0.3}

# %% mended | wrong: nothing changed
mended = FAILING_RUN

# %% mended | wrong: more than one
mended = {**FAILING_RUN, "factor": 0.5, "learning_rate": 0.3}

# %% mended | wrong: another start
mended = {**FAILING_RUN, "start": "Xavier"}

# %% mended | wrong: another start
mended = {**FAILING_RUN, "factor": 0.125}

# %% mended | wrong: another network
mended = {**FAILING_RUN, "hidden_layers": 1}

# %% mended | wrong: too long
mended = {**FAILING_RUN, "learning_rate": 6}

# %% mended | wrong: too short
mended = {**FAILING_RUN, "learning_rate": 0.01}

# %% mended | wrong: not a rate
mended = {**FAILING_RUN, "learning_rate": "small"}

# %% mended | wrong: not a rate
mended = {**FAILING_RUN, "learning_rate": -0.3}
