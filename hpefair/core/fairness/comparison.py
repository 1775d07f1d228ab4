"""Is the candidate fairer than the baseline, and was no group harmed?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpefair.core.fairness.draws import Draws, draw
from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import (
    Array,
    Counts,
    Index,
    joint_interval,
    percentile_interval,
    standard_error,
)
from hpefair.core.fairness.power import people_needed
from hpefair.core.fairness.verdict import Verdict, combine, no_harm


@dataclass(frozen=True)
class Tolerance:
    """What counts as harm, and how sure one wants to be.

    Attributes:
        loss: Loss of a group's mean that counts as harm.
        confidence: Two-sided level of the intervals.
        power: Wanted probability of a PASS when nothing changed, for the sizes still needed.
        min_support: Clusters a group needs for anything but INCONCLUSIVE.
    """

    loss: float
    confidence: float
    power: float
    min_support: int


@dataclass(frozen=True)
class Comparison:
    """Result of `compare`.

    Attributes:
        verdict: PASS only if no group was harmed and the groups came closer without the worst one falling.
        harm: Verdict over all groups, everyone included.
        fairer: Verdict over the gaps.
        groups: One row per group: change with intervals, verdict, people still needed.
        gaps: One row per attribute: gap of both models, its change with an interval, verdict.
    """

    verdict: Verdict
    harm: Verdict
    fairer: Verdict
    groups: pd.DataFrame
    gaps: pd.DataFrame


@dataclass(frozen=True)
class Paired:
    """One metric of two models on the same people.

    Attributes:
        baseline: Per-person metric of the baseline (N,).
        candidate: Per-person metric of the candidate (N,), same people, same order.
        image: Image index (N,).
    """

    baseline: Array
    candidate: Array
    image: Index


def compare(
    paired: Paired, listed: Sequence[Group], cluster: Index, counts: Counts, tolerance: Tolerance
) -> Comparison:
    """Compare two models on the same people.

    Args:
        paired: Both models' metric.
        listed: Groups; the first is everyone.
        cluster: Cluster of each image (n_images,).
        counts: Image multiplicities (B, n_images).
        tolerance: What counts as harm.

    Returns:
        The comparison; only known groups take part in the verdict.
    """
    scores = pd.DataFrame(
        {
            "image": paired.image,
            "baseline": paired.baseline,
            "candidate": paired.candidate,
            "change": paired.candidate - paired.baseline,
        }
    )
    draws = draw(scores, ("baseline", "candidate", "change"), listed, cluster, counts)
    groups = _changes(draws, tolerance)
    known = [group.known for group in listed]
    harm = combine(Verdict(verdict) for verdict in groups.loc[known, "verdict"])
    attributes = dict.fromkeys(group.attribute for group in listed[1:])
    rows = [{"attribute": attribute, **_gap_change(draws, attribute, tolerance)} for attribute in attributes]
    columns = ["attribute", "groups", "baseline", "candidate", "change", "low", "high", "verdict"]
    gap_table = pd.DataFrame(rows, columns=columns)
    fairer = _fairer([Verdict(verdict) for verdict in gap_table["verdict"]])
    return Comparison(combine([harm, fairer]), harm, fairer, groups, gap_table)


def _changes(draws: Draws, tolerance: Tolerance) -> pd.DataFrame:
    """Mean change of every group with its own and its joint interval, verdict, and people still needed."""
    m = draws.metrics.index("change")
    point, drawn = draws.mean[:, m], draws.means[:, :, m]
    low, high = percentile_interval(drawn, tolerance.confidence, draws.clusters)
    tested = np.array([group.known and draws.clusters[g] > 0 for g, group in enumerate(draws.listed)])
    joint_low, joint_high = np.full(len(point), np.nan), np.full(len(point), np.nan)
    joint_low[tested], joint_high[tested] = joint_interval(
        point[tested], drawn[:, tested], tolerance.confidence, draws.clusters[tested]
    )
    error = standard_error(drawn)
    table = pd.DataFrame(
        {
            "attribute": [group.attribute for group in draws.listed],
            "group": [group.group for group in draws.listed],
            "n_people": draws.size[:, m],
            "n_images": [len(np.unique(draws.image[column > 0])) for column in draws.member.T],
            "n_clusters": draws.clusters,
            "change": point,
            "low": low,
            "high": high,
            "joint_low": joint_low,
            "joint_high": joint_high,
            "standard_error": error,
        }
    )
    table["verdict"] = no_harm(table, tolerance.loss, tolerance.min_support)
    table["people_needed"] = [
        people_needed(error[g], draws.size[g, m], tolerance.loss, tolerance.confidence, tolerance.power)
        for g in range(len(table))
    ]
    return table


def _fairer(verdicts: Sequence[Verdict]) -> Verdict:
    """PASS if one gap clearly shrank and none clearly grew."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if Verdict.PASS in verdicts else Verdict.INCONCLUSIVE


def _gap_change(draws: Draws, attribute: str, tolerance: Tolerance) -> dict[str, object]:
    """Gap of an attribute under both models, and its change."""
    part = draws.taking_part(attribute, tolerance.min_support)
    if len(part) < 2:
        empty = dict.fromkeys(("baseline", "candidate", "change", "low", "high"), float("nan"))
        return {"groups": len(part), **empty, "verdict": Verdict.INCONCLUSIVE.value}
    means = draws.mean[part, :2]
    drawn = draws.means[:, part, :2]  # (B, G, 2)
    point = np.ptp(means, axis=0)
    missing = np.isnan(drawn).any(axis=(1, 2))
    spread = np.ptp(np.nan_to_num(drawn), axis=1)
    low, high = percentile_interval(
        np.where(missing, np.nan, spread[:, 1] - spread[:, 0]), tolerance.confidence, draws.clusters[part].min()
    )
    worst = int(means[:, 0].argmin())
    lifted = means[worst, 1] >= means[worst, 0]  # a gap that closes because the best group falls is not fairer
    verdict = Verdict.FAIL if low > 0 else Verdict.PASS if high < 0 and lifted else Verdict.INCONCLUSIVE
    return {
        "groups": len(part),
        "baseline": float(point[0]),
        "candidate": float(point[1]),
        "change": float(point[1] - point[0]),
        "low": float(low),
        "high": float(high),
        "verdict": verdict.value,
    }
