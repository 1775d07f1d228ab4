"""Which pixels of a person are clothing, and which are the background right behind the outline."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.core.pose.skeletons import COCO_17

# Limb half-widths relative to torso length: forearms and shins with hands and feet, drawn generously.
FOREARM_HALF_WIDTH: Final = 0.16
SHIN_HALF_WIDTH: Final = 0.18
HAND_EXTENSION: Final = 0.6  # a hand reaches this far past the wrist, relative to the forearm
HEAD_ABOVE_SHOULDERS: Final = 0.08  # the neck line, relative to torso length
COARSE_EDGE_PX: Final = 3  # COCO polygons are about this coarse


@dataclass(frozen=True)
class Regions:
    """Regions of one person in a window of the image.

    Attributes:
        clothing: Clothing pixels (H, W), eroded away from the coarse outline.
        ring: Background pixels (H, W) around the person, other people left out.
        outline: Outline points (P, 2) x, y where clothing meets background.
        reach: Radius in pixels of the patches compared across the outline.
    """

    clothing: Mask
    ring: Mask
    outline: NDArray[np.int64]
    reach: int


def regions(mask: Mask, others: Mask, dressed: Mask) -> Regions | str:
    """Clothing and background of a person, or the reason why they cannot be told.

    Both stay clear of the coarse outline. The ring of background reaches about a tenth of the person's size out.

    Args:
        mask: Person mask (H, W).
        others: Union of all other people's masks (H, W).
        dressed: The dressed part of the mask (H, W): from garment parsing, or `dressed_part`.

    Returns:
        The regions, or a reason.
    """
    edge, reach = edge_and_reach(mask)
    clothing = _morph(cv2.MORPH_ERODE, dressed, edge)  # eroding a part erodes the whole
    if np.count_nonzero(clothing) < 50:
        return "no clothing in sight"
    ring = _morph(cv2.MORPH_DILATE, mask, reach) & ~_morph(cv2.MORPH_DILATE, mask | others, edge)
    if np.count_nonzero(ring) < 50:
        return "no background in sight"
    outline = _outline(mask)
    outline = outline[_reached(clothing, outline, reach) & _reached(ring, outline, reach)]
    if len(outline) < 8:
        return "too little of the clothing's outline meets background"
    return Regions(clothing, ring, outline, reach)


def within_reach(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of all pixels that `regions` can depend on."""
    margin = edge_and_reach(mask)[1] + 1
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return np.s_[max(top - margin, 0) : top + height + margin, max(left - margin, 0) : left + width + margin]


def edge_and_reach(mask: Mask) -> tuple[int, int]:
    """Width of the coarse edge that is left out, and how far out the ring of background reaches, in pixels."""
    size = np.sqrt(np.count_nonzero(mask))
    edge = int(np.clip(round(0.02 * size), 1, COARSE_EDGE_PX))
    return edge, edge + max(round(0.1 * size), edge + 2)


def _outline(mask: Mask) -> NDArray[np.int64]:
    """Outline points (P, 2) x, y of a mask."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.concatenate([np.zeros((0, 2), np.int64), *(contour[:, 0] for contour in contours)])


def _morph(operation: int, mask: Mask, radius: int) -> Mask:
    """Erosion or dilation by a disc; what lies beyond the border neither erodes nor dilates."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(mask.view(np.uint8), operation, kernel).view(np.bool_)


def _reached(mask: Mask, points: NDArray[np.int64], radius: int) -> Mask:
    """Which points (P, 2) have a pixel of the mask within the disc of `_morph`: a dilation at these points only."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return _any_within(mask, points, kernel.sum(axis=1) // 2)


@njit(cache=True)
def _any_within(mask: Mask, points: NDArray[np.int64], half_widths: NDArray[Any]) -> Mask:
    """Whether the disc around each point, given by the half width of its rows, holds a pixel of the mask."""
    height, width = mask.shape
    counts = np.zeros((height, width + 1), np.int32)
    for row in range(height):
        for column in range(width):
            counts[row, column + 1] = counts[row, column] + mask[row, column]
    radius = len(half_widths) // 2
    hits = np.zeros(len(points), np.bool_)
    for index in range(len(points)):
        x, y = points[index]
        for row in range(max(y - radius, 0), min(y + radius + 1, height)):
            half = half_widths[row - y + radius]
            if counts[row, min(x + half + 1, width)] > counts[row, max(x - half, 0)]:
                hits[index] = True
                break
    return hits


def dressed_part(mask: Mask, keypoints: Array, torso: float) -> Mask:
    """The part of a person's mask (H, W) that is not head, forearm, hand, shin or foot."""
    return mask & ~skin(mask.shape, keypoints, torso)


def torso_length(keypoints: Array) -> float | None:
    """Distance from mid-shoulder to mid-hip in pixels; from shoulder width where no hip is labelled; None without."""
    shoulders = [keypoints[COCO_17.index(f"{side}_shoulder")] for side in ("left", "right")]
    hips = [keypoints[COCO_17.index(f"{side}_hip")] for side in ("left", "right")]
    shoulders = [point[:2] for point in shoulders if point[2] > 0]
    hips = [point[:2] for point in hips if point[2] > 0]
    if shoulders and hips:
        return max(float(np.linalg.norm(np.mean(shoulders, axis=0) - np.mean(hips, axis=0))), 4.0)
    if len(shoulders) == 2:
        # Adult biacromial breadth is about 0.75 of shoulder-to-hip length, seen from the front.
        return max(float(np.linalg.norm(shoulders[0] - shoulders[1])) / 0.75, 4.0)
    return None


def skin(shape: tuple[int, ...], keypoints: Array, torso: float) -> Mask:
    """Pixels (H, W) that may be bare skin: head, forearms with hands, shins with feet."""
    canvas = np.zeros(shape, dtype=np.uint8)
    _draw_head(canvas, keypoints, torso)
    for side in ("left", "right"):
        elbow, wrist, knee, ankle = (
            keypoints[COCO_17.index(f"{side}_{j}")] for j in ("elbow", "wrist", "knee", "ankle")
        )
        if elbow[2] > 0 and wrist[2] > 0:
            _draw_limb(
                canvas, elbow[:2], wrist[:2] + HAND_EXTENSION * (wrist[:2] - elbow[:2]), FOREARM_HALF_WIDTH * torso
            )
        elif wrist[2] > 0:
            _draw_limb(canvas, wrist[:2], wrist[:2], 2 * FOREARM_HALF_WIDTH * torso)
        if knee[2] > 0 and ankle[2] > 0:
            _draw_limb(canvas, knee[:2], ankle[:2] + 0.3 * (ankle[:2] - knee[:2]), SHIN_HALF_WIDTH * torso)
        elif ankle[2] > 0:
            _draw_limb(canvas, ankle[:2], ankle[:2], 2 * SHIN_HALF_WIDTH * torso)
    return canvas.astype(bool)


def _draw_head(canvas: NDArray[np.uint8], keypoints: Array, torso: float) -> None:
    """Half plane above the shoulder line near the head, along the body's own up direction."""
    shoulders = [keypoints[COCO_17.index(f"{side}_shoulder")] for side in ("left", "right")]
    points = [point[:2] for point in shoulders if point[2] > 0]
    hips = [keypoints[COCO_17.index(f"{side}_hip")] for side in ("left", "right")]
    hip_points = [point[:2] for point in hips if point[2] > 0]
    faces = [point[:2] for point in keypoints[:5] if point[2] > 0]
    if not points:
        return
    neck = np.mean(points, axis=0)
    up = (
        neck - np.mean(hip_points, axis=0)
        if hip_points
        else np.mean(faces, axis=0) - neck
        if faces
        else np.array([0.0, -1.0])
    )
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    across = np.array([-up[1], up[0]])
    low, top, half = neck + HEAD_ABOVE_SHOULDERS * torso * up, neck + 1.2 * torso * up, 0.45 * torso
    corners = [low - half * across, low + half * across, top + half * across, top - half * across]
    cv2.fillConvexPoly(canvas, np.rint(corners).astype(np.int32), 1)
    for face in faces:
        _draw_limb(canvas, face, face, 0.2 * torso)


def _draw_limb(canvas: NDArray[np.uint8], start: Array, end: Array, half_width: float) -> None:
    first, last = (tuple(round(float(value)) for value in point) for point in (start, end))
    cv2.line(canvas, first, last, 1, max(round(2 * half_width), 1))
    for centre in (first, last):
        cv2.circle(canvas, centre, max(round(half_width), 1), 1, -1)
