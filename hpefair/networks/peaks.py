"""Joints from probability maps: the peak cell, a quarter cell towards its neighbour, or the top of a fitted Gaussian.

All are batched, traceable, and finite for any map. Coordinates are crop pixels, pixel centres at integers.
"""

from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional

Decoding = Literal["argmax", "quarter", "dark", "dark_adjacent"]

FARTHEST: Final = 1.5  # cells; a Taylor step further than this left the quadratic's neighbourhood: keep the peak
LEAST: Final = 1e-10  # below this a map counts as zero
FLAT: Final = 1e-9  # determinant below which a peak has no shape


def decode(maps: Tensor, stride: float, sigma: float, how: Decoding) -> tuple[Tensor, Tensor]:
    """Joints of maps.

    Args:
        maps: Non-negative maps (B, K, H, W).
        stride: Crop pixels per cell.
        sigma: Standard deviation in cells that the maps were trained with; DARK smooths by it.
        how: `argmax`; `quarter`, a quarter cell towards the higher neighbour on each axis (Newell et al., ECCV 2016);
            `dark`, a Taylor step of the smoothed logarithm with differences over two cells (Zhang et al., CVPR 2020,
            eq. 4-9); `dark_adjacent`, the same with differences of adjacent cells (Huang et al., CVPR 2020).

    Returns:
        Points (B, K, 2) and the maps' peak values (B, K). A map of zeros gives the middle of the crop.
    """
    batch, joints, height, width = maps.shape
    flat = maps.flatten(0, 1).float()
    score, cell = flat.flatten(1).max(dim=1)
    x, y = cell % width, torch.div(cell, width, rounding_mode="floor")
    peak = torch.stack([x, y], dim=1)
    step = torch.zeros_like(peak, dtype=flat.dtype)
    if how == "quarter":
        step = _quarter_step(flat, peak)
    elif how != "argmax":
        step = taylor_step(torch.log(smoothed(flat, sigma).clamp(min=LEAST)), peak, 1 if how == "dark_adjacent" else 2)
    middle = torch.tensor([(width - 1) / 2, (height - 1) / 2], dtype=flat.dtype, device=flat.device)
    points = torch.where((score > 0)[:, None], peak + step, middle)
    return ((points + 0.5) * stride - 0.5).view(batch, joints, 2), score.view(batch, joints)


def smoothed(maps: Tensor, sigma: float, radius: int | None = None) -> Tensor:
    """Maps (M, H, W) convolved with a Gaussian, zero outside; its radius is four deviations unless given."""
    radius = int(4 * sigma + 0.5) if radius is None else radius
    places = torch.arange(-radius, radius + 1, dtype=maps.dtype, device=maps.device)
    kernel = torch.exp(-(places**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    rows = functional.conv2d(maps[:, None], kernel.view(1, 1, 1, -1), padding=(0, radius))
    return functional.conv2d(rows, kernel.view(1, 1, -1, 1), padding=(radius, 0))[:, 0]


def taylor_step(log: Tensor, peak: Tensor, spacing: int) -> Tensor:
    """Newton step (M, 2) of log maps (M, H, W) at their peak cells (M, 2); zero where it cannot be trusted.

    Args:
        log: Logarithms of maps.
        peak: Column and row of each peak.
        spacing: Cells between the second differences' points, 1 or 2.
    """
    height, width = log.shape[1:]
    margin = spacing
    inside = (peak >= margin).all(dim=1) & (peak[:, 0] < width - margin) & (peak[:, 1] < height - margin)

    log_at = _around(log, peak, reach=spacing)
    here = log_at[0, 0]
    gx, gy = (log_at[1, 0] - log_at[-1, 0]) / 2, (log_at[0, 1] - log_at[0, -1]) / 2
    hxx = (log_at[spacing, 0] - 2 * here + log_at[-spacing, 0]) / spacing**2
    hyy = (log_at[0, spacing] - 2 * here + log_at[0, -spacing]) / spacing**2
    if spacing == 1:
        ends = log_at[1, 0] + log_at[-1, 0] + log_at[0, 1] + log_at[0, -1]
        hxy = (log_at[1, 1] + log_at[-1, -1] + 2 * here - ends) / 2
    else:
        hxy = (log_at[1, 1] - log_at[-1, 1] - log_at[1, -1] + log_at[-1, -1]) / 4
    det = hxx * hyy - hxy**2
    curved = inside & (det > FLAT) & (hxx < 0)
    safe = torch.where(curved, det, torch.ones_like(det))
    step = torch.stack([-(hyy * gx - hxy * gy), -(hxx * gy - hxy * gx)], dim=1) / safe[:, None]
    trusted = curved & (step.abs().amax(dim=1) <= FARTHEST)
    return torch.where(trusted[:, None], step, torch.zeros_like(step))


def _quarter_step(maps: Tensor, peak: Tensor) -> Tensor:
    """A quarter cell towards the higher neighbour on each axis; none at the border."""
    height, width = maps.shape[1:]
    x, y = peak[:, 0], peak[:, 1]
    value_at = _around(maps, peak, reach=1)
    gx, gy = value_at[1, 0] - value_at[-1, 0], value_at[0, 1] - value_at[0, -1]
    inside = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
    return torch.stack([gx, gy], dim=1).sign() * 0.25 * inside[:, None]


def _around(maps: Tensor, peak: Tensor, reach: int) -> dict[tuple[int, int], Tensor]:
    """Values (M,) of maps (M, H, W) at each peak and near it, by offset; beyond the border the nearest cell's.

    The eight neighbours, and where the reach is two, what lies two cells away on each axis. All are read at once: a
    graph has one gather then, not one per offset.
    """
    height, width = maps.shape[1:]
    ring = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]
    offsets = ring + ([(2, 0), (-2, 0), (0, 2), (0, -2)] if reach == 2 else [])
    moves = torch.tensor(offsets, dtype=peak.dtype, device=peak.device)
    x = (peak[:, :1] + moves[:, 0]).clamp(0, width - 1)
    y = (peak[:, 1:] + moves[:, 1]).clamp(0, height - 1)
    values = maps.flatten(1).gather(1, y * width + x)
    return dict(zip(offsets, values.unbind(dim=1), strict=True))
