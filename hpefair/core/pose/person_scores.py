"""One row of metrics per person."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.pose.assignment import assign, assigned_keypoints, recall_hits
from hpefair.core.pose.candidates import Candidates, Detections, People
from hpefair.core.pose.error_types import error_types
from hpefair.core.pose.localization import correct_joints, correct_parts, joint_errors, row_mean
from hpefair.core.pose.normalizers import Head, box_size, head_size, torso_length
from hpefair.core.pose.similarity import keypoint_similarity
from hpefair.core.pose.skeleton import Skeleton
from hpefair.schema import DECIDING

DESCRIBING: Final = ("found", "pck", "pdj", "pckh_ears", "pcp_strict", "pcp_relaxed", "torso_error", "epe_px")
METRICS: Final = (*DECIDING, *DESCRIBING)
IN_PIXELS_OR_TORSOS: Final = ("torso_error", "epe_px")  # the others lie in [0, 1]
PCK_AT, PDJ_AT, PCKH_AT = 0.2, 0.2, 0.5


@dataclass(frozen=True)
class PersonScores:
    """Result of `person_scores`; rows are people who count.

    Attributes:
        table: Columns row (in the input), image, and `METRICS`; NaN where a metric is not defined for a person.
        similarity: Keypoint similarities (n, K); NaN for unlabelled joints.
        correct: PCK of each joint (n, K).
        types: Index into `error_types.NAMES` of each joint (n, K), -1 for unlabelled ones.
    """

    table: pd.DataFrame
    similarity: Array
    correct: Array
    types: NDArray[np.int8]


def person_scores(people: People, detections: Detections, found: Candidates, skeleton: Skeleton) -> PersonScores:
    """Metrics of everyone who counts.

    Args:
        people: Annotated people.
        detections: Predicted people.
        found: Candidates with all similarities.
        skeleton: Skeleton of both.

    Returns:
        The scores; docs/metrics.md defines each.
    """
    assigned = assign(people, found)
    predicted = assigned_keypoints(assigned, detections, skeleton.size)
    rows = np.flatnonzero(~people.ignored)
    truth, guess = people.keypoints[rows], predicted[rows]
    errors = joint_errors(truth, guess)
    torso, _ = torso_length(truth, skeleton)
    correct = correct_joints(truth, guess, box_size(people.bbox[rows]), PCK_AT)
    head = head_size(truth, skeleton, Head.EARS)
    table = pd.DataFrame(
        {
            "row": rows,
            "image": people.image[rows],
            "ar": recall_hits(people, found)[rows],
            "oks": assigned.oks[rows],
            "found": (assigned.detection[rows] >= 0).astype(float),
            "pck": row_mean(correct),
            "pdj": row_mean(correct_joints(truth, guess, torso, PDJ_AT)),
            "pckh_ears": row_mean(correct_joints(truth, guess, head, PCKH_AT)),
            "pcp_strict": row_mean(correct_parts(truth, guess, skeleton, strict=True)[1]),
            "pcp_relaxed": row_mean(correct_parts(truth, guess, skeleton, strict=False)[1]),
            "torso_error": row_mean(errors) / torso,
            "epe_px": row_mean(errors),
        }
    )
    similarity = keypoint_similarity(truth, people.area[rows], guess, skeleton.variances)
    return PersonScores(table, similarity, correct, error_types(people, predicted, skeleton)[rows])
