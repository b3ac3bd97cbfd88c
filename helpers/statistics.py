"""What many seeds say: the band of the figures, intervals for a median and a share, who comes first, and how surely."""

import math
from statistics import NormalDist

import numpy as np

from helpers.arguments import checked_count, checked_events, checked_level, checked_rng, checked_sample

LOW, HIGH = 0.1, 0.9  # the quantiles at the edges of a band


def quantiles(values):
    """Return the 10 %, 50 % and 90 % quantiles over the seeds (the last axis); nan counts as infinitely large."""
    ordered = np.sort(np.where(np.isnan(values), np.inf, values), axis=-1)
    last = ordered.shape[-1] - 1
    low, high = ordered[..., round(LOW * last)], ordered[..., round(HIGH * last)]
    middle = (ordered[..., last // 2] + ordered[..., (last + 1) // 2]) / 2
    return low, middle, high


def bootstrap_interval(values, rng, *, level=0.95, resamples=1000):
    r"""Percentile bootstrap interval for the median of the distribution that `values` were drawn from.

    .. math:: \left[m^*_{(\alpha)},\; m^*_{(1-\alpha)}\right], \qquad \alpha = \frac{1 - \text{level}}{2}

    with :math:`m^*` the medians of samples drawn from `values` with replacement. Values may be infinite: networks
    that never arrived. Efron (1979). Built in notebook 07.

    Parameters
    ----------
    values : sequence of float, (S,)
    rng : numpy.random.Generator
    level : float between 0 and 1
    resamples : int

    Returns
    -------
    low, high : float
    """
    values, level = checked_sample(values), checked_level(level)
    picks = checked_rng(rng).integers(len(values), size=(resamples, len(values)))
    medians = np.sort(np.median(values[picks], axis=1))
    cut = math.floor((1 - level) / 2 * resamples)
    return float(medians[cut]), float(medians[-1 - cut])


def wilson_interval(count, total, *, level=0.95):
    r"""Wilson's interval for the share p behind `count` events in `total` trials.

    .. math:: \frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1 - \hat p)}{n} + \frac{z^2}{4n^2}}}{1 + z^2/n}

    These are the two p whose own error, z √(p(1 - p)/n), just reaches to :math:`\hat p`. Wilson (1927). Built in
    notebook 07.

    Parameters
    ----------
    count, total : int
        Events, and trials n.
    level : float between 0 and 1

    Returns
    -------
    low, high : float
    """
    count, n = checked_events(count, total)
    z = NormalDist().inv_cdf((1 + checked_level(level)) / 2)
    p = count / n
    middle = p + z**2 / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)
    return (low if count > 0 else 0.0), (high if count < n else 1.0)


def wilson_intervals(counts, trials):
    """Return the ends of Wilson's 95 % interval for each of an array of counts, as `wilson_interval` does for one."""
    return np.vectorize(wilson_interval)(counts, trials)


def told_apart(interval, other):
    """Say whether two intervals have no point in common."""
    return interval[1] < other[0] or other[1] < interval[0]


def earlier(a, b):
    """Return the share of all pairs, one of `a` and one of `b`, in which the one of `a` is smaller."""
    return float((checked_sample(a)[:, np.newaxis] < checked_sample(b)).mean())


def sign_test(count, total):
    r"""Probability that fair coins split at least as unevenly as `count` of `total` pairs: the sign test's p-value.

    .. math:: p = \min\Big(1,\; 2 \cdot 2^{-n} \sum_{i=0}^{k} \binom{n}{i}\Big),
              \qquad k = \min(\text{count},\, n - \text{count})

    Each pair is a trial of its own that one side wins; leave pairs without a winner out of both numbers. Exact, and
    two-sided: nobody has said beforehand which side would win. Arbuthnot (1710). Built in notebook 07.

    Parameters
    ----------
    count, total : int
        Pairs that one side wins, and pairs n that have a winner.

    Returns
    -------
    float
    """
    count, n = checked_events(count, total)
    fewer = min(count, n - count)
    tail = sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n
    return min(1.0, 2 * tail)


def wrong_winner(faster, slower, runs, rng, *, repeats=4000):
    """Return how often the median of `runs` runs of `slower` is below that of as many runs of `faster`."""
    rng, shape = checked_rng(rng), (checked_count(repeats, "repeats"), checked_count(runs, "runs"))
    medians = [np.median(rng.choice(checked_sample(values), shape), axis=1) for values in (faster, slower)]
    return float((medians[1] < medians[0]).mean())
