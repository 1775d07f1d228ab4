"""Heatmap codecs: keypoints to heatmaps and back, without quantization error.

Unbiased Gaussian targets and distribution-aware (DARK) decoding: Zhang et al., CVPR 2020, eq. 4-11.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.float64]
Maps = NDArray[np.float32]

MAX_OFFSET_PX = 1.5  # a Taylor step further than this left the quadratic's neighbourhood: keep the peak


def gaussian_targets(points: Array, size: tuple[int, int], stride: float, sigma: float) -> Maps:
    """Gaussian heatmaps centred on the exact, unrounded keypoints.

    Args:
        points: Keypoints (K, 2) in crop pixels.
        size: Heatmap width and height.
        stride: Crop pixels per heatmap cell.
        sigma: Standard deviation in heatmap cells.

    Returns:
        Heatmaps (K, height, width), peak value 1 at an exact cell centre.
    """
    centre = (points + 0.5) / stride - 0.5
    columns, rows = np.arange(size[0]), np.arange(size[1])
    along_x = np.exp(-((columns - centre[:, :1]) ** 2) / (2 * sigma**2))  # (K, W)
    along_y = np.exp(-((rows - centre[:, 1:]) ** 2) / (2 * sigma**2))  # (K, H)
    return (along_y[:, :, None] * along_x[:, None, :]).astype(np.float32)


def dark_decode(heatmaps: Maps, stride: float, sigma: float) -> tuple[Array, Array]:
    """Keypoints from heatmaps by a Taylor step of the log heatmap at its peak.

    Args:
        heatmaps: Non-negative maps (N, K, H, W).
        stride: Crop pixels per heatmap cell.
        sigma: Standard deviation the maps were trained with, in cells; smooths before the step.

    Returns:
        Keypoints (N, K, 2) in crop pixels, and the peak values (N, K) of the maps. Flat maps, peaks on the border and
        singular or far Taylor steps keep the peak cell.
    """
    n, k, height, width = heatmaps.shape
    flat = heatmaps.reshape(n * k, height, width).astype(np.float64)
    peak = flat.reshape(n * k, -1).argmax(axis=1)
    score = flat.reshape(n * k, -1).max(axis=1)
    smooth = gaussian_filter(flat, sigma=(0, sigma, sigma), mode="constant")
    log = np.log(np.maximum(smooth, 1e-10))
    cell = np.stack([peak % width, peak // width], axis=1)
    points = cell + _taylor_step(log, cell)
    points[score <= 0] = np.array([(width - 1) / 2, (height - 1) / 2])
    crop = (points + 0.5) * stride - 0.5
    return crop.reshape(n, k, 2), score.reshape(n, k)


def _taylor_step(log: Array, cell: NDArray[np.int64]) -> Array:
    """Newton step (M, 2) of each log map (M, H, W) at its peak cell (M, 2); zero where it cannot be trusted."""
    height, width = log.shape[1:]
    x, y = cell[:, 0], cell[:, 1]
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    rows = np.arange(len(log))[inside]
    x, y = x[inside], y[inside]
    gx = (log[rows, y, x + 1] - log[rows, y, x - 1]) / 2
    gy = (log[rows, y + 1, x] - log[rows, y - 1, x]) / 2
    hxx = (log[rows, y, x + 2] - 2 * log[rows, y, x] + log[rows, y, x - 2]) / 4
    hyy = (log[rows, y + 2, x] - 2 * log[rows, y, x] + log[rows, y - 2, x]) / 4
    hxy = (log[rows, y + 1, x + 1] - log[rows, y - 1, x + 1] - log[rows, y + 1, x - 1] + log[rows, y - 1, x - 1]) / 4
    det = hxx * hyy - hxy**2
    curved = (det > 1e-9) & (hxx < 0)
    safe = np.where(curved, det, 1.0)
    step = np.stack([-(hyy * gx - hxy * gy) / safe, -(hxx * gy - hxy * gx) / safe], axis=1)
    step[~curved | (np.abs(step).max(axis=1) > MAX_OFFSET_PX)] = 0
    out = np.zeros((len(log), 2))
    out[rows] = step
    return out
