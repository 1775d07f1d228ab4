"""Shares and group means although the classifier errs: naive, adjusted count, and prediction-powered.

A random part of the people was audited: somebody looked. What the audit says about the classifier's errors corrects
what the classifier says about everybody. Intervals resample images, and with them the audit and the data alike.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.core.labels.reviewed_sample import Audited
from hpefair.core.uncertainty.intervals import Counts, clusters_touched, percentile_interval, ratio, resampled_sums
from hpefair.core.uncertainty.power import unseen_loss

SINGULAR: Final = 0.2  # smallest singular value of M below which its inverse multiplies the audit's noise
METHODS: Final = ("naive", "adjusted_count", "prediction_powered")


@dataclass(frozen=True)
class _Moments:
    """Weighted sums over people, for the data as it is and for every resample alike (R rows).

    Attributes:
        says: Sum of what the classifier says (R, K) of people that may be wrong.
        total: Their weight (R,).
        joint: Sum of says times seen over the audited (R, K says, K seen).
        square: Sum of says squared over the audited (R, K).
        exact: Sum of groups of people who are known beyond doubt (R, K).
    """

    says: Array
    total: Array
    joint: Array
    square: Array
    exact: Array


def shares(
    audited: Audited, groups: Sequence[str], counts: Counts, confidence: float, aside: Collection[str] = ()
) -> pd.DataFrame:
    """Share of every group by every method, with intervals over audit and data.

    Args:
        audited: Predictions and audit.
        groups: Group names, K; an absent one has its row.
        counts: Image multiplicities from `intervals.resample` (B, n_images).
        confidence: Two-sided level.
        aside: Groups (`unknown`) whose people are estimated as well, but not counted: shares are among the rest.

    Returns:
        Long table group, method, share, low, high. `naive`: share of predictions. `adjusted_count`: shares p on the
        simplex with M p nearest to the naive ones, M the audit's P(says | seen) (Forman 2008; for many groups by
        non-negative least squares, for probabilities the probabilistic count of Bella et al. 2010).
        `prediction_powered`: lambda naive + mean over the audited of (seen - lambda says), lambda chosen to make the
        variance least (PPI++, Angelopoulos et al. 2023). Where the audit saw no error of one kind, the interval leaves
        room for errors too rare to have been seen (rule of three). Where M is nearly singular, counts cannot be
        adjusted, and the interval is [0, 1].
    """
    counted = [g for g, group in enumerate(groups) if group not in aside]
    whole, resampled = _moments(audited, counts)
    point, drawn = (_shares(moments, counted) for moments in (whole, resampled))
    clusters = clusters_touched((audited.seen >= 0)[:, None], audited.image)[0]
    low, high = percentile_interval(drawn, confidence, clusters)
    below, above = _unseen_errors(audited, confidence)
    tellable = _tellable(whole, counted)  # errors are shares of everybody, the results of those who can be told
    low[1:] = np.clip(low[1:] - below[counted] / tellable, 0, 1)
    high[1:] = np.clip(high[1:] + above[counted] / tellable, 0, 1)
    if np.linalg.svd(confusion(audited), compute_uv=False).min() < SINGULAR:
        low[1], high[1] = 0.0, 1.0
    rows = [
        {"group": groups[g], "method": method, "share": point[0, m, k], "low": low[m, k], "high": high[m, k]}
        for m, method in enumerate(METHODS)
        for k, g in enumerate(counted)
    ]
    return pd.DataFrame(rows)


def group_means(
    audited: Audited, scores: Array, groups: Sequence[str], counts: Counts, confidence: float
) -> pd.DataFrame:
    """Mean of a score in every group although membership is a classifier's word, naive and prediction-powered.

    The ratio of two prediction-powered means, of score times membership and of membership: an error that is commoner
    for people with low scores is corrected as well, which adjusting a group's mean by an error rate is not (the joint
    correction; attenuation formulas need errors that do not depend on the score).

    Args:
        audited: Predictions and audit; `exact` people keep their groups.
        scores: Score of each person (N,); NaN counts for nobody.
        groups: Group names, K.
        counts: Image multiplicities (B, n_images).
        confidence: Two-sided level.

    Returns:
        Long table group, method (naive, prediction_powered), mean, low, high.
    """
    scored = ~np.isnan(scores)
    kept = audited.subset(scored)
    weighted = kept.scaled(scores[scored])
    clusters = clusters_touched((kept.seen >= 0)[:, None], kept.image)[0]
    tops, sizes = _moments(weighted, counts), _moments(kept, counts)
    estimates = []
    for top, size in zip(tops, sizes, strict=True):
        power = _power(size)
        naive = ratio(top.says + top.exact, size.says + size.exact)
        parts = (_rectified(moments, size, power) + moments.exact for moments in (top, size))
        estimates.append(np.stack([naive, ratio(*parts)], axis=1))
    low, high = percentile_interval(estimates[1], confidence, clusters)
    methods = ("naive", "prediction_powered")
    rows = [
        {"group": group, "method": method, "mean": estimates[0][0, m, g], "low": low[m, g], "high": high[m, g]}
        for m, method in enumerate(methods)
        for g, group in enumerate(groups)
    ]
    return pd.DataFrame(rows)


def confusion(audited: Audited) -> Array:
    """P(says | seen) of the audit (K says, K seen); a group that the audit never saw: told rightly."""
    audit = audited.audit
    truth = np.eye(audited.size)[audited.seen[audit]]
    return np.asarray(_told(((audited.says[audit] * audited.weight[audit, None]).T @ truth)[None])[0])


def _moments(audited: Audited, counts: Counts) -> tuple[_Moments, _Moments]:
    """Of the data as it is (R = 1), and of every resample (R = B)."""
    size, audit = audited.size, audited.audit
    says = audited.says * audited.weight[:, None]
    truth = np.eye(size)[np.maximum(audited.seen, 0)] * audit[:, None]
    parts = [
        says * ~audited.exact[:, None],
        (audited.weight * ~audited.exact)[:, None],
        (says[:, :, None] * truth[:, None, :]).reshape(len(says), -1),
        says * audited.says * audit[:, None],
        says * audited.exact[:, None],
    ]
    features = np.concatenate(parts, axis=1)
    drawn = resampled_sums(features, np.ones((len(says), 1)), audited.image, counts)[0][:, 0]
    return _unpacked(features.sum(axis=0)[None], size), _unpacked(drawn, size)


def _unpacked(sums: Array, size: int) -> _Moments:
    says, total, joint, square, exact = np.split(sums, np.cumsum([size, 1, size * size, size]), axis=1)
    return _Moments(says, total[:, 0], joint.reshape(-1, size, size), square, exact)


def _shares(moments: _Moments, counted: list[int]) -> Array:
    """Shares (R, methods, K) among the counted groups; NaN where a resample holds no audited person."""
    naive = ratio(moments.says, np.broadcast_to(moments.total[:, None], moments.says.shape))
    told = _told(moments.joint)
    adjusted = np.array([_on_simplex(matrix, row) for matrix, row in zip(told, naive, strict=True)])
    seen = moments.joint.sum(axis=(1, 2))
    adjusted[~(seen > 0)] = np.nan
    real = np.stack(
        [naive, adjusted, ratio(_rectified(moments, moments, _power(moments)), moments.total[:, None])], axis=1
    )
    number = real * moments.total[:, None, None] + moments.exact[:, None]
    number = np.maximum(number[:, :, counted], 0)
    whole = number.sum(axis=2, keepdims=True)
    return np.asarray(ratio(number, np.broadcast_to(whole, number.shape)))


def _tellable(moments: _Moments, counted: list[int]) -> float:
    """Share of the people, by the prediction-powered estimate, who belong to a counted group."""
    number = _rectified(moments, moments, _power(moments)) + moments.exact
    return float(np.clip(number[0, counted].sum() / max(number[0].sum(), 1e-9), 1e-3, 1))


def _told(joint: Array) -> Array:
    """P(says | seen) (R, K, K) from sums."""
    total = joint.sum(axis=1, keepdims=True)
    untouched = np.broadcast_to(np.eye(joint.shape[1]), joint.shape).copy()
    return np.asarray(np.divide(joint, total, out=untouched, where=total > 0))


def _on_simplex(matrix: Array, naive: Array) -> Array:
    """Non-negative shares adding up to 1 whose predictions come nearest to the observed ones."""
    if np.isnan(naive).any():
        return np.full(len(naive), np.nan)
    from scipy.optimize import nnls  # takes half a second to load, and few who import this ask for it

    heavy = 1e3  # makes the sum a constraint, in effect
    solution, _ = nnls(np.vstack([matrix, np.full((1, len(naive)), heavy)]), np.append(naive, heavy))
    return np.asarray(solution / solution.sum())


def _power(moments: _Moments) -> Array:
    """How far to lean on the classifier for each group (R, K): lambda of PPI++ (eq. 8), between 0 and 1."""
    seen = moments.joint.sum(axis=(1, 2))[:, None]
    says, truth = ratio(moments.joint.sum(axis=2), seen), ratio(moments.joint.sum(axis=1), seen)
    variance = ratio(moments.square, seen) - says**2
    covariance = ratio(np.einsum("rkk->rk", moments.joint), seen) - says * truth
    share = 1 + seen / np.maximum(moments.total[:, None], 1)
    power = np.divide(covariance, variance * share, out=np.zeros_like(variance), where=variance > 1e-12)
    return np.asarray(np.clip(power, 0, 1))


def _rectified(top: _Moments, size: _Moments, power: Array) -> Array:
    """Prediction-powered sum (R, K) over the people that may be wrong: eq. 5 of PPI++, times their number."""
    seen = size.joint.sum(axis=(1, 2))[:, None]
    error = ratio(top.joint.sum(axis=1) - power * top.joint.sum(axis=2), np.broadcast_to(seen, top.says.shape))
    return np.asarray(power * top.says + error * size.total[:, None])


def _unseen_errors(audited: Audited, confidence: float) -> tuple[Array, Array]:
    """Share (K,) that events too rare to have been seen could take from, and add to, each group.

    Among those who are said to be of a group, and among the others, the audit may have seen the group always, or never;
    a bootstrap then thinks that it is always, or never, so.
    """
    audit, below, above = audited.audit, np.zeros(audited.size), np.zeros(audited.size)
    weight = audited.weight * ~audited.exact / audited.weight.sum()
    for g in range(audited.size):
        seen = audited.seen[audit] == g
        for says in (audited.says[:, g], 1 - audited.says[:, g]):
            looked = clusters_touched((says * audit)[:, None], audited.image)
            room = float((weight * says).sum()) * min(float(unseen_loss(looked, confidence)[0]), 1.0)
            if not (says[audit] * ~seen).any():
                below[g] += room
            if not (says[audit] * seen).any():
                above[g] += room
    return below, above
