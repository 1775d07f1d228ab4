"""The soft dark spot where feet meet the ground; without it, people float."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.generation.recompose.movable import ANKLES

Floats = NDArray[np.float32]

DARKEST: Final = 0.4
WIDE, FLAT = 0.085, 0.022  # half axes of the spot under a foot, in statures
FOOT_BELOW: Final = 0.03  # the sole is this far under the ankle, in statures


def darkened(ground: Floats, keypoints: Array, mask: Mask, height: float) -> Floats:
    """Ground (H, W, 3) with a contact shadow under the visible feet.

    Args:
        ground: The picture without the person.
        keypoints: The person's keypoints (17, 3).
        mask: The person's mask (H, W).
        height: The person's stature in pixels.
    """
    spot = np.zeros(ground.shape[:2], np.float32)
    lowest = float(np.flatnonzero(mask.any(axis=1)).max(initial=0))
    for x, y, labelled in keypoints[list(ANKLES)]:
        sole = min(y + FOOT_BELOW * height, lowest)
        # A raised foot touches nothing.
        if labelled == 2 and sole > lowest - 0.08 * height:
            axes = (max(round(WIDE * height), 1), max(round(FLAT * height), 1))
            cv2.ellipse(spot, (round(x), round(sole)), axes, 0, 0, 360, 1.0, -1)
    if not spot.any():
        return ground
    soft = cv2.GaussianBlur(spot, (0, 0), max(0.02 * height, 0.8))
    return (ground * (1 - DARKEST * soft[..., None])).astype(np.float32)
