"""Clothing-to-background contrast: how well a person's clothing stands out along the outline."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from hpefair.arrays import Array, Mask, Pixels
from hpefair.attributes.measured.body_regions import Regions, dressed_part, regions, torso_length, within_reach
from hpefair.attributes.measured.lab import Lab, to_lab

OUTLINE_SAMPLES: Final = 48
FEWEST_PAIRS: Final = 8  # fewer comparable points say nothing about an outline
WEAKEST_PERCENTILE: Final = 20  # limbs are lost where the outline is weakest, not where it is average
LARGEST_SIDE: Final = 320


NO_LAB: Final[Lab] = np.zeros((0, 0, 3), np.float32)  # of a person whose window is not converted yet


@dataclass(frozen=True)
class Contrast:
    """How well a person's clothing stands out.

    Attributes:
        outline: 20th percentile along the outline of the CIEDE2000 difference across it.
        whole: CIEDE2000 difference of the median clothing and the median background.
        lightness: Michelson contrast of the L* of these two medians, 0 to 1.
    """

    outline: float
    whole: float
    lightness: float


@dataclass(frozen=True)
class Cutout:
    """A person in a window.

    Attributes:
        lab: CIELAB (H, W, 3).
        mask: The person's mask (H, W).
        others: Union of all other people's masks (H, W).
        keypoints: COCO-17 keypoints (17, 3) in the window.
        garments: Clothing (H, W) by garment parsing; None where there is none.
    """

    lab: Lab
    mask: Mask
    others: Mask
    keypoints: Array
    garments: Mask | None = None

    @property
    def dressed(self) -> Mask | None:
        """The dressed part of the mask (H, W); None where neither parsing nor keypoints tell it."""
        if self.garments is not None:
            return self.mask & self.garments
        torso = torso_length(self.keypoints)
        return None if torso is None else dressed_part(self.mask, self.keypoints, torso)


def measure(cutout: Cutout) -> Contrast | str:
    """Contrasts of one person in a window, or the reason why they cannot be measured (docs/metrics.md, contrast)."""
    dressed = cutout.dressed  # drawn before it is cut: OpenCV clips thick lines a little differently at other borders
    if dressed is None:
        return "shoulders or hips are not labelled"
    near = within_reach(cutout.mask)
    mask, others, dressed = (np.ascontiguousarray(whole[near]) for whole in (cutout.mask, cutout.others, dressed))
    zones = regions(mask, others, dressed)
    if isinstance(zones, str):
        return zones
    lab = np.ascontiguousarray(cutout.lab[near])
    sides = outline_sides(lab, zones)
    if len(sides) < FEWEST_PAIRS:
        return "too little of the clothing's outline meets background"
    whole = np.stack([_median(lab, part) for part in (zones.clothing, zones.ring)])
    *across, over_all = deltaE_ciede2000(*np.concatenate([sides, whole[None]]).swapaxes(0, 1))
    clothing, ring = whole[:, 0]
    return Contrast(
        outline=float(np.percentile(across, WEAKEST_PERCENTILE)),
        whole=float(over_all),
        lightness=float(abs(clothing - ring) / max(clothing + ring, 1e-6)),
    )


def outline_sides(lab: Lab, found: Regions) -> Array:
    """Median colours (P, 2, 3) of clothing and background at up to 48 evenly spread outline points that have both."""
    picks = np.unique(np.linspace(0, len(found.outline) - 1, OUTLINE_SAMPLES).round().astype(int))
    sides = _sides(lab, found.clothing, found.ring, found.outline[picks], found.reach).astype(float)
    return sides[~np.isnan(sides[:, 0, 0])]


def _median(lab: Lab, part: Mask) -> Array:
    """Median colour (3,) of a part (H, W); channel by channel, because numpy is slow across an axis."""
    colours = lab.reshape(-1, 3)[np.flatnonzero(part)]
    return np.array([np.median(np.ascontiguousarray(channel)) for channel in colours.T], dtype=float)


@njit(cache=True)
def _sides(lab: Lab, clothing: Mask, ring: Mask, points: NDArray[np.int64], reach: int) -> Lab:
    """Median colours (P, 2, 3) of clothing and background within reach of each point; NaN where one is missing."""
    height, width = clothing.shape
    sides = np.full((len(points), 2, 3), np.nan, np.float32)
    inside = np.empty((3, (2 * reach + 1) ** 2), np.float32)
    outside = np.empty_like(inside)
    for index in range(len(points)):
        x, y = points[index]
        dressed = bare = 0
        for row in range(max(y - reach, 0), min(y + reach + 1, height)):
            for column in range(max(x - reach, 0), min(x + reach + 1, width)):
                if clothing[row, column]:
                    inside[:, dressed] = lab[row, column]
                    dressed += 1
                elif ring[row, column]:
                    outside[:, bare] = lab[row, column]
                    bare += 1
        if dressed >= 3 and bare >= 3:
            for channel in range(3):
                sides[index, 0, channel] = np.median(inside[channel, :dressed])
                sides[index, 1, channel] = np.median(outside[channel, :bare])
    return sides


def of_person(pixels: Pixels, person: Cutout, bbox: Array) -> Contrast | str:
    """Contrasts of one person of a whole image: only the window around the box is converted.

    Args:
        pixels: RGB image (H, W, 3).
        person: The person in the whole image; its `lab` is not read.
        bbox: Box (4,).
    """
    rows, columns = window(bbox, pixels.shape)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return "outside the picture"
    parts = (person.mask, person.others, person.garments)
    mask, others, garments = (None if part is None else np.ascontiguousarray(part[rows, columns]) for part in parts)
    if mask is None or others is None:
        return "no segmentation"
    keypoints = person.keypoints - np.array([columns.start, rows.start, 0.0])
    return measure(shrink(Cutout(to_lab(pixels[rows, columns]), mask, others, keypoints, garments)))


def window(bbox: Array, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the image around a box, wide enough for the ring of background."""
    x, y, width, height = (float(value) for value in bbox)
    margin = 0.3 * max(width, height) + 8
    rows = slice(max(int(y - margin), 0), max(min(int(np.ceil(y + height + margin)), shape[0]), 0))
    columns = slice(max(int(x - margin), 0), max(min(int(np.ceil(x + width + margin)), shape[1]), 0))
    return rows, columns


def shrink(cutout: Cutout, largest: int = LARGEST_SIDE) -> Cutout:
    """The window at no more than `largest` pixels a side: contrast does not depend on resolution, its cost does."""
    height, width = cutout.mask.shape
    if max(height, width) <= largest:
        return cutout
    factor = largest / max(height, width)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    points = cutout.keypoints.copy()
    points[:, :2] = (points[:, :2] + 0.5) * factor - 0.5
    lab = cv2.resize(cutout.lab, size, interpolation=cv2.INTER_AREA)
    garments = None if cutout.garments is None else _resize(cutout.garments, size)
    return Cutout(lab, _resize(cutout.mask, size), _resize(cutout.others, size), points, garments)


def _resize(mask: Mask, size: tuple[int, int]) -> Mask:
    return cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST).view(np.bool_)
