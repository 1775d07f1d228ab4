"""Bootstrap intervals clustered by image or subject, so that small groups are not over-read."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr, ndtri, stdtrit

from hpefair.arrays import Array, Index, Mask

Counts = NDArray[np.uint8]  # with n clusters drawn n times, none of them comes up 256 times

BLOCK_CELLS: Final = 2**23  # multiplicities that are floats at once: 64 MB


def resample(cluster: Index, resamples: int, seed: int) -> Counts:
    """Multiplicity of every image in every bootstrap resample of clusters.

    Clusters are drawn with replacement and kept with their true multiplicity: dropping repeats would make intervals
    about a quarter too narrow.

    Args:
        cluster: Cluster of each image (n_images,), from `clusters.image_clusters`.
        resamples: Resamples B.
        seed: Seed.

    Returns:
        Counts (B, n_images).
    """
    rng = np.random.default_rng(seed)
    n = int(cluster.max()) + 1 if len(cluster) else 0
    alone = n == len(cluster) and bool((cluster == np.arange(n)).all())
    counts = np.zeros((resamples, len(cluster)), dtype=np.uint8)
    for row in counts:
        drawn = np.bincount(rng.integers(0, n, n), minlength=n) if n else np.zeros(0, int)
        row[:] = drawn if alone else drawn[cluster]
    return counts


def clusters_touched(member: Array | Mask, cluster: Index) -> Index:
    """Clusters that each group has people in: the sample size that its interval goes by.

    Args:
        member: Membership (N, G), positive for members.
        cluster: Cluster of each person (N,).

    Returns:
        Counts (G,); never more than the expected number of members: a hundred people who hardly belong are no sample.
    """
    columns = np.asarray(member, dtype=np.float64).T
    touched = [len(np.unique(cluster[column > 0])) for column in columns]
    fewest: Index = np.minimum(touched, np.floor(columns.sum(axis=1) + 1e-9)).astype(np.int64)
    return fewest


def group_sums(values: Array, member: Array | Mask) -> tuple[Array, Array]:
    """Sum of each metric and number of people in each group, (G, M) each; NaN values count for nobody.

    Args:
        values: Per-person metrics (N, M); NaN where one is not defined for a person.
        member: Membership (N, G), 0 or 1, or its probability.
    """
    weight = np.asarray(member, dtype=np.float64)
    return weight.T @ np.nan_to_num(values), weight.T @ (~np.isnan(values)).astype(np.float64)


def resampled_sums(values: Array, member: Array | Mask, image: Index, counts: Counts) -> tuple[Array, Array]:
    """Sum of each metric and number of people in each group in each resample.

    Args:
        values: Per-person metrics (N, M); NaN where one is not defined for a person.
        member: Membership (N, G), 0 or 1, or its probability.
        image: Image index of each person (N,).
        counts: Image multiplicities (B, n_images).

    Returns:
        Totals and sizes, (B, G, M) each.
    """
    n_groups, n_metrics = np.shape(member)[1], values.shape[1]
    by_image = csr_array((np.ones(len(values)), (image, np.arange(len(values)))), shape=(counts.shape[1], len(values)))
    weight = np.asarray(member, dtype=np.float64)
    # Sizes are alike for metrics that are defined for the same people, which is most of them.
    kinds, which = np.unique(~np.isnan(values), axis=1, return_inverse=True)
    parts = [by_image @ (weight * column[:, None]) for column in (*np.nan_to_num(values).T, *kinds.T)]
    columns = np.concatenate(parts, axis=1)
    step = max(BLOCK_CELLS // max(counts.shape[1], 1), 1)
    blocks = [counts[k : k + step].astype(np.float64) @ columns for k in range(0, len(counts), step)]
    out = np.concatenate(blocks).reshape(len(counts), -1, n_groups).transpose(0, 2, 1)
    return out[:, :, :n_metrics], out[:, :, n_metrics:][:, :, which]


def percentile_interval(draws: Array, confidence: float, clusters: Index | None = None) -> tuple[Array, Array]:
    """Percentile interval along the first axis, ignoring resamples in which a group was not drawn.

    Percentile intervals are too narrow for few clusters, by a factor of t sqrt(n / (n - 1)) / z. With `clusters` their
    levels are moved outwards to make up for it: the expanded percentile interval (Hesterberg 2015, The American
    Statistician 69:371, section 4.5).

    Args:
        draws: Resampled statistics (B, ...).
        confidence: Two-sided level.
        clusters: Clusters behind each statistic, of a shape that broadcasts to (...); None for plain levels.

    Returns:
        Lower and upper ends (...); NaN where a group was never drawn.
    """
    ordered = np.sort(draws, axis=0)
    valid = np.broadcast_to((~np.isnan(draws)).sum(axis=0), draws.shape[1:])
    tail = np.full(valid.shape, (1 - confidence) / 2)
    if clusters is not None:
        tail = ndtr(-expansion(np.broadcast_to(clusters, valid.shape), confidence) * ndtri(0.5 + confidence / 2))
    return _quantile(ordered, valid, tail), _quantile(ordered, valid, 1 - tail)


def expansion(clusters: Index, confidence: float | Array) -> Array:
    """How much wider an interval must be with n clusters than with infinitely many: t sqrt(n / (n - 1)) / z."""
    n = np.maximum(np.asarray(clusters, dtype=np.float64), 2)
    level = 0.5 + np.asarray(confidence) / 2
    return np.asarray(stdtrit(n - 1, level) * np.sqrt(n / (n - 1)) / ndtri(level))


def joint_interval(point: Array, draws: Array, confidence: float, clusters: Index) -> tuple[Array, Array]:
    """Intervals that hold for all groups at once, by the largest standardized deviation of each resample.

    Single-step max-t (Romano and Wolf 2005, Econometrica 73:1237): narrower than Bonferroni's where groups overlap or
    share images, and free of the far quantiles that 1,000 resamples cannot give. Widened for few clusters as above.

    Args:
        point: Estimates (G,).
        draws: Resampled estimates (B, G).
        confidence: Level for all groups together.
        clusters: Clusters behind each group (G,).

    Returns:
        Lower and upper ends (G,); NaN for groups that were never drawn.
    """
    error = standard_error(draws)
    usable = error > 0
    if not usable.any():
        return np.full(len(point), np.nan), np.full(len(point), np.nan)
    deviation = np.abs(draws[:, usable] - point[usable]) / error[usable]
    largest = np.max(np.nan_to_num(deviation, nan=0.0), axis=1)
    critical = float(np.quantile(largest, confidence))
    half = critical * error * expansion(clusters, 1 - 2 * ndtr(-critical))
    half = np.where(usable, half, np.nan)
    return point - half, point + half


def standard_error(draws: Array) -> Array:
    """Standard deviation along the first axis; NaN where fewer than two resamples drew the group."""
    counted = (~np.isnan(draws)).sum(axis=0)
    return np.where(counted > 1, np.nanstd(np.where(counted > 1, draws, 0.0), axis=0), np.nan)


def _quantile(ordered: Array, valid: Index, level: Array) -> Array:
    """Linear quantile of each column's first `valid` entries (NaNs sort to the end)."""
    place = level * np.maximum(valid - 1, 0)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(valid - 1, 0))
    one = np.take_along_axis(ordered, low[None], axis=0)[0]
    two = np.take_along_axis(ordered, high[None], axis=0)[0]
    return np.where(valid > 0, one + (two - one) * (place - low), np.nan)


def ratio(total: Array, size: Array) -> Array:
    """Sums divided by sizes; NaN where nobody was counted."""
    return np.divide(total, size, out=np.full_like(total, np.nan), where=size > 0)
