"""Groups of the measured context of a person: scale, visibility, crowding, brightness, blur, posture."""

from bisect import bisect_right
from typing import Final

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.core.pose.geometry import box_overlap
from hpefair.core.pose.skeletons import COCO_17
from hpefair.schema import UNKNOWN

SHOULDERS, HIPS = (
    tuple(COCO_17.index(f"{side}_{joint}") for side in ("left", "right")) for joint in ("shoulder", "hip")
)
POSTURES: Final = ("upright", "leaning", "lying")

SMALL_BELOW_PX2: Final = 96.0**2  # COCO's medium and large; its own small is smaller than it evaluates
LARGE_FROM_PX2: Final = 192.0**2
HALF_FROM, MOST_FROM = 6, 12  # labelled joints out of 17
TOUCHING_FROM, CROWDED_FROM = 0.02, 0.2  # largest box overlap with another person
LEANING_FROM, LYING_FROM = 30.0, 60.0  # degrees between trunk and the vertical of the picture
DARK_BELOW, BRIGHT_FROM = 35.0, 65.0  # mean L* around the person
SOFT_FROM, BLURRED_FROM = 1.25, 2.0  # pixels: above most untouched photographs, and a Gaussian of 2 px

DEFINITIONS: Final = {
    "Scale": f"Area of the person in the picture: small below {SMALL_BELOW_PX2**0.5:.0f} by {SMALL_BELOW_PX2**0.5:.0f} "
    f"pixels (what COCO calls medium), large from {LARGE_FROM_PX2**0.5:.0f} by {LARGE_FROM_PX2**0.5:.0f}.",
    "Visibility": f"Joints that are labelled, of 17: few below {HALF_FROM}, most from {MOST_FROM}.",
    "Crowding": f"How far the person's box overlaps another's: touching from {TOUCHING_FROM:.0%}, crowded from "
    f"{CROWDED_FROM:.0%}.",
    "Posture": f"How far the trunk leans from the vertical: leaning from {LEANING_FROM:.0f} degrees, lying from "
    f"{LYING_FROM:.0f}.",
}


def scale(area: float) -> str:
    """Group of a segment area in square pixels."""
    return _bin(area, (SMALL_BELOW_PX2, LARGE_FROM_PX2), ("small", "medium", "large"))


def visibility(labelled: int) -> str:
    """Group of a count of labelled joints; unknown where nobody labelled any."""
    if labelled == 0:
        return UNKNOWN
    return _bin(labelled, (HALF_FROM, MOST_FROM), ("few", "half", "most"))


def crowding(overlap: float) -> str:
    """Group of the largest box overlap (intersection over union) with another person."""
    return _bin(overlap, (TOUCHING_FROM, CROWDED_FROM), ("alone", "touching", "crowded"))


def brightness(lightness: float) -> str:
    """Group of the mean CIELAB lightness of the window around a person; unknown for NaN."""
    if np.isnan(lightness):
        return UNKNOWN
    return _bin(lightness, (DARK_BELOW, BRIGHT_FROM), ("dark", "mid", "bright"))


def blur(pixels: float) -> str:
    """Group of a blur in pixels (`sharpness.blur`); unknown for NaN."""
    return UNKNOWN if np.isnan(pixels) else _bin(pixels, (SOFT_FROM, BLURRED_FROM), ("sharp", "soft", "blurred"))


def posture(trunk_tilt: float) -> str:
    """Group of the angle between trunk and vertical in degrees; unknown for NaN."""
    return UNKNOWN if np.isnan(trunk_tilt) else _bin(trunk_tilt, (LEANING_FROM, LYING_FROM), POSTURES)


def trunk_tilt(keypoints: Array) -> Array:
    """Angle in degrees, 0 to 180, between the vertical and the way from mid-hips up to mid-shoulders.

    Args:
        keypoints: COCO keypoints (N, 17, 3).

    Returns:
        Angles (N,): 0 upright, 90 horizontal, 180 upside down; NaN unless a shoulder and a hip are labelled.
    """
    ends = []
    for pair in (SHOULDERS, HIPS):
        points = keypoints[:, list(pair)]
        labelled = points[..., 2:] > 0
        count = labelled.sum(axis=1)
        total = (points[..., :2] * labelled).sum(axis=1)
        ends.append(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
    way = ends[0] - ends[1]
    return np.asarray(np.degrees(np.arctan2(np.abs(way[:, 0]), -way[:, 1])))


def largest_overlap(people: pd.DataFrame) -> Array:
    """Largest box overlap (N,) of each person with anybody else in the same image, crowds included.

    Args:
        people: Rows with image_id and bbox.

    Returns:
        Intersection over union; 0 for a person alone.
    """
    out = np.zeros(len(people))
    if people.empty:
        return out
    boxes = np.stack(people["bbox"].to_numpy()).astype(float)
    image = pd.factorize(people["image_id"])[0]
    order = np.argsort(image, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(image[order])) + 1):
        if len(rows) > 1:
            overlap = box_overlap(boxes[rows], boxes[rows])
            np.fill_diagonal(overlap, 0)
            out[rows] = overlap.max(axis=1)
    return out


def _bin(value: float, edges: tuple[float, float], names: tuple[str, str, str]) -> str:
    return names[bisect_right(edges, value)]
