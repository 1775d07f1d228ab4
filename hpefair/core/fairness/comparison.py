"""Is the candidate fairer than the baseline, and was no group harmed?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import percentile_interval, resampled_means
from hpefair.core.fairness.verdict import Verdict, combine, no_harm, paired_changes, people_needed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tolerance:
    """What counts as harm, and how sure one wants to be.

    Attributes:
        loss: Loss of a group's mean that counts as harm.
        confidence: Two-sided level of the intervals.
        power: Wanted probability of a PASS when nothing changed, for the sizes still needed.
        min_support: Images a group needs for anything but INCONCLUSIVE.
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


def compare(
    baseline: Array,
    candidate: Array,
    image: NDArray[np.int64],
    listed: Sequence[Group],
    counts: NDArray[np.int64],
    tolerance: Tolerance,
) -> Comparison:
    """Compare two models on the same people.

    Args:
        baseline: Per-person metric of the baseline (N,).
        candidate: Per-person metric of the candidate (N,), same people, same order.
        image: Image index (N,), the cluster.
        listed: Groups; the first is everyone.
        counts: Image multiplicities (B, n_images).
        tolerance: What counts as harm.

    Returns:
        The comparison; only known groups take part in the verdict.
    """
    groups = paired_changes(candidate - baseline, image, list(listed), counts, tolerance.confidence)
    groups["verdict"] = no_harm(groups, tolerance.loss, tolerance.min_support)
    groups["people_needed"] = [
        people_needed(row.standard_error, row.n_people, tolerance.loss, tolerance.confidence, tolerance.power)
        for row in groups.itertuples()
    ]
    known = [group.known for group in listed]
    harm = combine(Verdict(verdict) for verdict in groups.loc[known, "verdict"])
    gap_table = _gap_changes(baseline, candidate, image, listed[1:], counts, tolerance)
    fairer = _fairer([Verdict(verdict) for verdict in gap_table["verdict"]])
    return Comparison(combine([harm, fairer]), harm, fairer, groups, gap_table)


def _fairer(verdicts: Sequence[Verdict]) -> Verdict:
    """PASS if one gap clearly shrank and none clearly grew."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if Verdict.PASS in verdicts else Verdict.INCONCLUSIVE


def _gap_changes(
    baseline: Array,
    candidate: Array,
    image: NDArray[np.int64],
    listed: Sequence[Group],
    counts: NDArray[np.int64],
    tolerance: Tolerance,
) -> pd.DataFrame:
    values = np.stack([baseline, candidate], axis=1)
    rows = []
    for attribute in dict.fromkeys(group.attribute for group in listed):
        part = [
            group
            for group in listed
            if group.attribute == attribute
            and group.known
            and len(np.unique(image[group.member])) >= tolerance.min_support
        ]
        rows.append(
            {"attribute": attribute, "groups": len(part), **_gap_change(values, image, part, counts, tolerance)}
        )
    columns = ["attribute", "groups", "baseline", "candidate", "change", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _gap_change(
    values: Array, image: NDArray[np.int64], part: Sequence[Group], counts: NDArray[np.int64], tolerance: Tolerance
) -> dict[str, object]:
    if len(part) < 2:
        empty = dict.fromkeys(("baseline", "candidate", "change", "low", "high"), float("nan"))
        return {**empty, "verdict": Verdict.INCONCLUSIVE.value}
    member = np.stack([group.member for group in part], axis=1)
    means = np.stack([values[group.member].mean(axis=0) for group in part])  # (G, 2)
    point = np.ptp(means, axis=0)
    draws = resampled_means(values, member, image, counts)  # (B, G, 2)
    missing = np.isnan(draws).any(axis=(1, 2))
    spread = np.ptp(np.nan_to_num(draws), axis=1)
    low, high = percentile_interval(
        np.where(missing, np.nan, spread[:, 1] - spread[:, 0])[:, None], tolerance.confidence
    )
    worst = int(means[:, 0].argmin())
    lifted = means[worst, 1] >= means[worst, 0]  # a gap that closes because the best group falls is not fairer
    verdict = Verdict.FAIL if low[0] > 0 else Verdict.PASS if high[0] < 0 and lifted else Verdict.INCONCLUSIVE
    return {
        "baseline": float(point[0]),
        "candidate": float(point[1]),
        "change": float(point[1] - point[0]),
        "low": float(low[0]),
        "high": float(high[0]),
        "verdict": verdict.value,
    }
