"""Shares although the classifier errs: naive, adjusted count, and prediction-powered.

A random part of the people was audited: somebody looked. What the audit says about the classifier's errors corrects
what the classifier says about everybody. Intervals resample images, and with them the audit and the data alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

from hpefair.core.fairness.intervals import Array, Counts, Index, clusters_touched, percentile_interval

Whole = NDArray[np.int64]
Method = str

METHODS: Final[tuple[Method, ...]] = ("naive", "adjusted_count", "prediction_powered")
NOT_AUDITED: Final = -1


@dataclass(frozen=True)
class Audited:
    """What the classifier said about everybody, and what somebody saw of some.

    Attributes:
        predicted: Index of the predicted group (N,), 0 to K - 1.
        seen: Index of the group that the audit saw (N,); -1 for people who were not audited. The audited must be a
            random part of the people, or of the images.
        image: Image index of each person (N,), the cluster.
    """

    predicted: Whole
    seen: Whole
    image: Index

    def __post_init__(self) -> None:
        """Check that there is an audit.

        Raises:
            ValueError: If nobody was audited, or the columns differ in length.
        """
        if not len(self.predicted) == len(self.seen) == len(self.image):
            raise ValueError(f"Expected {len(self.predicted)} people in each column but got others")
        if not (self.seen >= 0).any():
            raise ValueError("Expected an audited sample but got nobody; corrected shares need one")


def shares(audited: Audited, groups: Sequence[str], counts: Counts, confidence: float) -> pd.DataFrame:
    """Share of every group by every method, with intervals over audit and data.

    Args:
        audited: Predictions and audit.
        groups: Group names, K; an absent one has its row.
        counts: Image multiplicities from `intervals.resample` (B, n_images).
        confidence: Two-sided level.

    Returns:
        Long table group, method, share, low, high. `naive`: share of predictions. `adjusted_count`: shares p on the
        simplex with M p nearest to the naive ones, M the audit's P(predicted | seen) (Forman 2008; for many groups by
        non-negative least squares). `prediction_powered`: lambda naive + mean over the audited of (seen - lambda
        predicted), lambda chosen to make the variance least (PPI++, Angelopoulos et al. 2023).
    """
    number = len(groups)
    point = _all_shares(audited, np.ones(len(audited.image)), number)
    drawn = np.stack([_all_shares(audited, count[audited.image].astype(float), number) for count in counts])
    clusters = clusters_touched((audited.seen >= 0)[:, None], audited.image)[0]
    low, high = percentile_interval(drawn, confidence, clusters)
    rows = [
        {"group": group, "method": method, "share": point[m, g], "low": low[m, g], "high": high[m, g]}
        for m, method in enumerate(METHODS)
        for g, group in enumerate(groups)
    ]
    return pd.DataFrame(rows)


def confusion(audited: Audited, number: int, weight: Array | None = None) -> Array:
    """P(predicted | seen) of the audit (K predicted, K seen); a group that the audit never saw: told rightly."""
    weight = np.ones(len(audited.image)) if weight is None else weight
    rows = audited.seen >= 0
    matrix = np.zeros((number, number))
    np.add.at(matrix, (audited.predicted[rows], audited.seen[rows]), weight[rows])
    total = matrix.sum(axis=0)
    told = np.divide(matrix, total, out=np.eye(number), where=total > 0)
    return np.asarray(told)


def _all_shares(audited: Audited, weight: Array, number: int) -> Array:
    """Shares (methods, K) with a weight per person; NaN where a resample holds no audited person."""
    says = np.eye(number)[audited.predicted]
    naive = weight @ says / weight.sum()
    rows = audited.seen >= 0
    own = weight[rows]
    if not own.sum() > 0:
        return np.stack([naive, np.full(number, np.nan), np.full(number, np.nan)])
    adjusted = _on_simplex(confusion(audited, number, weight), naive)
    truth, guess = np.eye(number)[audited.seen[rows]], says[rows]
    rectified = np.array([_powered(own, truth[:, g], guess[:, g], naive[g], len(weight)) for g in range(number)])
    return np.stack([naive, adjusted, rectified])


def _on_simplex(matrix: Array, naive: Array) -> Array:
    """Non-negative shares adding up to 1 whose predictions come nearest to the observed ones."""
    heavy = 1e3  # makes the sum a constraint, in effect
    solution, _ = nnls(np.vstack([matrix, np.full((1, len(naive)), heavy)]), np.append(naive, heavy))
    return np.asarray(solution / solution.sum())


def _powered(weight: Array, truth: Array, guess: Array, naive: float, n_people: int) -> float:
    """Prediction-powered mean of one indicator (PPI++, eq. 5 and 8)."""
    mean_truth, mean_guess = np.average(truth, weights=weight), np.average(guess, weights=weight)
    variance = np.average((guess - mean_guess) ** 2, weights=weight)
    covariance = np.average((guess - mean_guess) * (truth - mean_truth), weights=weight)
    power = covariance / variance / (1 + len(weight) / n_people) if variance > 0 else 0.0
    power = float(np.clip(power, 0, 1))
    return float(power * naive + mean_truth - power * mean_guess)
