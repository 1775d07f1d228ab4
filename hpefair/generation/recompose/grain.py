"""Grain and sharpness that person and surroundings have in common, as two parts of one photograph do."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Mask

Floats = NDArray[np.float32]

# Immerkaer, Fast Noise Variance Estimation, 1996: a mask that constant and linear brightness leave at zero.
PLAIN: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
SMOOTHEST: Final = 0.25  # share of the pixels that is looked at: texture is no noise
MAD_TO_SIGMA: Final = 1.4826
FEWEST: Final = 60
STRONGEST: Final = 5.0  # of 255; more would be texture after all


def noise(grey: Floats, where: Mask) -> float:
    """Standard deviation of the noise of a part of a picture.

    Args:
        grey: Brightness (H, W), 0 to 255.
        where: The part (H, W).

    Returns:
        Robust estimate from the smoothest quarter of the part; 0 where the part is tiny.
    """
    inner = cv2.erode(where.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if inner.sum() < FEWEST:
        return 0.0
    answer = cv2.filter2D(grey, cv2.CV_32F, PLAIN, borderType=cv2.BORDER_REFLECT) / 6
    activity = cv2.blur(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.5), cv2.CV_32F)), (5, 5))[inner]
    smooth = activity <= np.quantile(activity, SMOOTHEST)
    return float(min(MAD_TO_SIGMA * np.median(np.abs(answer[inner][smooth])), STRONGEST))


def grained(picture: Floats, present: float, wanted: float, rng: np.random.Generator) -> Floats:
    """A picture (H, W, 3) with as much noise added as takes it from the present to the wanted level.

    Nothing is taken away where it is noisier than wanted. The grain is mostly the same in all channels, and a pixel
    and a half wide, as cameras and JPEG leave it.
    """
    missing = np.sqrt(max(wanted**2 - present**2, 0.0))
    if missing < 0.2:
        return picture
    shared = rng.standard_normal((*picture.shape[:2], 1), dtype=np.float32)
    own = rng.standard_normal(picture.shape, dtype=np.float32)
    grain = cv2.GaussianBlur(0.9 * shared + 0.44 * own, (0, 0), 0.6)
    return (picture + grain * np.float32(missing / max(float(grain.std()), 1e-6))).astype(np.float32)


def grey_of(picture: Floats) -> Floats:
    """Brightness (H, W) of RGB (H, W, 3)."""
    return cv2.cvtColor(np.ascontiguousarray(picture, dtype=np.float32), cv2.COLOR_RGB2GRAY).astype(np.float32)
