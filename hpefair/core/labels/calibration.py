"""Probabilities that mean what they say: scaling, its error, and from which confidence on a group is named."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import ndtri, softmax

from hpefair.arrays import Array, Index

FLOOR: Final = 1e-6  # a probability of 0 has no logarithm, and no audit ever showed one
BINS: Final = 10
THRESHOLDS: Final = 10
NOBODY: Final = 1.01  # a threshold that no probability reaches
PENALTY: Final = 0.5  # weight of the shifts' squares, in labels: few labels move them little


@dataclass(frozen=True)
class Scaling:
    """A correction of probabilities: softmax(slope log p + shift).

    Attributes:
        slope: One over the temperature; below 1 makes an overconfident classifier modest.
        shift: Added to each group (K,); zeros for temperature scaling.
    """

    slope: float
    shift: tuple[float, ...]

    def __call__(self, probabilities: Array) -> Array:
        """Corrected probabilities (N, K)."""
        logits = self.slope * np.log(np.maximum(probabilities, FLOOR)) + np.array(self.shift)
        return np.asarray(softmax(logits, axis=1))


def unscaled(groups: int) -> Scaling:
    """The correction that changes nothing."""
    return Scaling(1.0, (0.0,) * groups)


def temperature(probabilities: Array, truth: Index) -> Scaling:
    """Temperature scaling (Guo et al. 2017, 1706.04599): the one slope of highest likelihood; ranks do not change.

    Args:
        probabilities: A classifier's probabilities (N, K).
        truth: Index of the true group (N,).

    Returns:
        The scaling; slope between 0.05 and 20.
    """
    shift = (0.0,) * probabilities.shape[1]
    optimum = minimize_scalar(
        lambda log_slope: log_loss(Scaling(float(np.exp(log_slope)), shift)(probabilities), truth),
        bounds=(np.log(0.05), np.log(20)),
        method="bounded",
    )
    return Scaling(float(np.exp(optimum.x)), shift)


def platt(probabilities: Array, truth: Index) -> Scaling:
    """Platt scaling (1999): slope and one shift per group, so that an inclination to a group is corrected as well.

    For two groups it is Platt's sigmoid on the log odds; for more, its extension with a common slope. Shifts are held
    back a little (`PENALTY`), so that a group that the labels lack is not ruled out.

    Args:
        probabilities: A classifier's probabilities (N, K).
        truth: Index of the true group (N,).

    Returns:
        The scaling; its shifts add up to 0.
    """
    start = np.r_[np.log(temperature(probabilities, truth).slope), np.zeros(probabilities.shape[1])]

    def loss(values: Array) -> float:
        scaling = Scaling(float(np.exp(values[0])), tuple(values[1:]))
        return log_loss(scaling(probabilities), truth) + PENALTY * float((values[1:] ** 2).sum()) / len(truth)

    bounds = [(np.log(0.05), np.log(20)), *[(-10.0, 10.0)] * probabilities.shape[1]]
    optimum = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    shift = optimum.x[1:] - optimum.x[1:].mean()
    return Scaling(float(np.exp(optimum.x[0])), tuple(float(value) for value in shift))


METHODS: Final = {"temperature": temperature, "platt": platt}


def cross_fitted(probabilities: Array, truth: Index, cluster: Index, method: str, folds: int = 5) -> Array:
    """Scaled probabilities (N, K) of each person by a scaling that was fitted on people of other clusters.

    What a scaling reaches on its own labels flatters it; these are for judging it.

    Args:
        probabilities: A classifier's probabilities (N, K).
        truth: True group (N,).
        cluster: Image or subject (N,), whose people stay in one fold.
        method: temperature or platt.
        folds: Folds; no more than there are clusters.

    Returns:
        Probabilities (N, K).
    """
    names = np.unique(cluster)
    order = np.random.default_rng(0).permutation(len(names))
    fold_of = order % min(folds, len(names))
    fold = fold_of[np.searchsorted(names, cluster)]
    out = probabilities.copy()
    for number in np.unique(fold):
        rest = fold != number
        if rest.any():
            out[~rest] = METHODS[method](probabilities[rest], truth[rest])(probabilities[~rest])
    return out


def log_loss(probabilities: Array, truth: Index) -> float:
    """Mean negative logarithm of the probability of the true group."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], FLOOR)).mean())


def calibration_error(probabilities: Array, truth: Index, bins: int = BINS) -> float:
    """Expected calibration error of the named group: mean |accuracy - confidence| over bins of equal numbers of people.

    Args:
        probabilities: Probabilities (N, K).
        truth: True group (N,).
        bins: Bins; fewer where there are fewer than ten people for each.

    Returns:
        The error, 0 to 1; NaN without people. A perfect classifier of n people is expected to show about
        sqrt(bins / n) / 4 by chance alone.
    """
    if not len(truth):
        return float("nan")
    table = reliability(probabilities, truth, bins)
    return float((table[:, 2] * np.abs(table[:, 1] - table[:, 0])).sum() / table[:, 2].sum())


def reliability(probabilities: Array, truth: Index, bins: int = BINS) -> Array:
    """Mean confidence, accuracy and number of people of each bin (bins, 3), bins of equal numbers of people."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, max(min(bins, len(order) // 10), 1))
    return np.array([[confidence[part].mean(), right[part].mean(), len(part)] for part in parts])


def threshold(probabilities: Array, truth: Index, wanted: float, confidence: float) -> float:
    """Confidence from which on a group is named, so that the named are right at least as often as wanted.

    Of ten thresholds, which name the surest tenth, two tenths ... of the labelled people, the lowest one for which the
    accuracy is shown: the lower end of Wilson's one-sided interval, at a tenth of the error that is allowed, reaches it
    (Bonferroni, because the data choose among ten).

    Args:
        probabilities: Scaled probabilities (N, K) of labelled people.
        truth: True group (N,).
        wanted: Accuracy among the named.
        confidence: Of the claim.

    Returns:
        The threshold; above 1 where no threshold reaches the accuracy, so that everybody is unknown.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    for level in np.quantile(sure, np.arange(THRESHOLDS) / THRESHOLDS) if len(sure) else ():
        named = sure >= level
        if wilson_low(int(right[named].sum()), int(named.sum()), 1 - (1 - confidence) / THRESHOLDS) >= wanted:
            return float(level)
    return NOBODY


def wilson_low(hits: int, number: int, confidence: float) -> float:
    """Lower end of Wilson's one-sided interval of a share (1927)."""
    share, z = hits / number, float(ndtri(confidence))
    centre = share + z**2 / (2 * number)
    half = z * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2))
    return float((centre - half) / (1 + z**2 / number))
