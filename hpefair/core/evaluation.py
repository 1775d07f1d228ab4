"""A pose model's accuracy overall, by group and per person, with image-clustered uncertainty."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hpefair.core.fairness.disaggregation import disaggregate, widen_degenerate, with_overall
from hpefair.core.fairness.disparity import gaps
from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import percentile_interval, resample_images
from hpefair.core.pose.matching import Candidates, Detections, Matches, People, candidates, match
from hpefair.core.pose.precision import coco_statistics, precision_recall, subgroup_precision

Array = NDArray[np.float64]

METRICS = ("ar", "oks")


@dataclass(frozen=True)
class Uncertainty:
    """How intervals are drawn.

    Attributes:
        resamples: Image resamples for per-person metrics.
        ap_resamples: Image resamples for average precision.
        confidence: Two-sided level.
        min_support: Images a group needs to count as supported.
        seed: Seed of the resamples.
    """

    resamples: int
    ap_resamples: int
    confidence: float
    min_support: int
    seed: int


@dataclass(frozen=True)
class Evaluation:
    """Result of `evaluate`.

    Attributes:
        overall: The ten COCO statistics.
        by_group: Long table attribute, group, metric (ar, oks, ap), n_people, n_images, value, low, high, supported.
        gaps: Per attribute and metric: difference between groups, its interval, null floor, worst and best group.
        people: One row per counted person: row (in the input), image, ar, oks.
    """

    overall: dict[str, float]
    by_group: pd.DataFrame
    gaps: pd.DataFrame
    people: pd.DataFrame


def evaluate(
    people: People,
    detections: Detections,
    variances: Array,
    n_images: int,
    listed: Sequence[Group],
    uncertainty: Uncertainty,
) -> Evaluation:
    """Evaluate predictions against annotated people, by group.

    Args:
        people: Annotated people, ignored ones included.
        detections: Predicted people.
        variances: (2 sigma)^2 per joint (K,).
        n_images: Images, those without people included.
        listed: Groups over all rows of `people`.
        uncertainty: How intervals are drawn.

    Returns:
        The evaluation; groups cover counted people only (no crowds, at least one labelled joint).
    """
    found = candidates(people, detections, variances, n_images)
    scores = person_scores(people, found)
    counted = scores["row"].to_numpy()
    groups = with_overall([Group(g.attribute, g.group, g.member[counted]) for g in listed], len(counted))
    counts = resample_images(n_images, uncertainty.resamples, uncertainty.seed)
    table = disaggregate(scores, METRICS, groups, counts, uncertainty.confidence)
    table = pd.concat([table, _precision_rows(people, found, listed, counts, uncertainty)], ignore_index=True)
    table["supported"] = table["n_images"] >= uncertainty.min_support
    image = scores["image"].to_numpy()
    spread = [
        gaps(
            scores[metric].to_numpy(), image, groups[1:], counts, uncertainty.confidence, uncertainty.min_support
        ).assign(metric=metric)
        for metric in METRICS
    ]
    return Evaluation(coco_statistics(people, found), table, pd.concat(spread, ignore_index=True), scores)


def person_scores(people: People, found: Candidates) -> pd.DataFrame:
    """Per-person recall and similarity of everyone who counts.

    Args:
        people: Annotated people.
        found: Candidates.

    Returns:
        Rows row, image, ar (share of the ten OKS thresholds at which the person is matched) and oks (similarity with
        the person's detection in the best one-to-one assignment of its image; 0 where it gets none).
    """
    matches = match(people, found, people.ignored)
    rows = np.flatnonzero(~people.ignored)
    hits = np.zeros(len(people.image))
    for person in matches.person:
        hits[np.unique(person[person >= 0])] += 1
    return pd.DataFrame(
        {
            "row": rows,
            "image": people.image[rows],
            "ar": hits[rows] / len(matches.person),
            "oks": _assigned_similarity(people, found)[rows],
        }
    )


def _assigned_similarity(people: People, found: Candidates) -> Array:
    """OKS (N,) of each counted person with its detection in the one-to-one assignment of largest total OKS.

    Greedy matching by score would let a confident stray detection take a person whom another detection fits.
    """
    out = np.zeros(len(people.image))
    for image, who in enumerate(found.people_of):
        columns = np.flatnonzero(~people.ignored[who])
        similarity = found.oks[image][:, columns]
        rows, chosen = linear_sum_assignment(similarity, maximize=True)
        out[who[columns[chosen]]] = similarity[rows, chosen]
    return out


def _precision_rows(
    people: People, found: Candidates, listed: Sequence[Group], counts: NDArray[np.int64], uncertainty: Uncertainty
) -> pd.DataFrame:
    """Average precision overall and by group, with intervals."""
    everyone = Group("all", "all", np.ones(len(people.image), dtype=bool))
    rows = []
    for group in (everyone, *listed):
        matches, weight = subgroup_precision(people, found, group.member)
        value = _average_precision(matches, found.score, weight)
        draws = _resampled_precision(people, found, matches, weight, counts[: uncertainty.ap_resamples])
        low, high = percentile_interval(draws[:, None], uncertainty.confidence)
        counted = group.member & ~people.ignored
        rows.append(
            {
                "attribute": group.attribute,
                "group": group.group,
                "metric": "ap",
                "n_people": int(counted.sum()),
                "n_images": len(np.unique(people.image[counted])),
                "value": value,
                "low": float(low[0]),
                "high": float(high[0]),
            }
        )
    return widen_degenerate(pd.DataFrame(rows), uncertainty.confidence)


def _resampled_precision(
    people: People, found: Candidates, matches: Matches, weight: float, counts: NDArray[np.int64]
) -> Array:
    """Average precision in each resample (B,); NaN where it drew nobody who counts."""
    return np.array(
        [
            _average_precision(matches, found.score, weight, count[found.image].astype(float), count[people.image])
            for count in counts
        ]
    )


def _average_precision(
    matches: Matches,
    score: Array,
    weight: float,
    candidate_weight: Array | None = None,
    person_weight: NDArray[np.int64] | None = None,
) -> float:
    precision, _ = precision_recall(
        matches, score, weight, candidate_weight, None if person_weight is None else person_weight.astype(float)
    )
    return float(precision.mean()) if precision[0, 0] > -1 else float("nan")
