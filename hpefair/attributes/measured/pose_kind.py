"""What a person does with arms and legs, in three kinds that are the same for every dataset.

Clusters fitted to a dataset would move with it, and gates on their shares would pass by construction; these are rules.
"""

from typing import Final

import numpy as np

from hpefair.arrays import Array
from hpefair.attributes.measured.trunk import ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS, Trunk, trunk
from hpefair.schema import UNKNOWN

BENT_COSINE: Final = 0.64  # a thigh more than 50 degrees off the trunk ...
BENT_THIGH: Final = 0.6  # ... or foreshortened to this many trunk lengths


def pose_kind(keypoints: Array) -> str:
    """`bent` with a thigh well off the line of the trunk, `reaching` with a wrist above the shoulders, else `extended`.

    Args:
        keypoints: COCO-17 keypoints (17, 3).

    Returns:
        The kind; unknown unless shoulders and hips, a knee, and a wrist or elbow are labelled.
    """
    body = trunk(keypoints)
    arms = [joint for pair in zip(WRISTS, ELBOWS, strict=True) if (joint := _first(keypoints, pair)) is not None]
    knees = [side for side in (0, 1) if keypoints[KNEES[side], 2] > 0]
    if body is None or not arms or not knees:
        return UNKNOWN
    if any(bent_leg(keypoints, body, side) for side in knees):
        return "bent"
    level = keypoints[list(SHOULDERS), :2].mean(axis=0) @ body.down
    return "reaching" if any(keypoints[joint, :2] @ body.down < level for joint in arms) else "extended"


def bent_leg(keypoints: Array, body: Trunk, side: int) -> bool:
    """Whether the thigh of a side (0 left, 1 right) is off the line of the trunk, or points at the camera."""
    thigh = keypoints[KNEES[side], :2] - keypoints[HIPS[side], :2]
    length = max(float(np.linalg.norm(thigh)), 1e-6)
    return float(thigh @ body.down) / length < BENT_COSINE or length < BENT_THIGH * body.length


def _first(keypoints: Array, joints: tuple[int, ...]) -> int | None:
    return next((joint for joint in joints if keypoints[joint, 2] > 0), None)
