"""An annotated person drawn onto a picture: box, limbs, joints."""

from collections.abc import Mapping
from typing import Any, Final

import cv2
import numpy as np

from hpefair.arrays import Pixels
from hpefair.core.pose.skeletons import COCO_17


COLOURS: Final = {"left": (255, 160, 0), "right": (0, 220, 255), "middle": (255, 0, 255)}
VISIBILITY: Final = {1: (255, 60, 60), 2: (60, 255, 60)}
FARTHEST: Final = 30_000  # OpenCV draws with 16 bits


def draw_person(canvas: Pixels, person: Mapping[str, Any], scale: float = 1.0) -> None:
    """Draw box, limbs (left orange, right cyan) and joints (visible green, hidden red) of one COCO annotation."""
    keypoints = np.array(person.get("keypoints") or np.zeros(51), dtype=float).reshape(-1, 3)
    points = [_place(keypoint[0], keypoint[1], scale) for keypoint in keypoints]
    left, top, width, height = (float(value) for value in person["bbox"])
    corners = _place(left, top, scale), _place(left + width, top + height, scale)
    cv2.rectangle(canvas, *corners, (235, 235, 235), 1)
    for a, b in COCO_17.limbs:
        if keypoints[a, 2] and keypoints[b, 2]:
            cv2.line(canvas, points[a], points[b], COLOURS[_side(a, b)], 1, cv2.LINE_AA)
    for point, keypoint in zip(points, keypoints, strict=True):
        if keypoint[2]:
            cv2.circle(canvas, point, 2, VISIBILITY.get(int(keypoint[2]), VISIBILITY[1]), -1, cv2.LINE_AA)


def _place(x: float, y: float, scale: float) -> tuple[int, int]:
    """A point as OpenCV takes it; what lies far outside the picture is brought near."""
    column, row = np.clip(np.rint(np.array([x, y]) * scale), -FARTHEST, FARTHEST)
    return int(column), int(row)


def _side(a: int, b: int) -> str:
    sides = {COCO_17.joints[k].partition("_")[0] for k in (a, b)} - {"nose"}
    return next(iter(sides)) if len(sides) == 1 else "middle"
