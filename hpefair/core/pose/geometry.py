"""Boxes, crops and the affine maps between image and crop.

One convention everywhere: a coordinate names a point of the continuous image plane whose pixel (column j, row i) has
its centre at (j, i). Scaling by s about the plane therefore maps u to (u + 0.5) s - 0.5, and mirroring an image of
width W maps u to W - 1 - u: no half-pixel ever leaks (UDP, Huang et al., CVPR 2020, eq. 5-9).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.arrays import Array


def crop_window(bbox: Array, aspect: float, context: float = 1.25) -> Array:
    """Window around a person: the box, widened to a fixed aspect, then enlarged.

    Args:
        bbox: Box (4,) x, y, width, height in pixels.
        aspect: Width divided by height of the window.
        context: Enlargement; 1.25 is the field's habit since Simple Baselines (Xiao et al., ECCV 2018).

    Returns:
        Window (4,): centre x, centre y, width, height in pixels.

    >>> crop_window(np.array([10.0, 20.0, 30.0, 80.0]), aspect=0.75).tolist()
    [25.0, 60.0, 75.0, 100.0]
    """
    x, y, width, height = (float(value) for value in bbox)
    width, height = max(width, 1.0), max(height, 1.0)
    tall = max(height, width / aspect)
    return np.array([x + width / 2, y + height / 2, tall * aspect * context, tall * context])


def crop_affine(window: Array, size: tuple[int, int], rotation: float = 0.0) -> Array:
    """Affine map from image pixels to crop pixels.

    Args:
        window: Centre x, centre y, width, height (4,) in image pixels.
        size: Crop width and height in pixels.
        rotation: Rotation of the window in radians, positive turning x towards y.

    Returns:
        Matrix (2, 3) for `transform` and `cv2.warpAffine`.
    """
    cx, cy, width, height = window
    scale_x, scale_y = size[0] / width, size[1] / height
    cos, sin = np.cos(rotation), np.sin(rotation)
    linear = np.diag([scale_x, scale_y]) @ np.array([[cos, sin], [-sin, cos]])
    # Pixel centres: the window's centre lies at (size - 1) / 2 of the crop; COCO boxes live on pixel edges.
    offset = (np.array(size, dtype=np.float64) - 1) / 2 - linear @ np.array([cx - 0.5, cy - 0.5])
    return np.hstack([linear, offset[:, None]])


def invert(matrix: Array) -> Array:
    """Inverse of an affine map (2, 3)."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -linear @ matrix[:, 2:]])


def compose(second: Array, first: Array) -> Array:
    """Affine map (2, 3) that applies `first` and then `second`."""
    linear = second[:, :2] @ first[:, :2]
    return np.hstack([linear, (second[:, :2] @ first[:, 2] + second[:, 2])[:, None]])


def letterbox(width: int, height: int, size: tuple[int, int]) -> Array:
    """Affine map (2, 3) that fits a whole image into `size` (width, height), unturned, in the middle."""
    scale = min(size[0] / width, size[1] / height)
    offset = [(size[0] - scale * width) / 2 + (scale - 1) / 2, (size[1] - scale * height) / 2 + (scale - 1) / 2]
    return np.array([[scale, 0.0, offset[0]], [0.0, scale, offset[1]]])


def move_boxes(boxes: Array, matrix: Array) -> Array:
    """Boxes (N, 4) around where an affine map (2, 3) takes the corners of boxes (N, 4), x, y, width, height.

    Boxes lie on pixel edges while maps are between pixel centres, so half a pixel is taken off before and put on after.
    """
    left, top = boxes[:, 0], boxes[:, 1]
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    corners = np.stack([[left, top], [right, top], [right, bottom], [left, bottom]]).transpose(2, 0, 1)
    moved = transform(corners - 0.5, matrix) + 0.5
    low, high = moved.min(axis=1), moved.max(axis=1)
    return np.concatenate([low, high - low], axis=1)


def transform(points: Array, matrix: Array) -> Array:
    """Apply an affine map (2, 3) to points (..., 2)."""
    moved: Array = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def mirror(keypoints: Array, width: int, flip_order: NDArray[np.int64]) -> Array:
    """Mirror keypoints (..., K, 2 or 3) of an image of `width` pixels and swap left and right."""
    flipped = keypoints[..., flip_order, :].copy()
    flipped[..., 0] = width - 1 - flipped[..., 0]
    return flipped


def box_overlap(boxes: Array, others: Array) -> Array:
    """Intersection over union of boxes (N, 4) with others (M, 4), x, y, width, height; (N, M)."""
    left_top = np.maximum(boxes[:, None, :2], others[None, :, :2])
    right_bottom = np.minimum(boxes[:, None, :2] + boxes[:, None, 2:], others[None, :, :2] + others[None, :, 2:])
    shared = np.clip(right_bottom - left_top, 0, None).prod(axis=2)
    union = boxes[:, None, 2:].prod(axis=2) + others[None, :, 2:].prod(axis=2) - shared
    overlap: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def keypoint_extent(keypoints: Array) -> Array:
    """Width and height (N, 2) of the box around all keypoints (N, K, 3), as pycocotools' loadRes makes it."""
    out = np.zeros((len(keypoints), 2))
    for i in range(len(keypoints)):
        for axis in range(2):
            low = high = keypoints[i, 0, axis]
            for k in range(1, keypoints.shape[1]):
                low, high = min(low, keypoints[i, k, axis]), max(high, keypoints[i, k, axis])
            out[i, axis] = high - low
    return out
