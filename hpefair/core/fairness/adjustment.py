"""A gap with what else differs between the groups held fixed: scale, visibility, crowding, brightness, posture."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from hpefair.arrays import Array, Index
from hpefair.core.shares.groups import Group

ADJUSTED = ("adjusted_difference", "adjusted_low", "adjusted_high")


def adjusted_difference(
    values: Array,
    listed: Sequence[Group],
    pair: tuple[int, int],
    context: pd.DataFrame,
    cluster: Index,
    evidence: tuple[float, int],
) -> dict[str, float]:
    """Difference between two groups among people of like context.

    Least squares of the metric on the groups and on one indicator per category of every context column; the difference
    of the two groups' coefficients is what remains when the context is the same. Its variance is the cluster-robust
    one (Liang and Zeger 1986, with the usual small-sample factor), its interval Student's with the
    effective clusters that carry the comparison, less one.
    Show it alongside the raw difference: where clothing hides limbs, adjusting for visibility removes part of the harm.

    Args:
        values: Per-person metric (N,).
        listed: Groups of one attribute that take part; people of none of them are left out.
        pair: Positions in `listed` of the better and of the worse group.
        context: Categories (N rows), one column per confounder.
        cluster: Cluster of each person (N,).
        evidence: Two-sided level, and the effective clusters that the comparison needs on either side.

    Returns:
        adjusted_difference, adjusted_low, adjusted_high; NaN where the context tells the groups apart, so that nobody,
        or hardly anybody, has a like in the other group.
    """
    member = np.stack([np.asarray(group.member, dtype=float) for group in listed], axis=1)
    context_columns, weight = _indicators(context), member.sum(axis=1)
    # Everybody enters once per group, weighted by membership: without context this is the difference of weighted means.
    across = member.T @ context_columns
    corner = (context_columns * weight[:, None]).T @ context_columns
    gram = np.block([[np.diag(member.sum(axis=0)), across], [across.T, corner]])
    contrast = np.zeros(len(gram))
    contrast[pair[0]], contrast[pair[1]] = 1, -1
    inverse = np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
    if np.abs(gram @ inverse @ contrast - contrast).max() > 1e-6:
        return dict.fromkeys(ADJUSTED, float("nan"))
    beta = inverse @ np.concatenate([member.T @ values, context_columns.T @ (values * weight)])
    n_groups = len(listed)
    residual = member * (values[:, None] - beta[:n_groups] - (context_columns @ beta[n_groups:])[:, None])  # (N, G)
    direction = inverse @ contrast
    influence = residual @ direction[:n_groups] + residual.sum(axis=1) * (context_columns @ direction[n_groups:])
    weights = member @ direction[:n_groups] + weight * (context_columns @ direction[n_groups:])
    estimate, half = float(contrast @ beta), _half_width(influence, weights, cluster, evidence)
    if np.isnan(half):
        return dict.fromkeys(ADJUSTED, float("nan"))
    return dict(zip(ADJUSTED, (estimate, estimate - half, estimate + half), strict=True))


def _half_width(influence: Array, weights: Array, cluster: Index, evidence: tuple[float, int]) -> float:
    """Half the interval of an estimate that is a sum of influences, independent between clusters.

    What counts is not how many people the groups have, but how many carry the comparison: those whose like is in the
    other group as well. Their effective number of clusters (Kish), on the thinner side, gives the degrees of freedom;
    NaN below the wanted support, or where nothing varies.
    """
    confidence, min_support = evidence
    _, which = np.unique(cluster, return_inverse=True)
    carried = np.bincount(which, weights=weights)
    sides = [side[side > 1e-12] for side in (carried, -carried)]
    effective = min(float(side.sum() ** 2 / (side**2).sum()) if len(side) else 0.0 for side in sides)
    variance = float((np.bincount(which, weights=influence) ** 2).sum())
    if effective < max(min_support, 2) or variance < 1e-18:
        return float("nan")
    return float(stdtrit(effective - 1, 0.5 + confidence / 2) * np.sqrt(variance * effective / (effective - 1)))


def _indicators(context: pd.DataFrame) -> Array:
    """One centred indicator per category but the first of every column (N, C)."""
    if not len(context.columns):
        return np.zeros((len(context), 0))
    table = pd.get_dummies(context.astype(str), drop_first=True).to_numpy(dtype=float)
    centred: Array = table - table.mean(axis=0)
    return centred
