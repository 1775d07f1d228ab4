"""Every joint by group: how close, how often right, and what went wrong where it was not."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from hpefair.core.fairness.groups import Group
from hpefair.core.pose.error_types import NAMES
from hpefair.core.pose.person_scores import PersonScores
from hpefair.core.pose.skeleton import Skeleton

Array = NDArray[np.float64]


def by_keypoint(
    scores: PersonScores, listed: Sequence[Group], skeleton: Skeleton, cluster: NDArray[np.int64], confidence: float
) -> pd.DataFrame:
    """Metrics of every joint in every group.

    Args:
        scores: From `person_scores`.
        listed: Groups over its rows.
        skeleton: Joint names.
        cluster: Cluster of each row (n,).
        confidence: Two-sided level.

    Returns:
        One row per group and joint: n_joints (labelled), oks (mean keypoint similarity, 0 for people not found), pck
        with low and high (linearized cluster variance of a ratio, Student's t), and the share of each error type.
    """
    _, which = np.unique(cluster, return_inverse=True)
    tables = [_group_table(scores, group, skeleton, which, confidence) for group in listed]
    return pd.concat(tables, ignore_index=True)


def _group_table(
    scores: PersonScores, group: Group, skeleton: Skeleton, cluster: NDArray[np.int64], confidence: float
) -> pd.DataFrame:
    weight = np.asarray(group.member, dtype=float)[:, None] * (scores.types >= 0)
    mine = weight.any(axis=1)
    weight, cluster = weight[mine], cluster[mine]
    count = weight.sum(axis=0)
    similarity, pck = scores.similarity[mine], scores.correct[mine]
    mean = _mean(pck, weight)
    half = _half_width(pck - mean, weight, cluster, confidence)
    table = pd.DataFrame(
        {
            "attribute": group.attribute,
            "group": group.group,
            "joint": skeleton.joints,
            "n_joints": count,
            "oks": _mean(similarity, weight),
            "pck": mean,
            "low": np.clip(mean - half, 0, 1),
            "high": np.clip(mean + half, 0, 1),
        }
    )
    for number, name in enumerate(NAMES):
        table[name] = _mean((scores.types[mine] == number).astype(float), weight)
    return table


def _mean(values: Array, weight: Array) -> Array:
    total, count = (np.nan_to_num(values) * weight).sum(axis=0), weight.sum(axis=0)
    mean: Array = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return mean


def _half_width(residual: Array, weight: Array, cluster: NDArray[np.int64], confidence: float) -> Array:
    """Half the interval of a ratio of sums over clusters (Cochran 1977, ch. 6); NaN for a single cluster."""
    names, which = np.unique(cluster, return_inverse=True)
    n = len(names)
    if n < 2:
        return np.full(weight.shape[1], np.nan)
    sums = np.zeros((n, weight.shape[1]))
    np.add.at(sums, which, np.nan_to_num(residual) * weight)
    count = weight.sum(axis=0)
    error = np.sqrt((sums**2).sum(axis=0) * n / (n - 1))
    error = np.divide(error, count, out=np.full(len(count), np.nan), where=count > 0)
    half: Array = stdtrit(n - 1, 0.5 + confidence / 2) * error
    return half
