"""Are two samples of weights from the same distribution?"""

import math

import numpy as np
from scipy import stats

# Two samples of 20,000 values must agree: their standard deviations to 6 standard errors (false alarm: 1 in 500
# million), the Kolmogorov-Smirnov test must give p > 1e-9, and of either sample at most 30 may lie beyond the largest
# of the other (each more is half as likely). A std that is wrong by 7 % is seen, and so are missing tails.

VALUES = 20_000
SIGMAS = 6
SMALLEST_P = 1e-9


def sample(draw, shape):
    return np.concatenate([np.ravel(draw()) for _ in range(math.ceil(VALUES / math.prod(shape)))])


def assert_alike(ours, theirs):
    excess = stats.kurtosis(ours)
    error = math.sqrt((excess + 2) / 4 * (1 / ours.size + 1 / theirs.size))  # of the logarithm of a ratio of two stds
    assert abs(math.log(ours.std() / theirs.std())) < SIGMAS * error
    assert abs(ours.mean() - theirs.mean()) < SIGMAS * ours.std() * math.sqrt(1 / ours.size + 1 / theirs.size)
    assert stats.ks_2samp(ours, theirs, method="asymp").pvalue > SMALLEST_P
    ours, theirs = np.abs(ours), np.abs(theirs)
    assert (ours > theirs.max()).sum() <= 30
    assert (theirs > ours.max()).sum() <= 30
