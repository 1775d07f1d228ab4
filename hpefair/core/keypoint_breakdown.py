"""Every joint by group: how close, how often right, and what went wrong where it was not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from hpefair.arrays import Array
from hpefair.core.pose.error_types import NAMES
from hpefair.core.pose.person_scores import PersonScores
from hpefair.core.pose.skeleton import Skeleton
from hpefair.core.shares.groups import Group
from hpefair.core.shares.representation import share_interval

Parts = tuple[Any, Any, Any, Any]  # similarity, correctness, types, weight: (n, columns) each

ALL_JOINTS = "all"


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
        One row per group and joint, and one for `all` joints pooled (the micro mean): n_joints (labelled), oks (mean
        keypoint similarity, 0 for people not found), pck with low and high (linearized cluster variance of a ratio,
        Student's t; Wilson's with the number of clusters where all are alike), and the share of each error type.
    """
    _, which = np.unique(cluster, return_inverse=True)
    tables = []
    for group in listed:
        weight = np.asarray(group.member, dtype=float)[:, None] * (scores.types >= 0)
        mine = weight.any(axis=1)
        parts: Parts = (scores.similarity[mine], scores.correct[mine], scores.types[mine], weight[mine])
        similarity, correct, types, weights = (part.reshape(-1, 1) for part in parts)
        table = pd.concat(
            [
                _rows(skeleton.joints, parts, which[mine], confidence),
                _rows(
                    (ALL_JOINTS,),
                    (similarity, correct, types, weights),
                    np.repeat(which[mine], skeleton.size),
                    confidence,
                ),
            ]
        )
        tables.append(table.assign(attribute=group.attribute, group=group.group))
    joined = pd.concat(tables, ignore_index=True)
    return joined[["attribute", "group", *(name for name in joined if name not in ("attribute", "group"))]]


def _rows(joints: tuple[str, ...], parts: Parts, cluster: NDArray[np.int64], confidence: float) -> pd.DataFrame:
    """Numbers of each column of (n, columns) arrays: similarity, correctness, types, weight."""
    similarity, correct, types, weight = parts
    mean = _mean(correct, weight)
    half = _half_width(correct - mean, weight, cluster, confidence)
    low, high = np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)
    for k in np.flatnonzero(half < 1e-9):
        n = len(np.unique(cluster[weight[:, k] > 0]))
        low[k], high[k] = share_interval(mean[k] * n, n, 1.0, confidence)
    table = {"joint": joints, "n_joints": weight.sum(axis=0), "oks": _mean(similarity, weight), "pck": mean}
    shares = {name: _mean((types == number).astype(float), weight) for number, name in enumerate(NAMES)}
    return pd.DataFrame({**table, "low": low, "high": high, **shares})


def _mean(values: Array, weight: Array) -> Array:
    total, count = (np.nan_to_num(values) * weight).sum(axis=0), weight.sum(axis=0)
    mean: Array = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return mean


def _half_width(residual: Array, weight: Array, cluster: NDArray[np.int64], confidence: float) -> Array:
    """Half the interval of a ratio of sums over clusters (Cochran 1977, ch. 6); NaN where a single one varies."""
    names, which = np.unique(cluster, return_inverse=True)
    sums, seen = np.zeros((len(names), weight.shape[1])), np.zeros((len(names), weight.shape[1]))
    np.add.at(sums, which, np.nan_to_num(residual) * weight)
    np.add.at(seen, which, weight)
    n = (seen > 0).sum(axis=0)  # clusters in which the joint is labelled at all
    spread, count = np.sqrt((sums**2).sum(axis=0)), seen.sum(axis=0)
    error = np.divide(spread, count, out=np.full(len(count), np.nan), where=count > 0)
    several = np.maximum(n, 2)
    half: Array = stdtrit(several - 1, 0.5 + confidence / 2) * error * np.sqrt(several / (several - 1))
    return np.where((n < 2) & (half > 1e-9), np.nan, half)
