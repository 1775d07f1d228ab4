"""Differences, ratios and the worst group, read against what chance alone would show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpefair.arrays import Array, Index
from hpefair.core.fairness.draws import Draws
from hpefair.core.shares.representation import share_interval
from hpefair.core.uncertainty.intervals import expansion, joint_interval
from hpefair.core.uncertainty.multiplicity import benjamini_hochberg, holm
from hpefair.core.uncertainty.permutation import relabelled_sums
from hpefair.core.uncertainty.power import unseen_loss

NUMBERS = (
    *("difference", "low", "high", "ratio", "difference_to_overall", "ratio_to_overall"),
    *("worst_value", "worst_low", "worst_high", "null_floor", "excess", "p_value", "worst_p_value"),
)


@dataclass(frozen=True)
class Evidence:
    """How sure one wants to be.

    Attributes:
        confidence: Two-sided level.
        min_support: Clusters a group needs to take part.
        relabellings: Random relabellings behind null floors and p-values.
        seed: Their seed.
    """

    confidence: float
    min_support: int
    relabellings: int
    seed: int


@dataclass(frozen=True)
class Nulls:
    """Means of the groups that take part under random relabellings.

    Attributes:
        metrics: Metrics M.
        means: By attribute with at least two groups taking part: (relabellings, those groups, M).
    """

    metrics: tuple[str, ...]
    means: dict[str, Array]


def gaps(draws: Draws, nulls: Nulls, evidence: Evidence) -> pd.DataFrame:
    """Disparity between the known, supported groups of each attribute.

    Args:
        draws: Sums by group and resample.
        nulls: From `null_means`; its metrics are compared.
        evidence: How sure one wants to be.

    Returns:
        One row per attribute and metric: `difference` between best and worst group with an interval of the largest true
        difference between any two; `ratio` worst to best; `difference_to_overall` and `ratio_to_overall` of the worst;
        the worst group's mean with an interval that holds although the worst was picked; `null_floor`, the difference
        that `confidence` of random relabellings stay below; `excess` over it; p-values of the difference and of the
        worst group's distance to everyone (`p_holm`, `p_bh`: of the difference, over attributes); how many groups took
        part and which were left out.
    """
    rows = []
    for attribute in dict.fromkeys(group.attribute for group in draws.listed):
        part = draws.taking_part(attribute, evidence.min_support)
        known = [g for g, group in enumerate(draws.listed) if group.attribute == attribute and group.known]
        left_out = ", ".join(draws.listed[g].group for g in known if g not in part)
        for k, metric in enumerate(nulls.metrics):
            null = nulls.means[attribute][:, :, k] if attribute in nulls.means else None
            row = _gap(draws, draws.metrics.index(metric), part, null, evidence)
            rows.append({"attribute": attribute, "metric": metric, **row, "groups": len(part), "left_out": left_out})
    table = pd.DataFrame(rows)
    for metric in nulls.metrics if len(table) else ():
        mine = table["metric"] == metric
        for column, rule in (("p_holm", holm), ("p_bh", benjamini_hochberg)):
            table.loc[mine, column] = rule(table.loc[mine, "p_value"].to_numpy(dtype=float))
    return table


def null_means(draws: Draws, metrics: Sequence[str], evidence: Evidence) -> Nulls:
    """Relabel the people of the groups that take part, attribute by attribute.

    Whole clusters change places with others of as many people. Where too few have such a partner, as where subjects tie
    very different numbers of images together, the bootstrap deviations from the estimates, widened for few clusters,
    stand for what chance alone would show.

    Args:
        draws: Sums by group and resample.
        metrics: Metrics to compare, defined for everybody.
        evidence: How sure one wants to be.

    Returns:
        The means of the relabelled groups.
    """
    chosen = [draws.metrics.index(metric) for metric in metrics]
    together: dict[bytes, list[str]] = {}
    parts = {}
    for attribute in dict.fromkeys(group.attribute for group in draws.listed):
        part = draws.taking_part(attribute, evidence.min_support)
        if len(part) > 1:
            parts[attribute] = part
            # Attributes known of the same people share their relabellings.
            together.setdefault((draws.member[:, part].sum(axis=1) > 0).tobytes(), []).append(attribute)
    out: dict[str, Array] = {}
    for key, attributes in together.items():
        people = np.frombuffer(key, dtype=bool)
        if not _exchangeable(draws.cluster[people]):
            out |= {attribute: _deviations(draws, parts[attribute], chosen, evidence) for attribute in attributes}
            continue
        columns = [g for attribute in attributes for g in parts[attribute]]
        member = draws.member[people][:, columns]
        sums = relabelled_sums(
            draws.values[people][:, chosen], member, draws.cluster[people], evidence.relabellings, evidence.seed
        )
        means = sums / member.sum(axis=0)[:, None]
        ends = np.cumsum([len(parts[attribute]) for attribute in attributes])[:-1]
        out |= dict(zip(attributes, np.split(means, ends, axis=1), strict=True))
    return Nulls(tuple(metrics), out)


def _exchangeable(cluster: Index) -> bool:
    """Whether at least nine people of ten are in clusters of which five or more have the same size."""
    _, count = np.unique(cluster, return_counts=True)
    sizes, alike = np.unique(count, return_counts=True)
    return bool((sizes * alike)[alike >= 5].sum() >= 0.9 * len(cluster))


def _deviations(draws: Draws, part: list[int], chosen: list[int], evidence: Evidence) -> Array:
    """Bootstrap deviations around the mean of everybody (B, groups, metrics)."""
    deviation = (draws.means[:, part] - draws.mean[part])[:, :, chosen]
    wider = expansion(draws.clusters[part], evidence.confidence)[:, None]
    everybody = draws.total[part].sum(axis=0)[chosen] / draws.size[part].sum(axis=0)[chosen]
    around: Array = everybody + np.nan_to_num(deviation) * wider
    return around


def exceedance(observed: float, null: Array) -> float:
    """p-value of a statistic: (1 + draws at least as large) / (1 + draws) (Phipson and Smyth 2010)."""
    return float((1 + (null >= observed - 1e-12).sum()) / (1 + len(null)))


def largest_difference(mean: Array, drawn: Array, clusters: Index, confidence: float) -> tuple[float, float]:
    """Interval of the largest true difference between any two of several groups.

    The spread of estimates exceeds the true one, for noise adds to it, and so does the spread of their resamples: its
    percentiles would miss a small true gap between many groups nearly always. Instead every pair gets a joint interval,
    and the largest lower and the largest upper end hold the largest difference. The better group of a pair may have
    been lucky: the lower end leaves room for losses too rare to have been seen.

    Args:
        mean: Estimates (G,).
        drawn: Resampled estimates (B, G).
        clusters: Clusters behind each group (G,).
        confidence: Two-sided level.

    Returns:
        Lower end, at least 0, and upper end, at most 1, of a metric in [0, 1].
    """
    one, other = np.triu_indices(len(mean), k=1)
    swap = mean[one] < mean[other]
    one, other = np.where(swap, other, one), np.where(swap, one, other)
    pairs = np.minimum(clusters[one], clusters[other])
    difference = mean[one] - mean[other]
    low, high = joint_interval(difference, drawn[:, one] - drawn[:, other], confidence, pairs)
    # Losses too rare to have been seen; where all resamples agree, they are all there is.
    room = unseen_loss(clusters[one], confidence) + unseen_loss(clusters[other], confidence)
    flat = np.isnan(low)
    low, high = np.where(flat, difference - room, low), np.where(flat, difference + room, high)
    low = np.minimum(low, difference - unseen_loss(clusters[one], confidence))
    return max(float(low.max()), 0.0), float(np.minimum(high, 1.0).max())


def _never_flat(low: float, high: float, value: float, n: int, confidence: float) -> tuple[float, float]:
    """An interval, or Wilson's where all resamples agree: a group that nobody found is not surely lost for ever."""
    if np.isnan(low) or high - low < 1e-9:
        return share_interval(value * n, n, 1.0, confidence)
    return float(low), float(high)


def _gap(draws: Draws, m: int, part: list[int], null: Array | None, evidence: Evidence) -> dict[str, object]:
    if len(part) < 2 or null is None:
        return {**dict.fromkeys(NUMBERS, np.nan), "worst_group": "", "best_group": ""}
    mean, drawn = draws.mean[part, m], draws.means[:, part, m]
    together = float(draws.total[part, m].sum() / draws.size[part, m].sum())
    low, high = largest_difference(mean, drawn, draws.clusters[part], evidence.confidence)
    lows, highs = joint_interval(mean, drawn, evidence.confidence, draws.clusters[part])
    worst, difference = int(mean.argmin()), float(np.ptp(mean))
    n, level = int(draws.clusters[part][worst]), evidence.confidence
    floor = float(np.quantile(np.ptp(null, axis=1), evidence.confidence))
    return {
        "difference": difference,
        "low": low,
        "high": high,
        "ratio": float(mean.min() / mean.max()) if mean.max() > 0 else np.nan,
        "difference_to_overall": together - float(mean.min()),
        "ratio_to_overall": float(mean.min() / together) if together > 0 else np.nan,
        "worst_group": draws.listed[part[worst]].group if difference > 1e-12 else "",
        "best_group": draws.listed[part[int(mean.argmax())]].group if difference > 1e-12 else "",
        "worst_value": float(mean.min()),
        **dict(
            zip(("worst_low", "worst_high"), _never_flat(lows[worst], highs[worst], mean[worst], n, level), strict=True)
        ),
        "null_floor": floor,
        "excess": difference - floor,
        "p_value": exceedance(difference, np.ptp(null, axis=1)),
        "worst_p_value": exceedance(together - float(mean.min()), together - null.min(axis=1)),
    }
