"""Per-person metrics of every group, and the same in every bootstrap resample: what all comparisons start from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hpefair.arrays import Array, Index
from hpefair.core.shares.groups import Group
from hpefair.core.uncertainty.intervals import Counts, clusters_touched, group_sums, ratio, resampled_sums


@dataclass(frozen=True)
class Draws:
    """Sums by group of the data and of every resample.

    Attributes:
        listed: Groups G.
        metrics: Metric names M.
        values: Per-person metrics (N, M).
        member: Membership (N, G).
        image: Image index (N,).
        clusters: Clusters that each group has people in (G,).
        cluster: Cluster of each person (N,).
        total: Sum of each metric in each group (G, M).
        size: People behind it (G, M), weighted by membership.
        totals: The same in each resample (B, G, M).
        sizes: The same in each resample (B, G, M).
    """

    listed: tuple[Group, ...]
    metrics: tuple[str, ...]
    values: Array
    member: Array
    image: Index
    clusters: Index
    cluster: Index
    total: Array
    size: Array
    totals: Array
    sizes: Array

    @cached_property
    def mean(self) -> Array:
        """Mean of each metric in each group (G, M); NaN for empty groups."""
        return ratio(self.total, self.size)

    @cached_property
    def means(self) -> Array:
        """Mean of each metric in each group in each resample (B, G, M); NaN where it drew nobody."""
        return ratio(self.totals, self.sizes)

    def rest(self, one: int, others: Sequence[int]) -> tuple[Array, Array]:
        """Mean (M,) of several groups together without one of them, and in each resample (B, M)."""
        keep = [g for g in others if g != one]
        return (
            ratio(self.total[keep].sum(axis=0), self.size[keep].sum(axis=0)),
            ratio(self.totals[:, keep].sum(axis=1), self.sizes[:, keep].sum(axis=1)),
        )

    def rest_clusters(self, one: int, others: Sequence[int]) -> int:
        """Clusters that several groups together, without one of them, have people in."""
        keep = [g for g in others if g != one]
        return int(clusters_touched(self.member[:, keep].sum(axis=1, keepdims=True), self.cluster)[0])

    def without_first(self) -> "Draws":
        """The same without the first group, which is everyone."""
        return replace(
            self,
            listed=self.listed[1:],
            member=self.member[:, 1:],
            clusters=self.clusters[1:],
            total=self.total[1:],
            size=self.size[1:],
            totals=self.totals[:, 1:],
            sizes=self.sizes[:, 1:],
        )

    def taking_part(self, attribute: str, min_support: int) -> list[int]:
        """Known groups of an attribute with people in at least `min_support` clusters."""
        return [
            g
            for g, group in enumerate(self.listed)
            if group.attribute == attribute and group.known and self.clusters[g] >= min_support
        ]


def whole_people(count: Array) -> Array | Index:
    """Counts as integers, where no membership is a probability."""
    return count.astype(np.int64) if (count == np.round(count)).all() else count


def draw(
    scores: pd.DataFrame, metrics: Sequence[str], listed: Sequence[Group], cluster: Index, counts: Counts
) -> Draws:
    """Sum per-person metrics by group in the data and in every resample.

    Args:
        scores: One row per person with `image` (index) and one column per metric, NaN where it is not defined.
        metrics: Metric columns.
        listed: Groups over the same rows.
        cluster: Cluster of each image (n_images,).
        counts: Image multiplicities from `intervals.resample` (B, n_images).

    Returns:
        The sums.
    """
    values = scores[list(metrics)].to_numpy(dtype=float)
    image = scores["image"].to_numpy(dtype=np.int64)
    member = np.stack([np.asarray(group.member, dtype=float) for group in listed], axis=1)
    total, size = group_sums(values, member)
    totals, sizes = resampled_sums(values, member, image, counts)
    return Draws(
        listed=tuple(listed),
        metrics=tuple(metrics),
        values=values,
        member=member,
        image=image,
        clusters=clusters_touched(member, cluster[image]),
        cluster=cluster[image],
        total=total,
        size=size,
        totals=totals,
        sizes=sizes,
    )
