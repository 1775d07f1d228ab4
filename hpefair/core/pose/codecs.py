"""Keypoints to heatmaps. The way back, which has to be traceable, is `hpefair.networks.peaks`."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array

Maps = NDArray[np.float32]

REACH: Final = 3.0  # standard deviations at which biased maps end, as in the code they stand for


def gaussian_targets(points: Array, size: tuple[int, int], stride: float, sigma: float) -> Maps:
    """Unbiased Gaussian heatmaps, centred on the exact keypoints (Zhang et al., CVPR 2020, eq. 11).

    Args:
        points: Keypoints (K, 2) in crop pixels.
        size: Heatmap width and height.
        stride: Crop pixels per heatmap cell.
        sigma: Standard deviation in heatmap cells.

    Returns:
        Heatmaps (K, height, width), peak value 1 at an exact cell centre.
    """
    return _gaussians((points + 0.5) / stride - 0.5, size, sigma)


def biased_targets(points: Array, size: tuple[int, int], stride: float, sigma: float) -> Maps:
    """Gaussian heatmaps centred on the nearest cell and cut off at three deviations (Xiao et al., ECCV 2018).

    Args and result as of `gaussian_targets`.
    """
    centre = np.floor((points + 0.5) / stride)  # the cell that holds the point, whose centre is the nearest one
    maps = _gaussians(centre, size, sigma)
    maps[maps < np.exp(-(REACH**2) / 2)] = 0
    return maps


def _gaussians(centre: Array, size: tuple[int, int], sigma: float) -> Maps:
    """Gaussians (K, height, width) about centres (K, 2) in cells."""
    columns, rows = np.arange(size[0]), np.arange(size[1])
    along_x = np.exp(-((columns - centre[:, :1]) ** 2) / (2 * sigma**2)).astype(np.float32)  # (K, W)
    along_y = np.exp(-((rows - centre[:, 1:]) ** 2) / (2 * sigma**2)).astype(np.float32)  # (K, H)
    return along_y[:, :, None] * along_x[:, None, :]
