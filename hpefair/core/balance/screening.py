"""Keep or reject a generated person."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array

CHUNK: Final = 4_000  # thumbnails a side that are compared at once: a block of 128 MB


def annotation_fault(keypoints: Array, mask: NDArray[np.bool_], bbox: Array, min_keypoints: int) -> str | None:
    """First fault of a generated annotation, or None.

    Args:
        keypoints: Keypoints (K, 3).
        mask: Person mask (H, W) of the generated image.
        bbox: Box (4,) x, y, width, height.
        min_keypoints: Labelled joints an annotation needs.

    Returns:
        A reason, or None when the annotation is valid: enough labelled joints, all of them inside the image and the
        box (grown by a tenth), and a mask that fills a plausible part of the box.
    """
    height, width = mask.shape
    labelled = keypoints[keypoints[:, 2] > 0]
    if len(labelled) < min_keypoints:
        return f"only {len(labelled)} labelled joints"
    x, y = labelled[:, 0], labelled[:, 1]
    if (x < 0).any() or (y < 0).any() or (x > width).any() or (y > height).any():
        return "a joint lies outside the image"
    left, top, box_width, box_height = bbox
    margin = 0.1 * max(box_width, box_height) + 1
    outside = (
        (x < left - margin) | (x > left + box_width + margin) | (y < top - margin) | (y > top + box_height + margin)
    )
    if outside.any():
        return "a joint lies outside the person's box"
    filled = mask.sum() / max(box_width * box_height, 1)
    return None if 0.05 < filled <= 1.05 else f"the mask fills {filled:.0%} of the box"


def near_duplicates(thumbnails: Array, others: Array, delta_e: float) -> list[int]:
    """Rows that look like an earlier row or like one of `others`.

    Args:
        thumbnails: CIELAB thumbnails (N, h, w, 3) in the order in which they would be accepted.
        others: Thumbnails (M, h, w, 3) that nothing may resemble, such as test images.
        delta_e: Root-mean-square CIE76 distance below which two thumbnails are the same picture.

    Returns:
        Indices of the duplicates; the first of two alike is kept.
    """
    kept = nearest(thumbnails, others) >= delta_e
    flat, pixels = _flat(thumbnails)
    size = np.einsum("ij,ij->i", flat, flat)
    for row in np.flatnonzero(kept):
        apart = size[:row] - 2 * flat[:row] @ flat[row] + size[row]
        kept[row] = bool((apart[kept[:row]] >= pixels * delta_e**2).all())
    return [int(row) for row in np.flatnonzero(~kept)]


def nearest(thumbnails: Array, others: Array) -> Array:
    """Root-mean-square CIE76 distance (N,) of thumbnails (N, h, w, 3) to the nearest of others (M, h, w, 3).

    Infinite where there are no others.
    """
    if not len(others):
        return np.full(len(thumbnails), np.inf)
    (flat, pixels), (known, _) = _flat(thumbnails), _flat(others)
    least = np.full(len(flat), np.inf)
    for first in range(0, len(flat), CHUNK):
        own = flat[first : first + CHUNK]
        size = np.einsum("ij,ij->i", own, own)[:, None]
        for start in range(0, len(known), CHUNK):
            part = known[start : start + CHUNK]
            squares = size - 2 * own @ part.T + np.einsum("ij,ij->i", part, part)
            least[first : first + CHUNK] = np.minimum(least[first : first + CHUNK], squares.min(axis=1))
    return np.asarray(np.sqrt(np.clip(least, 0, None) / pixels), dtype=float)


def _flat(thumbnails: Array) -> tuple[Array, float]:
    """Thumbnails as rows, and the number of their pixels."""
    return thumbnails.reshape(len(thumbnails), int(np.prod(thumbnails.shape[1:]))), float(
        np.prod(thumbnails.shape[1:3])
    ) or 1.0
