"""How blurred a person is, in pixels."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.attributes.measured.body_regions import within_reach

LEAST_ENERGY: Final = 0.05  # mean squared Sobel response in L*; below there is no edge to judge by


def blur(lightness: NDArray[np.float32], mask: Mask) -> float:
    """Standard deviation in pixels of the Gaussian that would blur a natural image as much as this person is.

    Blurring once more takes little from what is blurred already. Natural images have power spectra close to 1 / f^2
    (Field 1987), so the energy of their gradient falls with the blur as 1 / sigma^2, and the share that survives one
    more pixel of blur is sigma^2 / (sigma^2 + 1). The direction that keeps most decides: motion blurs one only.

    Args:
        lightness: L* (H, W) of a window of at most 320 px a side, about what a pose model sees of the person.
        mask: Person mask (H, W).

    Returns:
        Blur; about 0.9 for a sharp photograph (pixels and Sobel kernels blur as well); NaN where nothing has an edge.
    """
    part = within_reach(mask)
    person, once = np.ascontiguousarray(mask[part]), np.ascontiguousarray(lightness[part])
    before, after = _energy(once, person), _energy(cv2.GaussianBlur(once, (0, 0), 1.0), person)
    if before.max() < LEAST_ENERGY * max(int(np.count_nonzero(mask)), 1):
        return float("nan")
    kept = float((after / np.maximum(before, 1e-6)).max())
    return float(np.sqrt(kept / max(1 - kept, 1e-4)))


def _energy(lightness: NDArray[np.float32], person: Mask) -> Array:
    """Sum (2,) of the squared horizontal and vertical gradient on the person."""
    ways = (cv2.Sobel(lightness, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    return np.array([cv2.norm(way, cv2.NORM_L2SQR, person.view(np.uint8)) for way in ways])
