"""Annotations carried over exactly: cut to a window, placed elsewhere at another size, covered by somebody in front."""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.data.coco import masks
from hpefair.generation.protocol import AnnotatedPerson

Window = tuple[slice, slice]

HIDDEN, VISIBLE = 1, 2  # COCO's v of a labelled joint
WHOLE_PIXEL: Final = 0.5  # a scaled mask holds the pixels that it covers by more than half


def cropped(person: AnnotatedPerson, window: Window) -> AnnotatedPerson:
    """A person as annotated in a window of the picture.

    Args:
        person: The person in the whole picture.
        window: Rows and columns.

    Returns:
        The person in pixels of the window; joints beyond it are unlabelled.
    """
    rows, columns = window
    shift = np.array([columns.start, rows.start], dtype=float)
    mask = np.ascontiguousarray(person.mask[rows, columns])
    garments = None if person.garments is None else np.ascontiguousarray(person.garments[rows, columns])
    keypoints = within(person.keypoints - [*shift, 0.0], mask.shape)
    bbox = _clipped(np.array([*(person.bbox[:2] - shift), *person.bbox[2:]]), mask.shape)
    return replace(person, keypoints=keypoints, mask=mask, bbox=bbox, garments=garments)


def placed(person: AnnotatedPerson, scale: float, shift: Array, size: tuple[int, int]) -> AnnotatedPerson:
    """A person carried to another picture, larger or smaller, never warped.

    Args:
        person: The person in its own picture.
        scale: Size in the new picture relative to the old one.
        shift: Place (2,) x, y of the old picture's corner in the new one, in pixels.
        size: Height and width of the new picture.

    Returns:
        The person in pixels of the new picture; joints beyond its border are unlabelled.
    """
    mask = moved_layer(person.mask.astype(np.float32), scale, shift, size) > WHOLE_PIXEL
    garments = (
        None
        if person.garments is None
        else moved_layer(person.garments.astype(np.float32), scale, shift, size) > WHOLE_PIXEL
    )
    keypoints = person.keypoints.copy()
    # Keypoints name pixels, whose centres lie half a pixel further; boxes are measured from the corner.
    keypoints[:, :2] = (keypoints[:, :2] + 0.5) * scale - 0.5 + shift
    bbox = _clipped(np.array([*(person.bbox[:2] * scale + shift), *(person.bbox[2:] * scale)]), size)
    return replace(person, keypoints=within(keypoints, size), mask=mask, bbox=bbox, garments=garments)


def moved_layer(layer: NDArray[np.float32], scale: float, shift: Array, size: tuple[int, int]) -> NDArray[np.float32]:
    """A picture or mask of float32 (H, W[, C]) carried to a canvas of another size, zero beyond its border."""
    if scale < 1:
        # What is shrunk is blurred first, or fine stripes would turn into coarse ones.
        layer = cv2.GaussianBlur(layer, (0, 0), 0.4 * np.sqrt(1 / scale**2 - 1) + 1e-3, borderType=cv2.BORDER_REPLICATE)
    offset = 0.5 * scale - 0.5
    matrix = np.array([[scale, 0, shift[0] + offset], [0, scale, shift[1] + offset]])
    moved: NDArray[np.float32] = cv2.warpAffine(layer, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR)
    return moved


def covered(person: AnnotatedPerson, cover: Mask) -> AnnotatedPerson:
    """A person with something in front: its joints there are hidden, its outline and box end there.

    Args:
        person: The person.
        cover: What is in front (H, W).

    Returns:
        The person; visible joints (v=2) under the cover become hidden ones (v=1), as COCO labels them.
    """
    if not (person.mask & cover).any() and not under(person.keypoints, cover).any():
        return person
    keypoints = person.keypoints.copy()
    keypoints[under(keypoints, cover) & (keypoints[:, 2] == VISIBLE), 2] = HIDDEN
    mask = person.mask & ~cover
    garments = None if person.garments is None else person.garments & ~cover
    return replace(
        person, keypoints=keypoints, mask=mask, bbox=np.array(masks.box(mask), dtype=float), garments=garments
    )


def under(keypoints: Array, cover: Mask) -> Mask:
    """Which labelled joints (17,) lie under a cover (H, W)."""
    height, width = cover.shape
    x = np.clip(np.floor(keypoints[:, 0] + 0.5).astype(int), 0, width - 1)
    y = np.clip(np.floor(keypoints[:, 1] + 0.5).astype(int), 0, height - 1)
    hidden: Mask = cover[y, x] & (keypoints[:, 2] > 0)
    return hidden


def within(keypoints: Array, size: tuple[int, ...]) -> Array:
    """Keypoints (17, 3), zero where they are unlabelled or lie outside a picture of this height and width."""
    height, width = size[:2]
    x, y, labelled = keypoints.T
    inside = (labelled > 0) & (x >= 0) & (y >= 0) & (x <= width - 0.5) & (y <= height - 0.5)
    kept: Array = np.where(inside[:, None], keypoints, 0.0)
    return kept


def _clipped(bbox: Array, size: tuple[int, ...]) -> Array:
    """The part of a box (4,) inside a picture of this height and width."""
    height, width = size[:2]
    left, top = np.clip(bbox[0], 0, width), np.clip(bbox[1], 0, height)
    right, bottom = np.clip(bbox[0] + bbox[2], 0, width), np.clip(bbox[1] + bbox[3], 0, height)
    inside = right > left and bottom > top
    return np.array([left, top, right - left, bottom - top]) if inside else np.zeros(4)
