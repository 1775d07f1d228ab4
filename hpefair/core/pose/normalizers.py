"""Lengths that pixel errors are divided by: box, torso, head. Where one is missing it is NaN, never guessed."""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.pose.skeleton import Skeleton

MPII_HEAD_FACTOR: Final = 0.6  # MPII's SC_BIAS: .8 times .75 of the head box diagonal
SHORTEST_PX: Final = 1e-6


class Torso(StrEnum):
    """Which points a torso length runs between, in the order in which they are tried."""

    LEFT_SHOULDER_RIGHT_HIP = "left_shoulder-right_hip"
    RIGHT_SHOULDER_LEFT_HIP = "right_shoulder-left_hip"


class Head(StrEnum):
    """What stands for the size of a head.

    BOX: .6 of the diagonal of an annotated head box: PCKh as MPII defines it.
    SEGMENT: Neck to head top, for skeletons that have them and data without head boxes (LSP).
    EARS: Distance between the ears: a proxy for COCO, small in profile views.
    FACE_BOX: Diagonal of a face box, without the factor .6, as FHIBE defines its PCK.
    """

    BOX = "head_box"
    SEGMENT = "head_segment"
    EARS = "ear_span"
    FACE_BOX = "face_box"


def box_size(bbox: Array) -> Array:
    """Longer side (N,) of boxes (N, 4) x, y, width, height: PCK as Yang and Ramanan (TPAMI 2013) define it."""
    return _usable(bbox[:, 2:].max(axis=1))


def torso_length(keypoints: Array, skeleton: Skeleton, fallback: bool = False) -> tuple[Array, NDArray[np.object_]]:
    """Torso length of annotated people.

    Args:
        keypoints: Annotated keypoints (N, K, 3).
        skeleton: Their skeleton.
        fallback: Whether to try the other diagonal where left shoulder to right hip, the definition in use since
            DeepPose, is not labelled.

    Returns:
        Lengths (N,) in pixels, NaN where the joints are not labelled or coincide; and the `Torso` used, "" for none.
    """
    length, used = np.full(len(keypoints), np.nan), np.full(len(keypoints), "", dtype=object)
    for torso in Torso if fallback else (Torso.LEFT_SHOULDER_RIGHT_HIP,):
        missing = np.isnan(length)
        length[missing] = _torso(keypoints[missing], skeleton, torso)
        used[missing & ~np.isnan(length)] = torso.value
    return length, used


def head_size(keypoints: Array, skeleton: Skeleton, head: Head, boxes: Array | None = None) -> Array:
    """Head size of annotated people.

    Args:
        keypoints: Annotated keypoints (N, K, 3).
        skeleton: Their skeleton.
        head: What stands for it; say which one wherever the number is shown.
        boxes: Head or face boxes (N, 4) x, y, width, height, NaN where there is none.

    Returns:
        Sizes (N,) in pixels; NaN where joints or boxes are missing.

    Raises:
        ValueError: If a box is asked for and none is given.
    """
    if head in (Head.BOX, Head.FACE_BOX):
        if boxes is None:
            raise ValueError(f"Expected boxes for {head.value} but got none")
        factor = MPII_HEAD_FACTOR if head is Head.BOX else 1.0
        return _usable(factor * np.hypot(boxes[:, 2], boxes[:, 3]))
    one, other = ("neck", "head_top") if head is Head.SEGMENT else ("left_ear", "right_ear")
    return _usable(_distance(_point(keypoints, skeleton, one), _point(keypoints, skeleton, other)))


def _torso(keypoints: Array, skeleton: Skeleton, torso: Torso) -> Array:
    ends = {
        Torso.LEFT_SHOULDER_RIGHT_HIP: ("left_shoulder", "right_hip"),
        Torso.RIGHT_SHOULDER_LEFT_HIP: ("right_shoulder", "left_hip"),
    }[torso]
    return _usable(_distance(*(_point(keypoints, skeleton, name) for name in ends)))


def _point(keypoints: Array, skeleton: Skeleton, name: str) -> Array:
    """Place (N, 2) of a named joint; NaN where it is not labelled or the skeleton lacks it."""
    if name not in skeleton.joints:
        return np.full((len(keypoints), 2), np.nan)
    joint = keypoints[:, skeleton.index(name)]
    point: Array = np.where(joint[:, 2:] > 0, joint[:, :2], np.nan)
    return point


def _distance(one: Array, other: Array) -> Array:
    return np.asarray(np.linalg.norm(one - other, axis=-1))


def _usable(length: Array) -> Array:
    return np.where(length > SHORTEST_PX, length, np.nan)
