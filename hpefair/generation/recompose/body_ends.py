"""Head with hair, hands and feet: where no cloth can be taken for granted."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.core.pose.skeletons import COCO_17

FACE: Final = tuple(range(5))  # nose, eyes, ears
HEAD_RADIUS: Final = 0.42  # torso lengths around the middle of the face, with hair
HEAD_SPREAD: Final = 2.2  # the same in units of how far the face's joints spread: large heads of the small
SURE_HEAD: Final = 0.68  # part of that radius within which nothing is cloth
NECK: Final = 0.05  # torso lengths above the shoulders where clothes end
HAND_RADIUS, FOOT_RADIUS = 0.17, 0.15  # torso lengths
HAND_BEYOND, FOOT_BEYOND = 0.4, 0.18  # parts of forearm and shin


def head(shape: tuple[int, ...], keypoints: Array, torso: float) -> tuple[Mask, Mask]:
    """Where head and hair are for sure, and where they may be (H, W) each.

    The first is a disc around the face and what lies above it, the second all above the shoulders that is near it.
    """
    face = keypoints[list(FACE)]
    face = face[face[:, 2] > 0, :2]
    shoulders, hips = (_middle(keypoints, joint) for joint in ("shoulder", "hip"))
    if shoulders is None:
        return np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    up = np.array([0.0, -1.0]) if hips is None else (shoulders - hips) / max(float(np.linalg.norm(shoulders - hips)), 1)
    centre = face.mean(axis=0) if len(face) else shoulders + 0.45 * torso * up
    spread = float(np.linalg.norm(face - centre, axis=1).max()) if len(face) > 1 else 0.0
    radius = float(np.clip(HEAD_SPREAD * spread, HEAD_RADIUS * torso, 1.1 * torso))
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    height = (columns - shoulders[0]) * up[0] + (rows - shoulders[1]) * up[1]
    chin = float((centre - shoulders) @ up) - 0.5 * radius
    away = np.hypot(columns - centre[0], rows - centre[1])
    near = away < 1.7 * radius
    sure = (away < SURE_HEAD * radius) | (near & (height > max(chin, NECK * torso)))
    return sure, sure | (near & (height > NECK * torso))


def ends(shape: tuple[int, ...], keypoints: Array, torso: float) -> Mask:
    """Pixels (H, W) of hands and feet."""
    canvas = np.zeros(shape, dtype=np.uint8)
    for first, last, beyond, radius in (
        ("elbow", "wrist", HAND_BEYOND, HAND_RADIUS),
        ("knee", "ankle", FOOT_BEYOND, FOOT_RADIUS),
    ):
        for side in ("left", "right"):
            start, end = (keypoints[COCO_17.index(f"{side}_{joint}")] for joint in (first, last))
            if end[2] > 0:
                way = end[:2] - start[:2] if start[2] > 0 else np.zeros(2)
                _disc(canvas, end[:2] + beyond * way, radius * torso)
    return canvas.astype(bool)


def _middle(keypoints: Array, joint: str) -> Array | None:
    points = keypoints[[COCO_17.index(f"{side}_{joint}") for side in ("left", "right")]]
    seen = points[points[:, 2] > 0, :2]
    return seen.mean(axis=0) if len(seen) else None


def _disc(canvas: NDArray[np.uint8], centre: Array, radius: float) -> None:
    x, y = np.rint(centre).astype(int).tolist()
    cv2.circle(canvas, (x, y), max(round(radius), 1), 1, -1)
