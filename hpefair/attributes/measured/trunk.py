"""The trunk in the picture: where it is, which way it faces, from which side it is seen.

"Across" points to the right of the picture for somebody who stands upright, whichever way the person faces.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hpefair.arrays import Array
from hpefair.core.pose.skeletons import COCO_17
from hpefair.schema import UNKNOWN

SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES = (
    tuple(COCO_17.index(f"{side}_{joint}") for side in ("left", "right"))
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee")
)
FACE: Final = tuple(COCO_17.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear"))

# Seen from the front, in built-in people: shoulder and hip keypoints in trunk lengths, and shoulder keypoints over the
# way from mid-shoulder to the middle of the face.
FRONTAL_SHOULDERS, FRONTAL_HIPS, FRONTAL_HEAD = 0.68, 0.43, 1.69
SHOULDER_SHARE: Final = 0.6  # of the two, annotators place shoulders more exactly
VIEW_FROM: Final = 0.70  # cosine of 45 degrees


@dataclass(frozen=True)
class Trunk:
    """The way from mid-shoulder to mid-hip.

    Attributes:
        origin: Mid-shoulder (2,).
        down: Unit vector (2,) towards mid-hip.
        across: Unit vector (2,) at right angles to it.
        length: From mid-shoulder to mid-hip in pixels.
    """

    origin: Array
    down: Array
    across: Array
    length: float

    def at(self, level: float) -> Array:
        """Point (2,) of the axis, 0 at mid-shoulder and 1 at mid-hip."""
        return self.origin + level * self.length * self.down

    def lengths_across(self, way: Array) -> float:
        """How far a way (2,) leads across, in trunk lengths."""
        return float(way @ self.across) / self.length


def trunk(keypoints: Array) -> Trunk | None:
    """The trunk of keypoints (17, 3), or None unless both shoulders and both hips are labelled."""
    ends = keypoints[[*SHOULDERS, *HIPS]]
    if (ends[:, 2] <= 0).any():
        return None
    return _axis(ends[:2, :2].mean(axis=0), ends[2:, :2].mean(axis=0))


def facing(keypoints: Array) -> float | None:
    """Cosine of the yaw: 1 facing the camera, -1 seen from behind; None where it cannot be told.

    From how far the left shoulder and hip lie to the right of the right ones; without hips, from shoulders and face.
    Foreshortened trunks give values beyond 1. On built-in people with keypoints moved as annotators move them the angle
    is off by 5 degrees in the median.

    Args:
        keypoints: COCO-17 keypoints (17, 3).
    """
    body = trunk(keypoints)
    shoulders = keypoints[SHOULDERS[0], :2] - keypoints[SHOULDERS[1], :2]
    if body is not None:
        hips = keypoints[HIPS[0], :2] - keypoints[HIPS[1], :2]
        parts = body.lengths_across(shoulders) / FRONTAL_SHOULDERS, body.lengths_across(hips) / FRONTAL_HIPS
        return SHOULDER_SHARE * parts[0] + (1 - SHOULDER_SHARE) * parts[1]
    face = keypoints[list(FACE)]
    seen = face[face[:, 2] > 0, :2]
    if not len(seen) or (keypoints[list(SHOULDERS), 2] <= 0).any():
        return None
    neck = _axis(seen.mean(axis=0), keypoints[list(SHOULDERS), :2].mean(axis=0))
    return None if neck is None else neck.lengths_across(shoulders) / FRONTAL_HEAD


def view(keypoints: Array) -> str:
    """From where the trunk is seen: front or back within 45 degrees, else side; unknown where it cannot be told."""
    cosine = facing(keypoints)
    if cosine is None:
        return UNKNOWN
    if abs(cosine) < VIEW_FROM:
        return "side"
    return "front" if cosine > 0 else "back"


def _axis(start: Array, end: Array) -> Trunk | None:
    length = float(np.linalg.norm(end - start))
    if length < 1:
        return None
    down = (end - start) / length
    return Trunk(start, down, np.array([down[1], -down[0]]), length)
