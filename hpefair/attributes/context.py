"""Measured context of a person: scale, visibility, crowding, brightness."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.pose.geometry import box_overlap
from hpefair.schema import UNKNOWN

Array = NDArray[np.float64]

SMALL_BELOW_PX2: Final = 96.0**2  # COCO's medium and large; its own small is smaller than it evaluates
LARGE_FROM_PX2: Final = 192.0**2
HALF_FROM, MOST_FROM = 6, 12  # labelled joints out of 17
TOUCHING_FROM, CROWDED_FROM = 0.02, 0.2  # largest box overlap with another person
DARK_BELOW, BRIGHT_FROM = 35.0, 65.0  # mean L* around the person


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
    """Group of the mean CIELAB lightness of the window around a person."""
    return _bin(lightness, (DARK_BELOW, BRIGHT_FROM), ("dark", "mid", "bright"))


def largest_overlap(people: pd.DataFrame) -> Array:
    """Largest box overlap (N,) of each person with anybody else in the same image, crowds included.

    Args:
        people: Rows with image_id and bbox.

    Returns:
        Intersection over union; 0 for a person alone.
    """
    out = np.zeros(len(people))
    for rows in people.reset_index(drop=True).groupby("image_id").groups.values():
        boxes = np.stack(people["bbox"].iloc[rows].to_numpy()).astype(float)
        overlap = box_overlap(boxes, boxes)
        np.fill_diagonal(overlap, 0)
        out[rows] = overlap.max(axis=1)
    return out


def _bin(value: float, edges: tuple[float, float], names: tuple[str, str, str]) -> str:
    return names[int(np.searchsorted(edges, value, side="right"))]
