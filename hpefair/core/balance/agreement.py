"""Do outside judges see the joints where the annotation says they are?"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.pose.similarity import keypoint_similarity
from hpefair.core.pose.skeletons import COCO_17

VISIBLE: Final = 2.0
FACE: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
ON_LIMB: Final = np.array([name not in FACE for name in COCO_17.joints])


@dataclass(frozen=True)
class Agreement:
    """What judges make of an annotation; visible joints only: nobody can check a hidden one.

    Attributes:
        oks: Mean keypoint similarity between annotation and judges; NaN where they see no visible joint.
        worst: Largest distance of a visible limb joint, relative to sqrt(area); NaN likewise.
        joint: Number of that joint.
        seen: Visible joints that the judges give.
    """

    oks: float
    worst: float
    joint: int
    seen: int


def agreement(keypoints: Array, judged: Array, area: float) -> Agreement:
    """Compare an annotation with the median of judges.

    Args:
        keypoints: Annotated COCO-17 keypoints (17, 3).
        judged: Joints (17, 3) from `consensus.consensus`; NaN where fewer than two judges give one.
        area: Area of the person's mask in square pixels.

    Returns:
        Their agreement. A visible joint that the judges do not give counts as a similarity of 0, as in OKS.
    """
    visible = keypoints[:, 2] == VISIBLE
    given = visible & np.isfinite(judged[:, :2]).all(axis=1)
    if not given.any():
        return Agreement(np.nan, np.nan, -1, 0)
    labelled = np.where(visible, 1.0, 0.0)
    only_visible = np.column_stack([keypoints[:, :2], labelled])
    similarity = keypoint_similarity(only_visible[None], np.array([area]), judged[None], COCO_17.variances)[0]
    distance = np.linalg.norm(judged[:, :2] - keypoints[:, :2], axis=1) / np.sqrt(area)
    limbs = np.where(given & ON_LIMB, distance, -1.0)
    worst = float(limbs.max())
    return Agreement(
        float(np.nanmean(similarity)), worst if worst >= 0 else np.nan, int(limbs.argmax()), int(given.sum())
    )


def doubted(keypoints: Array, apart: Array, area: float, most: float) -> NDArray[np.bool_]:
    """Visible joints (17,) about which the judges themselves disagree: nobody should learn them.

    Args:
        keypoints: Annotated COCO-17 keypoints (17, 3).
        apart: Largest distance (17,) between two judges, from `consensus.consensus`; NaN where fewer than two see it.
        area: Area of the person's mask in square pixels.
        most: Distance, relative to sqrt(area), up to which they agree.
    """
    agreed = np.nan_to_num(apart, nan=np.inf) <= most * np.sqrt(area)
    return np.asarray((keypoints[:, 2] == VISIBLE) & ~agreed)
