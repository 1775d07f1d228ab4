"""Average precision and recall over OKS thresholds, equal to pycocotools in every array entry."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.core.pose.candidates import Candidates, People
from hpefair.core.pose.matching import AREA_RANGES, Matches, match

RECALL_POINTS: Final[Array] = np.linspace(0, 1, 101)
# Sums of probabilities miss a recall of exactly 1 by rounding; whole counts do not, and are left to the last bit.
FRACTIONAL_SLACK: Final = 1e-9
STATISTICS: Final = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")


@dataclass(frozen=True)
class Weights:
    """How much everything counts; ones by default.

    Attributes:
        person: Weight of each person (N,): membership, times the multiplicity of its image in a resample.
        candidate: Weight of each candidate (D,): the multiplicity of its image.
        unmatched: Factor on unmatched candidates.
    """

    person: Array | None = None
    candidate: Array | None = None
    unmatched: float = 1.0


def precision_recall(found: Candidates, matches: Matches, weights: Weights | None = None) -> tuple[Array, Array]:
    """Interpolated precision at 101 recall points, and the final recall.

    With unit weights both equal pycocotools' arrays to the last bit.

    Args:
        found: Candidates.
        matches: Matches at T thresholds.
        weights: How much everything counts.

    Returns:
        Precision (T, 101) and recall (T,); both filled with -1 where no person counts.
    """
    weights = weights or Weights()
    n_thresholds = len(matches.person)
    counted = matches.positives.astype(np.float64)
    people = counted if weights.person is None else weights.person * counted
    n_positive = float(people.sum())
    if not n_positive > 0:
        return np.full((n_thresholds, len(RECALL_POINTS)), -1.0), np.full(n_thresholds, -1.0)
    each = np.ones(len(found.rows)) if weights.candidate is None else weights.candidate
    each = np.where(matches.outside, 0.0, each)
    before, inside = np.cumsum(each[found.by_score])[found.rank], each[found.contenders]
    slack = 0.0 if (people == np.round(people)).all() else FRACTIONAL_SLACK
    scale = weights.unmatched, n_positive, slack
    precision, recall = _accumulate(matches.person, matches.counted, people, before, inside, scale)
    return precision, recall


def mean_precision(precision: Array) -> float:
    """Average precision: mean over thresholds and recall points; NaN where no person counts."""
    return float(precision.mean()) if precision[0, 0] > -1 else float("nan")


def coco_statistics(people: People, found: Candidates) -> dict[str, float]:
    """The ten numbers of `COCOeval.summarize()` for keypoints.

    Args:
        people: Annotated people.
        found: Candidates from `matching.candidates`.

    Returns:
        AP, AP50, AP75, APM, APL, AR, AR50, AR75, ARM, ARL; -1 where no person counts.
    """
    by_area = {
        name: precision_recall(found, match(people, found, people.ignored, limits))
        for name, limits in AREA_RANGES.items()
    }
    precision, recall = by_area["all"]
    values = [_mean(precision), _mean(precision[0]), _mean(precision[5])]
    values += [_mean(by_area["medium"][0]), _mean(by_area["large"][0])]
    values += [_mean(recall), _mean(recall[:1]), _mean(recall[5:6])]
    values += [_mean(by_area["medium"][1]), _mean(by_area["large"][1])]
    return dict(zip(STATISTICS, values, strict=True))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _accumulate(
    person: NDArray[np.int32],
    counted: Mask,
    people: Array,
    before: Array,
    inside: Array,
    scale: tuple[float, float, float],
) -> tuple[Array, Array]:
    """Precision at each true positive, its envelope from the right, and where recall passes each point.

    Precision can only rise at a true positive, so the false positives between two of them need not be visited: those
    before a contender are all candidates before it less the matched ones.
    """
    (unmatched, n_positive, slack), (n_thresholds, n) = scale, person.shape
    precision, recall = np.zeros((n_thresholds, len(RECALL_POINTS))), np.zeros(n_thresholds)
    exact, reached = np.empty(n), np.empty(n)
    for t in range(n_thresholds):
        hits, matched, m = 0.0, 0.0, 0
        for c in range(n):
            # A matched candidate is no false positive; one outside the area range never was among those before.
            if person[t, c] >= 0:
                matched += inside[c]
            if not counted[t, c] or people[person[t, c]] == 0:
                continue
            hits += people[person[t, c]]
            misses = (before[c] - matched) * unmatched
            exact[m] = hits / (misses + hits + np.spacing(1.0))
            reached[m] = hits / n_positive
            m += 1
        recall[t] = hits / n_positive
        _interpolate(exact[:m], reached[:m] + slack, precision[t])
    return precision, recall


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _interpolate(exact: Array, reached: Array, precision: Array) -> None:
    """Largest precision at or beyond each recall point; 0 where it is never reached."""
    for c in range(len(exact) - 1, 0, -1):
        exact[c - 1] = max(exact[c - 1], exact[c])
    c = 0
    for r in range(len(RECALL_POINTS)):
        while c < len(exact) and reached[c] < RECALL_POINTS[r]:
            c += 1
        if c < len(exact):
            precision[r] = exact[c]


def _mean(values: Array) -> float:
    kept = values[values > -1]
    return float(np.mean(kept)) if len(kept) else -1.0
