"""A metric overall and by group."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import percentile_interval, resampled_means
from hpefair.core.fairness.representation import share_interval

Array = NDArray[np.float64]

EVERYONE = "all"


def with_overall(listed: Sequence[Group], n_people: int) -> list[Group]:
    """The group of everyone, followed by the listed groups."""
    return [Group(EVERYONE, EVERYONE, np.ones(n_people, dtype=bool)), *listed]


def disaggregate(
    scores: pd.DataFrame,
    metrics: Sequence[str],
    listed: Sequence[Group],
    counts: NDArray[np.int64],
    confidence: float,
) -> pd.DataFrame:
    """Mean of per-person metrics by group, with image-clustered bootstrap intervals.

    Args:
        scores: One row per person with `image` (index, the cluster) and one column per metric.
        metrics: Metric columns.
        listed: Groups over the same rows.
        counts: Image multiplicities from `intervals.resample_images` (B, n_images).
        confidence: Two-sided level.

    Returns:
        Long table attribute, group, metric, n_people, n_images, value, low, high; NaN for empty groups.
    """
    values = scores[list(metrics)].to_numpy(dtype=float)
    image = scores["image"].to_numpy(dtype=np.int64)
    member = np.stack([group.member for group in listed], axis=1)
    low, high = percentile_interval(resampled_means(values, member, image, counts), confidence)
    rows: list[dict[str, object]] = []
    for g, group in enumerate(listed):
        mean = values[group.member].mean(axis=0) if group.member.any() else np.full(len(metrics), np.nan)
        for m, metric in enumerate(metrics):
            rows.append(
                {
                    "attribute": group.attribute,
                    "group": group.group,
                    "metric": metric,
                    "n_people": int(group.member.sum()),
                    "n_images": len(np.unique(image[group.member])),
                    "value": mean[m],
                    "low": low[g, m],
                    "high": high[g, m],
                }
            )
    return widen_degenerate(pd.DataFrame(rows), confidence)


def widen_degenerate(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Replace intervals of zero width, which a bootstrap gives when all people of a group score alike.

    Six people with recall 0 do not prove a recall of 0. For a mean of values in [0, 1] no variance exceeds that of a
    0/1 variable, so Wilson's interval with the number of images as sample size holds.

    Args:
        table: Rows n_images, value, low, high.
        confidence: Two-sided level.

    Returns:
        The table with those intervals replaced.
    """
    flat = np.isclose(table["low"], table["high"], rtol=0, atol=1e-9) & (table["n_images"] > 0)
    for index in table.index[flat]:
        images, value = int(table.loc[index, "n_images"]), float(table.loc[index, "value"])
        table.loc[index, ["low", "high"]] = share_interval(value * images, images, 1.0, confidence)
    return table
