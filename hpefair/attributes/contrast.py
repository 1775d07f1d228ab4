"""Clothing-to-background contrast: how well a person's clothing stands out along the outline."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from hpefair.attributes.body_regions import Regions, regions

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Array = NDArray[np.float64]

OUTLINE_SAMPLES: Final = 48
FEWEST_PAIRS: Final = 8  # fewer comparable points say nothing about an outline
WEAKEST_PERCENTILE: Final = 20  # limbs are lost where the outline is weakest, not where it is average


def to_lab(pixels: Pixels) -> Array:
    """CIELAB (H, W, 3), D65, of sRGB pixels (H, W, 3)."""
    lab: Array = rgb2lab(pixels)
    return lab


def measure(lab: Array, mask: Mask, others: Mask, keypoints: Array) -> float | str:
    """Contrast of one person, or the reason why it cannot be measured.

    The 20th percentile, over points of the outline where clothing meets background, of the CIEDE2000 difference between
    the median colour of the clothing and of the background within reach of the point (docs/metrics.md, contrast).

    Args:
        lab: CIELAB pixels (H, W, 3) of a window around the person.
        mask: Person mask (H, W) in the window.
        others: Union of other people's masks (H, W) in the window.
        keypoints: COCO-17 keypoints (17, 3) in window coordinates.

    Returns:
        Contrast in CIEDE2000 units, or a reason.
    """
    found = regions(mask, others, keypoints)
    if isinstance(found, str):
        return found
    differences = outline_differences(lab, found)
    if len(differences) < FEWEST_PAIRS:
        return "too little of the clothing's outline meets background"
    return float(np.percentile(differences, WEAKEST_PERCENTILE))


def measure_person(lab: Array, mask: Mask, others: Mask, keypoints: Array, bbox: Array) -> float | str:
    """Contrast of one person of a whole image: `measure` on a window around the box, at no more than 320 px a side.

    Args:
        lab: CIELAB image (H, W, 3).
        mask: Person mask (H, W).
        others: Union of other people's masks (H, W).
        keypoints: COCO-17 keypoints (17, 3) in image coordinates.
        bbox: Box (4,).

    Returns:
        Contrast in CIEDE2000 units, or a reason.
    """
    rows, columns = window(bbox, mask.shape)
    shifted = keypoints - np.array([columns.start, rows.start, 0.0])
    return measure(*shrink(lab[rows, columns], mask[rows, columns], others[rows, columns], shifted))


def outline_differences(lab: Array, found: Regions) -> Array:
    """CIEDE2000 across the outline at up to 48 evenly spread outline points."""
    picks = np.unique(np.linspace(0, len(found.outline) - 1, OUTLINE_SAMPLES).round().astype(int))
    pairs = [_sides(lab, found, x, y) for x, y in found.outline[picks]]
    kept = [pair for pair in pairs if pair is not None]
    if not kept:
        return np.zeros(0)
    inside, outside = np.stack(kept, axis=1)
    differences: Array = deltaE_ciede2000(inside, outside)
    return differences


def _sides(lab: Array, found: Regions, x: int, y: int) -> Array | None:
    """Median colours (2, 3) of clothing and background within reach of an outline point; None if one is missing."""
    reach = found.reach
    window = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    clothing, ring = lab[window][found.clothing[window]], lab[window][found.ring[window]]
    if len(clothing) < 3 or len(ring) < 3:
        return None
    return np.stack([np.median(clothing, axis=0), np.median(ring, axis=0)])


def window(bbox: Array, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the image around a box, wide enough for the ring of background."""
    x, y, width, height = bbox
    margin = 0.3 * max(width, height) + 8
    rows = slice(max(int(y - margin), 0), min(int(np.ceil(y + height + margin)), shape[0]))
    columns = slice(max(int(x - margin), 0), min(int(np.ceil(x + width + margin)), shape[1]))
    return rows, columns


def shrink(
    lab: Array, mask: Mask, others: Mask, keypoints: Array, largest: int = 320
) -> tuple[Array, Mask, Mask, Array]:
    """The window at no more than `largest` pixels a side: contrast does not depend on resolution, its cost does."""
    side = max(mask.shape)
    if side <= largest:
        return lab, mask, others, keypoints
    factor = largest / side
    size = (max(round(mask.shape[1] * factor), 1), max(round(mask.shape[0] * factor), 1))
    small = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    points = keypoints.copy()
    points[:, :2] = (points[:, :2] + 0.5) * factor - 0.5
    return small, _resize(mask, size), _resize(others, size), points


def _resize(mask: Mask, size: tuple[int, int]) -> Mask:
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
