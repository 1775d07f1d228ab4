"""A gap with what else differs between the groups held fixed: scale, visibility, crowding, brightness, posture."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import Array, Index

ADJUSTED = ("adjusted_difference", "adjusted_low", "adjusted_high")


def adjusted_difference(
    values: Array,
    listed: Sequence[Group],
    pair: tuple[int, int],
    context: pd.DataFrame,
    cluster: Index,
    confidence: float,
) -> dict[str, float]:
    """Difference between two groups among people of like context.

    Least squares of the metric on the groups and on one indicator per category of every context column; the difference
    of the two groups' coefficients is what remains when the context is the same. Its variance is the cluster-robust
    one (Liang and Zeger 1986, with the usual small-sample factor), its interval Student's with clusters - 1 degrees.
    Show it beside the raw difference: where clothing hides limbs, adjusting for visibility removes part of the harm.

    Args:
        values: Per-person metric (N,).
        listed: Groups of one attribute that take part; people of none of them are left out.
        pair: Positions in `listed` of the better and of the worse group.
        context: Categories (N rows), one column per confounder.
        cluster: Cluster of each person (N,).
        confidence: Two-sided level.

    Returns:
        adjusted_difference, adjusted_low, adjusted_high; NaN where the context tells the groups apart completely, so
        that no two people are alike but for the group.
    """
    member = np.stack([np.asarray(group.member, dtype=float) for group in listed], axis=1)
    weight = member.sum(axis=1)
    rows = weight > 0
    design = np.concatenate([member, _indicators(context) * weight[:, None]], axis=1)[rows]
    contrast = np.zeros(design.shape[1])
    contrast[pair[0]], contrast[pair[1]] = 1, -1
    gram = design.T @ design
    inverse = np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
    if np.abs(gram @ inverse @ contrast - contrast).max() > 1e-6:
        return dict.fromkeys(ADJUSTED, float("nan"))
    beta = inverse @ design.T @ (values * weight)[rows]
    residual = (values * weight)[rows] - design @ beta
    _, which = np.unique(cluster[rows], return_inverse=True)
    n_clusters, rank = int(which.max()) + 1, int(np.linalg.matrix_rank(gram, hermitian=True))
    score = np.zeros((n_clusters, design.shape[1]))
    np.add.at(score, which, design * residual[:, None])
    spread = score @ inverse @ contrast
    correction = n_clusters / max(n_clusters - 1, 1) * (len(residual) - 1) / max(len(residual) - rank, 1)
    estimate, half = (
        float(contrast @ beta),
        float(stdtrit(max(n_clusters - 1, 1), 0.5 + confidence / 2) * np.sqrt(correction * (spread**2).sum())),
    )
    return dict(zip(ADJUSTED, (estimate, estimate - half, estimate + half), strict=True))


def _indicators(context: pd.DataFrame) -> Array:
    """One centred indicator per category but the first of every column (N, C)."""
    if not len(context.columns):
        return np.zeros((len(context), 0))
    table = pd.get_dummies(context.astype(str), drop_first=True).to_numpy(dtype=float)
    centred: Array = table - table.mean(axis=0)
    return centred
