"""Average precision and recall over OKS thresholds, equal to pycocotools in every array entry."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.core.pose.matching import AREA_RANGES, THRESHOLDS, Candidates, Flags, Matches, People, match

Array = NDArray[np.float64]

RECALL_POINTS: Final[Array] = np.linspace(0, 1, 101)
STATISTICS: Final = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")


def precision_recall(
    matches: Matches,
    score: Array,
    false_positive_weight: float = 1.0,
    candidate_weight: Array | None = None,
    person_weight: Array | None = None,
) -> tuple[Array, Array]:
    """Interpolated precision at 101 recall points, and the final recall.

    Args:
        matches: Matches at T thresholds.
        score: Candidate scores (D,).
        false_positive_weight: Weight of unmatched candidates; n_g / n for a subgroup (see docs/metrics.md).
        candidate_weight: Multiplicity of each candidate's image (D,) in a bootstrap resample; ones by default.
        person_weight: Multiplicity of each person's image (N,); ones by default.

    Returns:
        Precision (T, 101) and recall (T,); both filled with -1 where no person counts.
    """
    n_thresholds = len(matches.person)
    people = matches.positives if person_weight is None else person_weight * matches.positives
    n_positive = float(people.sum())
    if n_positive == 0:
        return np.full((n_thresholds, len(RECALL_POINTS)), -1.0), np.full(n_thresholds, -1.0)
    order = np.argsort(-score, kind="stable")
    weight = np.ones(len(score)) if candidate_weight is None else candidate_weight
    hit = (matches.person >= 0) & ~matches.ignored
    miss = (matches.person < 0) & ~matches.ignored
    true_positives = np.cumsum((hit * weight)[:, order], axis=1)
    false_positives = np.cumsum((miss * weight * false_positive_weight)[:, order], axis=1)
    precision = np.zeros((n_thresholds, len(RECALL_POINTS)))
    recall = np.zeros(n_thresholds)
    if not len(score):
        return precision, recall
    reached = true_positives / n_positive
    exact = true_positives / (false_positives + true_positives + np.spacing(1))
    envelope = np.maximum.accumulate(exact[:, ::-1], axis=1)[:, ::-1]
    for t in range(n_thresholds):
        at = np.searchsorted(reached[t], RECALL_POINTS, side="left")
        inside = at < len(order)
        precision[t, inside] = envelope[t, at[inside]]
        recall[t] = reached[t, -1]
    return precision, recall


def coco_statistics(people: People, found: Candidates) -> dict[str, float]:
    """The ten numbers of `COCOeval.summarize()` for keypoints.

    Args:
        people: Annotated people.
        found: Candidates from `matching.candidates`.

    Returns:
        AP, AP50, AP75, APM, APL, AR, AR50, AR75, ARM, ARL; -1 where no person counts.
    """
    by_area = {
        name: precision_recall(match(people, found, people.ignored, limits), found.score)
        for name, limits in AREA_RANGES.items()
    }
    precision, recall = by_area["all"]
    values = [_mean(precision), _mean(precision[0]), _mean(precision[5])]
    values += [_mean(by_area["medium"][0]), _mean(by_area["large"][0])]
    values += [_mean(recall), _mean(recall[:1]), _mean(recall[5:6])]
    values += [_mean(by_area["medium"][1]), _mean(by_area["large"][1])]
    return dict(zip(STATISTICS, values, strict=True))


def subgroup_precision(people: People, found: Candidates, member: Flags) -> tuple[Matches, float]:
    """Matching and false-positive weight for the AP of a subgroup.

    People outside the group are ignored, and unmatched false positives, which belong to no group, are shared out by
    the group's part of all counted people: without that share AP falls with group size even when labels are random.

    Args:
        people: Annotated people.
        found: Candidates.
        member: Membership (N,).

    Returns:
        The matches and the weight n_g / n of unmatched candidates.
    """
    counted = ~people.ignored
    share = float((counted & member).sum() / max(counted.sum(), 1))
    return match(people, found, people.ignored | ~member), share


def _mean(values: Array) -> float:
    kept = values[values > -1]
    return float(np.mean(kept)) if len(kept) else -1.0


__all__ = ["RECALL_POINTS", "STATISTICS", "THRESHOLDS", "coco_statistics", "precision_recall", "subgroup_precision"]
