"""A pose model's accuracy overall, by group, per person and per joint, with clustered uncertainty."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpefair.arrays import Index
from hpefair.core.fairness.adjustment import ADJUSTED, adjusted_difference
from hpefair.core.fairness.disaggregation import disaggregate, widen_degenerate, with_overall
from hpefair.core.fairness.disparity import Evidence, gaps, null_means
from hpefair.core.fairness.draws import Draws, draw, whole_people
from hpefair.core.fairness.shortfall import shortfalls
from hpefair.core.keypoint_breakdown import by_keypoint
from hpefair.core.pose.candidates import Candidates, Detections, People, candidates
from hpefair.core.pose.error_types import error_counts
from hpefair.core.pose.person_scores import IN_PIXELS_OR_TORSOS, METRICS, person_scores
from hpefair.core.pose.precision import coco_statistics
from hpefair.core.pose.precision_resamples import resampled_precision
from hpefair.core.pose.skeleton import Skeleton
from hpefair.core.pose.subgroup_precision import Rule, average_precisions
from hpefair.core.shares.groups import Group
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.core.uncertainty.intervals import Counts, clusters_touched, percentile_interval, resample
from hpefair.schema import DECIDING


@dataclass(frozen=True)
class Uncertainty:
    """How intervals are drawn and verdicts reached.

    Attributes:
        resamples: Bootstrap resamples of clusters, and random relabellings.
        confidence: Two-sided level.
        min_support: Clusters a group needs to count as supported.
        seed: Seed of both.
        tolerance: Shortfall of a group against the rest that one tolerates.
        power: Wanted probability of a PASS where there is none, for the sizes still needed.
    """

    resamples: int
    confidence: float
    min_support: int
    seed: int
    tolerance: float = 0.05
    power: float = 0.8


@dataclass(frozen=True)
class Setting:
    """What is evaluated alongside people and detections.

    Attributes:
        skeleton: Skeleton of both.
        n_images: Images, those without people included.
        cluster: Cluster of each image (n_images,); each image by itself by default.
        context: Categories of every annotated person (N rows), the confounders of adjusted gaps; none by default.
        rule: Rule for average precision by group.
    """

    skeleton: Skeleton
    n_images: int
    cluster: Index | None = None
    context: pd.DataFrame | None = None
    rule: Rule = Rule.SHARED


@dataclass(frozen=True)
class Evaluation:
    """Result of `evaluate`.

    Attributes:
        overall: The ten COCO statistics.
        by_group: Long table attribute, group, metric, n_people, n_missing, n_images, n_clusters, value, low, high,
            supported; for the deciding metrics also shortfall, its intervals, p-values, verdict and people_needed.
        by_keypoint: One row per group and joint.
        gaps: Per attribute and deciding metric: differences, ratios, worst group, null floor, adjusted difference.
        people: One row per counted person: row (in the input), image, every metric, and joints by type of error.
    """

    overall: dict[str, float]
    by_group: pd.DataFrame
    by_keypoint: pd.DataFrame
    gaps: pd.DataFrame
    people: pd.DataFrame


def evaluate(
    people: People, detections: Detections, listed: Sequence[Group], setting: Setting, uncertainty: Uncertainty
) -> Evaluation:
    """Evaluate predictions against annotated people, by group.

    Args:
        people: Annotated people, ignored ones included.
        detections: Predicted people.
        listed: Groups over all rows of `people`.
        setting: Skeleton, images, clusters, confounders.
        uncertainty: How intervals are drawn and verdicts reached.

    Returns:
        The evaluation; groups cover counted people only (no crowds, at least one labelled joint).
    """
    top_detections = candidates(people, detections, setting.skeleton.variances, setting.n_images)
    scores = person_scores(people, detections, top_detections, setting.skeleton)
    cluster = image_clusters(setting.n_images) if setting.cluster is None else setting.cluster
    counts = resample(cluster, uncertainty.resamples, uncertainty.seed)
    rows = scores.table["row"].to_numpy()
    groups = with_overall([Group(g.attribute, g.group, g.member[rows]) for g in listed], len(rows))
    draws = draw(scores.table, METRICS, groups, cluster, counts)
    bounded = [metric for metric in METRICS if metric not in IN_PIXELS_OR_TORSOS]
    means = disaggregate(draws, uncertainty.confidence, bounded)
    precision = _precision_rows(people, top_detections, listed, (cluster, counts), setting.rule, uncertainty.confidence)
    spread, judged = _disparity(draws, rows, setting, uncertainty)
    table = pd.concat([means, precision], ignore_index=True)
    for name in ("n_people", "n_missing"):
        table[name] = whole_people(table[name].to_numpy())
    table["supported"] = table["n_clusters"] >= uncertainty.min_support
    table = table.merge(judged, on=["attribute", "group", "metric"], how="left", validate="1:1")
    joints = by_keypoint(scores, groups, setting.skeleton, draws.cluster, uncertainty.confidence)
    everybody = scores.table.assign(**error_counts(scores.types))
    return Evaluation(coco_statistics(people, top_detections), table, joints, spread, everybody)


def _disparity(
    draws: Draws, rows: Index, setting: Setting, uncertainty: Uncertainty
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gaps of every attribute, and every group's shortfall with its verdict; everyone together has neither."""
    evidence = Evidence(uncertainty.confidence, uncertainty.min_support, uncertainty.resamples, uncertainty.seed)
    part = draws.without_first()
    if not part.listed:
        return pd.DataFrame(), pd.DataFrame(columns=["attribute", "group", "metric", "shortfall", "verdict"])
    nulls = null_means(part, DECIDING, evidence)
    spread = gaps(part, nulls, evidence)
    judged = shortfalls(part, nulls, evidence, uncertainty.tolerance, uncertainty.power)
    if setting.context is not None:
        context = setting.context.iloc[rows].reset_index(drop=True)
        extra = [_adjusted(part, row, context, uncertainty) for row in spread.to_dict("records")]
        spread = spread.join(pd.DataFrame(extra))
    return spread, judged


def _adjusted(
    draws: Draws, row: dict[str, object], context: pd.DataFrame, uncertainty: Uncertainty
) -> dict[str, float]:
    """Difference between a gap's best and worst group among people of like context."""
    attribute = str(row["attribute"])
    part = draws.taking_part(attribute, uncertainty.min_support)
    if len(part) < 2 or not row["worst_group"]:
        return dict.fromkeys(ADJUSTED, float("nan"))
    names = [draws.listed[g].group for g in part]
    kept = [name for name in context if name not in attribute.split(".")]
    return adjusted_difference(
        draws.values[:, draws.metrics.index(str(row["metric"]))],
        [draws.listed[g] for g in part],
        (names.index(str(row["best_group"])), names.index(str(row["worst_group"]))),
        context[kept],
        draws.cluster,
        (uncertainty.confidence, uncertainty.min_support),
    )


def _precision_rows(
    people: People,
    top_detections: Candidates,
    listed: Sequence[Group],
    sampling: tuple[Index, Counts],
    rule: Rule,
    confidence: float,
) -> pd.DataFrame:
    """Average precision overall and by group, with intervals."""
    (cluster, counts), groups = sampling, with_overall(listed, len(people.image))
    member = np.stack([np.asarray(group.member, dtype=float) for group in groups], axis=1) * ~people.ignored[:, None]
    clusters = clusters_touched(member, cluster[people.image])
    values = average_precisions(people, top_detections, member, rule)
    drawn = resampled_precision(people, top_detections, member, counts, rule)
    low, high = percentile_interval(drawn, confidence, clusters)
    rows = [
        {
            "attribute": group.attribute,
            "group": group.group,
            "metric": "ap",
            "n_people": member[:, g].sum(),
            "n_missing": 0.0,
            "n_images": len(np.unique(people.image[member[:, g] > 0])),
            "n_clusters": int(clusters[g]),
            "value": values[g],
            "low": low[g],
            "high": high[g],
        }
        for g, group in enumerate(groups)
    ]
    return widen_degenerate(pd.DataFrame(rows), confidence)
