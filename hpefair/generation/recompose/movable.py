"""Whether somebody can stand elsewhere: complete, in one piece, on the own feet, hidden by nothing and nobody."""

from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Mask
from hpefair.attributes.measured.body_regions import torso_length
from hpefair.core.pose.skeletons import COCO_17
from hpefair.generation.protocol import AnnotatedPerson
from hpefair.generation.recompose.shot import Shot

WHOLE_FROM: Final = 0.97  # share of the mask in its largest piece; annotators leave crumbs
EDGE: Final = 4  # pixels from the picture's edge where an outline may have been drawn that goes on beyond
STRAIGHT: Final = (2.8, 4.3)  # statures in trunks, 3.45 of who stands straight; less crouches, more is foreshortened
TOUCHED: Final = 0.04  # share of the outline that may run along other people
# Torso lengths from the hip down to knee and ankle; of who stands they are 0.85 and 1.7, less in the picture is a seat.
SHORTEST_THIGH, SHORTEST_LEG = 0.6, 1.3
FORESHORTENED: Final = 0.75  # thigh to shin; a thigh that looks shorter points at the camera
STEEPEST: Final = 0.6  # sideways shift of shoulders over hips, in torso lengths; more is lying

HIPS, KNEES, ANKLES, SHOULDERS, EYES = (
    tuple(COCO_17.index(f"{side}_{joint}") for side in ("left", "right"))
    for joint in ("hip", "knee", "ankle", "shoulder", "eye")
)


def movable(shot: Shot) -> bool:
    """Whether the person can be set before another background at the same place in the picture.

    Somebody whose feet do not show must be cut off by the picture's edge, not by a table; who sits would sit on air.
    """
    person = shot.person
    alone = not (_outline(person.mask) & _grown(shot.taken, 3)).sum() > TOUCHED * _outline(person.mask).sum()
    if not (alone and whole(person.mask) and unoccluded(person) and upright(person.keypoints)):
        return False
    return stands(person.keypoints) or bool(person.mask[-2:].any())


def pasteable(shot: Shot) -> bool:
    """Whether the person can stand anywhere: movable, on visible feet, and not cut off by the picture's edge."""
    mask = shot.person.mask
    inner = mask[EDGE:-EDGE, EDGE:-EDGE]
    return np.count_nonzero(inner) == np.count_nonzero(mask) and stands(shot.person.keypoints) and movable(shot)


def whole(mask: Mask) -> bool:
    """Whether a mask (H, W) is one piece: a person behind a shelf would be moved as two floating parts."""
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = parts[1:, cv2.CC_STAT_AREA]  # the first part is the background
    return bool(len(areas) and areas.max() >= WHOLE_FROM * areas.sum())


def unoccluded(person: AnnotatedPerson) -> bool:
    """Whether every labelled joint lies on the mask, give or take its coarse outline."""
    grown = _grown(person.mask, 4)
    joints = person.keypoints[person.keypoints[:, 2] > 0, :2]
    x = np.clip(np.rint(joints[:, 0]).astype(int), 0, grown.shape[1] - 1)
    y = np.clip(np.rint(joints[:, 1]).astype(int), 0, grown.shape[0] - 1)
    return bool(grown[y, x].all())


def stands(keypoints: Array) -> bool:
    """Whether an ankle is visible, below everything else that is."""
    ankles = keypoints[list(ANKLES)]
    seen = ankles[ankles[:, 2] == 2]
    rest = keypoints[: min(ANKLES)]
    rest = rest[rest[:, 2] > 0]
    return bool(len(seen) and len(rest) and seen[:, 1].max() >= rest[:, 1].max())


def upright(keypoints: Array) -> bool:
    """Whether the trunk is, and the person does not sit."""
    torso = torso_length(keypoints)
    shoulders, hips = (_middle(keypoints, pair) for pair in (SHOULDERS, HIPS))
    if torso is None or shoulders is None or hips is None:
        return torso is not None and hips is None
    if abs(shoulders[0] - hips[0]) > STEEPEST * torso or shoulders[1] > hips[1]:
        return False
    thigh, leg, shin = (_drop(keypoints, *pair) for pair in ((HIPS, KNEES), (HIPS, ANKLES), (KNEES, ANKLES)))
    return thigh > SHORTEST_THIGH * torso and leg > SHORTEST_LEG * torso and not thigh < FORESHORTENED * shin < np.inf


def _drop(keypoints: Array, above: tuple[int, ...], below: tuple[int, ...]) -> float:
    """How far joints are below others, on the leg where it is farther; infinite where they do not show."""
    drops = [
        keypoints[low, 1] - keypoints[high, 1]
        for high, low in zip(above, below, strict=True)
        if keypoints[high, 2] > 0 and keypoints[low, 2] > 0
    ]
    return float(max(drops)) if drops else float("inf")


def stature(keypoints: Array) -> float | None:
    """Height in pixels of somebody who stands straight and whose feet and eyes show; None for others."""
    eyes, ankles = (_middle(keypoints, pair) for pair in (EYES, ANKLES))
    if eyes is None or ankles is None or not upright(keypoints):
        return None
    # Eyes are at 0.936, ankles at 0.039 of stature (Drillis and Contini 1966).
    height = float(ankles[1] - eyes[1]) / (0.936 - 0.039)
    return height if STRAIGHT[0] < height / (torso_length(keypoints) or np.inf) < STRAIGHT[1] else None


def feet_row(person: AnnotatedPerson) -> float:
    """Row at which a person meets the ground: the lowest pixel of the mask."""
    rows = np.flatnonzero(person.mask.any(axis=1))
    return float(rows[-1]) if len(rows) else -1.0


def _middle(keypoints: Array, pair: tuple[int, ...]) -> Array | None:
    points = keypoints[list(pair)]
    seen = points[points[:, 2] > 0, :2]
    return seen.mean(axis=0) if len(seen) else None


def _grown(mask: Mask, radius: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8)).astype(bool)


def _outline(mask: Mask) -> Mask:
    return mask & ~cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
