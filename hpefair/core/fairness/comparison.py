"""Is the candidate fairer than the baseline, and was no group harmed?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpefair.arrays import Array, Index
from hpefair.core.fairness.draws import Draws, draw, whole_people
from hpefair.core.fairness.verdict import Verdict, combine, no_harm
from hpefair.core.shares.groups import Group
from hpefair.core.uncertainty.intervals import Counts, joint_interval, percentile_interval, standard_error
from hpefair.core.uncertainty.power import people_needed, unseen_loss


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
        gaps: One row per attribute: gap of both models, the group whose shortfall changed most clearly, its change with
            a joint interval, verdict.
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
    gap_table = _gap_changes(draws, groups, tolerance)
    fairer = _fairer([Verdict(verdict) for verdict in gap_table["verdict"]])
    return Comparison(combine([harm, fairer]), harm, fairer, groups, gap_table)


def _changes(draws: Draws, tolerance: Tolerance) -> pd.DataFrame:
    """Mean change of every group with its own and its joint interval, verdict, and people still needed."""
    m = draws.metrics.index("change")
    point, drawn = draws.mean[:, m], draws.means[:, :, m]
    several = draws.clusters > 1  # one cluster alone is the same in every resample: no interval
    low, high = (
        np.where(several, end, np.nan) for end in percentile_interval(drawn, tolerance.confidence, draws.clusters)
    )
    tested = np.array([group.known and several[g] for g, group in enumerate(draws.listed)])
    joint_low, joint_high = np.full(len(point), np.nan), np.full(len(point), np.nan)
    joint_low[tested], joint_high[tested] = joint_interval(
        point[tested], drawn[:, tested], tolerance.confidence, draws.clusters[tested]
    )
    error = standard_error(drawn)
    table = pd.DataFrame(
        {
            "attribute": [group.attribute for group in draws.listed],
            "group": [group.group for group in draws.listed],
            "n_people": whole_people(draws.size[:, m]),
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
    worst = -min(float(np.nanmin(draws.values[:, m], initial=0.0)), 0.0)
    table["unseen"] = worst * unseen_loss(draws.clusters, tolerance.confidence)
    table["verdict"] = no_harm(table, tolerance.loss, tolerance.min_support)
    table["people_needed"] = [
        max(
            people_needed(
                float(error[g]), 0.0, draws.size[g, m], tolerance.loss, tolerance.confidence, tolerance.power
            ),
            float(np.ceil(draws.size[g, m] * table["unseen"].iloc[g] / tolerance.loss)) if draws.clusters[g] else 0.0,
        )
        for g in range(len(table))
    ]
    return table.drop(columns="unseen")


def _fairer(verdicts: Sequence[Verdict]) -> Verdict:
    """PASS if one gap clearly shrank and none clearly grew."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if Verdict.PASS in verdicts else Verdict.INCONCLUSIVE


def _gap_changes(draws: Draws, groups: pd.DataFrame, tolerance: Tolerance) -> pd.DataFrame:
    """Gaps of every attribute under both models, and whether a shortfall that is really there grew or shrank.

    The spread of estimates itself is no measure of change: it falls when scores merely become less noisy. So every
    group is compared with the rest of its attribute, and only where it is worse off beyond doubt, under the baseline
    for a gap that shrinks, under the candidate for one that grows, does the change of that shortfall count. A gap
    shrinks only if the group itself gained beyond doubt, and grows only if the spread did: a group that was overtaken
    by one that was lifted is not worse served. All intervals hold for all groups of all attributes together, and leave
    room for losses too rare to have been seen.
    """
    attributes = list(dict.fromkeys(group.attribute for group in draws.listed[1:]))
    parts = {attribute: draws.taking_part(attribute, tolerance.min_support) for attribute in attributes}
    judged = [(attribute, g) for attribute in attributes for g in parts[attribute] if len(parts[attribute]) > 1]
    table = _shortfall_changes(draws, parts, judged, tolerance).join(groups[["joint_low"]].add_prefix("own_"), on="g")
    spread = {attribute: np.ptp(draws.mean[part, :2], axis=0) for attribute, part in parts.items() if len(part) > 1}
    wider = np.array([spread[attribute][1] > spread[attribute][0] for attribute in table["attribute"]], dtype=bool)
    table["shrank"] = (table["baseline_low"] > 0) & (table["high"] < 0) & (table["own_joint_low"] > 0) & ~wider
    table["grew"] = (table["candidate_low"] > 0) & (table["low"] > 0) & wider
    rows = [_gap_row(draws, attribute, parts[attribute], table) for attribute in attributes]
    columns = ["attribute", "groups", "baseline", "candidate", "group", "change", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _shortfall_changes(
    draws: Draws, parts: dict[str, list[int]], judged: list[tuple[str, int]], tolerance: Tolerance
) -> pd.DataFrame:
    """Shortfall of every group under both models and its change, with joint intervals."""
    point, drawn = np.zeros((2, len(judged))), np.zeros((len(draws.totals), 2, len(judged)))
    for k, (attribute, g) in enumerate(judged):
        rest, rests = draws.rest(g, parts[attribute])
        point[:, k], drawn[:, :, k] = (rest - draws.mean[g])[:2], (rests - draws.means[:, g])[:, :2]
    rest = np.array([draws.rest_clusters(g, parts[attribute]) for attribute, g in judged], dtype=np.int64)
    clusters = np.minimum(draws.clusters[[g for _, g in judged]], rest)
    room = unseen_loss(clusters, tolerance.confidence)
    largest = float(np.abs(draws.values[:, 2]).max(initial=0.0))
    table = pd.DataFrame(judged, columns=["attribute", "g"]).astype({"g": "int64"})
    for m, model in enumerate(("baseline", "candidate")):
        low, _ = joint_interval(point[m], drawn[:, m], tolerance.confidence, clusters)
        table[f"{model}_low"] = np.minimum(low, point[m] - unseen_loss(rest, tolerance.confidence))
    table["change"] = point[1] - point[0]
    change = drawn[:, 1] - drawn[:, 0]
    low, high = joint_interval(point[1] - point[0], change, tolerance.confidence, clusters)
    table["low"] = np.minimum(low, table["change"] - largest * room)
    table["high"] = np.maximum(high, table["change"] + largest * room)
    return table


def _gap_row(draws: Draws, attribute: str, part: list[int], table: pd.DataFrame) -> dict[str, object]:
    row: dict[str, object] = {"attribute": attribute, "groups": len(part), "verdict": Verdict.INCONCLUSIVE.value}
    mine = table[table["attribute"] == attribute]
    if mine.empty:
        return {**row, "group": "", **dict.fromkeys(("baseline", "candidate", "change", "low", "high"), float("nan"))}
    spread = np.ptp(draws.mean[part, :2], axis=0)
    for flag, verdict in (("grew", Verdict.FAIL), ("shrank", Verdict.PASS)):
        if mine[flag].any():
            row["verdict"], mine = verdict.value, mine[mine[flag]]
            break
    clearest = mine.loc[mine["change"].abs().idxmax()]
    return {
        **row,
        "baseline": float(spread[0]),
        "candidate": float(spread[1]),
        "group": draws.listed[int(clearest["g"])].group,
        **{name: float(clearest[name]) for name in ("change", "low", "high")},
    }
