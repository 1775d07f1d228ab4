"""Differences, ratios and the worst group, read against what chance alone would show."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import percentile_interval, resampled_means

Array = NDArray[np.float64]


def gaps(
    values: Array,
    image: NDArray[np.int64],
    listed: Sequence[Group],
    counts: NDArray[np.int64],
    confidence: float,
    min_support: int,
) -> pd.DataFrame:
    """Largest difference between the known, supported groups of each attribute.

    Args:
        values: One per-person metric (N,).
        image: Image index (N,).
        listed: Groups.
        counts: Image multiplicities (B, n_images).
        confidence: Two-sided level.
        min_support: Images a group needs to take part.

    Returns:
        One row per attribute: difference, low, high, ratio, worst_group, best_group, null_floor (the difference that
        `confidence` of random relabellings stay below) and the groups left out.
    """
    rows = []
    for attribute in dict.fromkeys(group.attribute for group in listed):
        known = [group for group in listed if group.attribute == attribute and group.known]
        taking_part = [group for group in known if len(np.unique(image[group.member])) >= min_support]
        left_out = ", ".join(group.group for group in known if group not in taking_part)
        row = _gap_row(values, image, taking_part, counts, confidence)
        rows.append({"attribute": attribute, **row, "groups": len(taking_part), "left_out": left_out})
    return pd.DataFrame(rows)


def _gap_row(
    values: Array, image: NDArray[np.int64], known: Sequence[Group], counts: NDArray[np.int64], confidence: float
) -> dict[str, object]:
    if len(known) < 2:
        empty = dict.fromkeys(("difference", "low", "high", "ratio", "null_floor"), np.nan)
        return {**empty, "worst_group": "", "best_group": ""}
    member = np.stack([group.member for group in known], axis=1)
    means = np.array([values[group.member].mean() for group in known])
    draws = resampled_means(values[:, None], member, image, counts)[:, :, 0]
    # A resample that misses a group says nothing about the gap.
    spread = np.where(np.isnan(draws).any(axis=1), np.nan, np.ptp(np.nan_to_num(draws), axis=1))
    low, high = percentile_interval(spread[:, None], confidence)
    return {
        "difference": float(np.ptp(means)),
        "low": float(low[0]),
        "high": float(high[0]),
        "ratio": float(means.min() / means.max()) if means.max() > 0 else np.nan,
        "null_floor": null_floor(values, member, image, len(counts), confidence),
        "worst_group": known[int(means.argmin())].group,
        "best_group": known[int(means.argmax())].group,
    }


def null_floor(
    values: Array,
    member: NDArray[np.bool_],
    image: NDArray[np.int64],
    draws: int,
    confidence: float,
    seed: int = 0,
) -> float:
    """Difference between best and worst group that random relabellings stay below.

    People of an image share its difficulty, and often its group, so whole images are relabelled: the values
    of one image, in any order, are read against the labels of another with as many people.

    Args:
        values: Per-person metric (N,).
        member: Disjoint groups (N, G).
        image: Image index (N,).
        draws: Random relabellings.
        confidence: Quantile returned.
        seed: Seed.

    Returns:
        The quantile of max - min over relabellings.
    """
    rng = np.random.default_rng(seed)
    labelled = np.flatnonzero(member.any(axis=1))
    _, index, count = np.unique(image[labelled], return_inverse=True, return_counts=True)
    order = labelled[np.lexsort((index, count[index]))]
    flags, size = member[order].astype(float), member[order].sum(axis=0)
    blocks = np.split(values[order], np.flatnonzero(np.diff(image[order])) + 1)
    lengths = np.array([len(block) for block in blocks])
    spread = []
    for _ in range(draws):
        places = np.argsort(lengths + rng.random(len(blocks)))  # images of equal size change places
        shuffled = np.concatenate([rng.permutation(blocks[place]) for place in places])
        spread.append(np.ptp(shuffled @ flags / size))
    return float(np.quantile(spread, confidence))
