"""Z-buffer rasterizer: which triangle each pixel shows. One contract, two back ends that agree bit for bit.

Every covered pixel centre competes with a 64-bit key: depth in the upper 32 bits, triangle number in the lower 32. The
largest key wins, so the result depends neither on the order of triangles nor on the back end.
"""

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array

Keys = NDArray[np.uint64]
Triangles = NDArray[np.int32]

BACK_ENDS: Final = ("numba", "numpy")
DEGENERATE: Final = 1e-9  # twice the area, in square pixels, below which a triangle is edge on
CHUNK: Final = 2_000_000  # candidate pixels that the numpy back end holds at once
DEPTH_STEPS: Final = 4294967295.0


@dataclass(frozen=True)
class Projected:
    """Triangles on the image plane.

    Attributes:
        x: Pixel column of every vertex (N,).
        y: Pixel row of every vertex (N,).
        inverse_depth: 1/depth of every vertex (N,), or any measure that is linear on screen and larger when nearer; not
            positive for vertices behind the camera, whose triangles are left out.
        faces: Triangles (F, 3).
    """

    x: Array
    y: Array
    inverse_depth: Array
    faces: Triangles


@dataclass(frozen=True)
class Raster:
    """What is seen.

    Attributes:
        triangle: Number of the triangle at each pixel (H, W); -1 where there is none.
        inverse_depth: Its inverse depth (H, W); 0 where there is none.
    """

    triangle: NDArray[np.int32]
    inverse_depth: Array


def rasterize(scene: Projected, height: int, width: int, back_end: str = "numba") -> Raster:
    """Rasterize triangles; a pixel belongs to the triangle that covers its centre.

    Args:
        scene: Projected triangles.
        height: Rows.
        width: Columns.
        back_end: `numba` or `numpy`; the result is the same.

    Raises:
        ValueError: If the back end does not exist.
    """
    if back_end not in BACK_ENDS:
        raise ValueError(f"Expected a back end among {', '.join(BACK_ENDS)} but got {back_end!r}")
    nearest = float(scene.inverse_depth.max(initial=0.0))
    if nearest <= 0 or not len(scene.faces):
        return Raster(np.full((height, width), -1, np.int32), np.zeros((height, width)))
    keys = np.zeros((height, width), np.uint64)
    fill = _fill_numba if back_end == "numba" else _fill_numpy
    fill(keys, scene.x, scene.y, scene.inverse_depth, scene.faces, nearest)
    seen = keys > 0
    triangle = np.where(seen, (keys & np.uint64(0xFFFFFFFF)).astype(np.int64), -1).astype(np.int32)
    return Raster(triangle, (keys >> np.uint64(32)).astype(np.float64) / DEPTH_STEPS * nearest)


@numba.njit(cache=True, fastmath=False)
def _fill_numba(keys: Keys, x: Array, y: Array, iw: Array, faces: Triangles, nearest: float) -> None:
    height, width = keys.shape
    for t in range(faces.shape[0]):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        if iw[a] <= 0 or iw[b] <= 0 or iw[c] <= 0:
            continue
        x0, y0, x1, y1, x2, y2 = x[a], y[a], x[b], y[b], x[c], y[c]
        double_area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(double_area) < DEGENERATE:
            continue
        inverse = 1.0 / double_area
        left = max(0, int(np.ceil(min(x0, x1, x2) - 0.5)))
        right = min(width - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - 0.5)))
        bottom = min(height - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        for j in range(top, bottom + 1):
            py = j + 0.5
            for i in range(left, right + 1):
                px = i + 0.5
                w0 = ((x1 - px) * (y2 - py) - (x2 - px) * (y1 - py)) * inverse
                w1 = ((x2 - px) * (y0 - py) - (x0 - px) * (y2 - py)) * inverse
                w2 = 1.0 - w0 - w1
                if w0 >= 0 and w1 >= 0 and w2 >= 0:
                    depth = (w0 * iw[a] + w1 * iw[b] + w2 * iw[c]) / nearest
                    key = (np.uint64(min(depth * 4294967295.0, 4294967295.0)) << np.uint64(32)) | np.uint64(t)
                    if key > keys[j, i]:
                        keys[j, i] = key


def _fill_numpy(keys: Keys, x: Array, y: Array, iw: Array, faces: Triangles, nearest: float) -> None:
    height, width = keys.shape
    columns, rows, inverse_depth = x[faces], y[faces], iw[faces]
    x0, x1, x2 = columns.T
    y0, y1, y2 = rows.T
    double_area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    with np.errstate(invalid="ignore"):
        left = np.clip(np.ceil(np.minimum(np.minimum(x0, x1), x2) - 0.5), 0, width).astype(np.int64)
        right = np.clip(np.floor(np.maximum(np.maximum(x0, x1), x2) - 0.5), -1, width - 1).astype(np.int64)
        top = np.clip(np.ceil(np.minimum(np.minimum(y0, y1), y2) - 0.5), 0, height).astype(np.int64)
        bottom = np.clip(np.floor(np.maximum(np.maximum(y0, y1), y2) - 0.5), -1, height - 1).astype(np.int64)
    drawn = (iw[faces] > 0).all(axis=1) & (np.abs(double_area) >= DEGENERATE) & (right >= left) & (bottom >= top)
    chosen = np.flatnonzero(drawn)
    size = ((right - left + 1) * (bottom - top + 1))[chosen]
    ends = np.cumsum(size)
    flat, start = keys.reshape(-1), 0
    while start < len(chosen):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK)))
        counts = size[start:stop]
        t = np.repeat(chosen[start:stop], counts)
        offset = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        across = (right - left + 1)[t]
        down = offset // across
        i, j = left[t] + offset - down * across, top[t] + down
        px, py = i + 0.5, j + 0.5
        inverse = 1.0 / double_area[t]
        dx0, dx1, dx2 = x0[t] - px, x1[t] - px, x2[t] - px
        dy0, dy1, dy2 = y0[t] - py, y1[t] - py, y2[t] - py
        w0 = (dx1 * dy2 - dx2 * dy1) * inverse
        w1 = (dx2 * dy0 - dx0 * dy2) * inverse
        w2 = 1.0 - w0 - w1
        inside = np.flatnonzero((w0 >= 0) & (w1 >= 0) & (w2 >= 0))
        hit = t[inside]
        depth = (
            inverse_depth[hit, 0] * w0[inside] + inverse_depth[hit, 1] * w1[inside] + inverse_depth[hit, 2] * w2[inside]
        )
        steps = np.minimum(depth / nearest * DEPTH_STEPS, DEPTH_STEPS).astype(np.uint64)
        np.maximum.at(flat, j[inside] * width + i[inside], (steps << np.uint64(32)) | hit.astype(np.uint64))
        start = stop


def barycentric(scene: Projected, seen: Raster, rows: NDArray[Any], columns: NDArray[Any]) -> tuple[Triangles, Array]:
    """Vertices (P, 3) and perspective-correct weights (P, 3) of the triangles at pixels."""
    faces = scene.faces[seen.triangle[rows, columns]]
    px, py = columns + 0.5, rows + 0.5
    x, y, inverse_depth = scene.x[faces], scene.y[faces], scene.inverse_depth[faces]
    double_area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    w0 = ((x[:, 1] - px) * (y[:, 2] - py) - (x[:, 2] - px) * (y[:, 1] - py)) / double_area
    w1 = ((x[:, 2] - px) * (y[:, 0] - py) - (x[:, 0] - px) * (y[:, 2] - py)) / double_area
    weights = np.stack([w0, w1, 1 - w0 - w1], axis=1) * inverse_depth
    normalized: Array = weights / weights.sum(axis=1, keepdims=True)
    return faces, normalized


def first_hits(scene: Projected, points: Array) -> tuple[NDArray[np.int64], Array]:
    """The triangles seen exactly at points of the image plane, between pixel centres too.

    Args:
        scene: Projected triangles.
        points: Columns and rows (K, 2).

    Returns:
        Triangle (K,), -1 where there is none, and inverse depth (K,), 0 there.
    """
    corners = scene.faces.T
    left, right = _extent(scene.x, corners)
    top, bottom = _extent(scene.y, corners)
    in_front = _extent(scene.inverse_depth, corners)[0] > 0
    triangles, depths = np.full(len(points), -1), np.zeros(len(points))
    for k, (x, y) in enumerate(points):
        candidates = np.flatnonzero(in_front & (left <= x) & (right >= x) & (top <= y) & (bottom >= y))
        inverse_depth = _inverse_depth(scene, candidates, float(x), float(y))
        if len(candidates) and inverse_depth.max() > 0:
            best = int(inverse_depth.argmax())
            triangles[k], depths[k] = candidates[best], inverse_depth[best]
    return triangles, depths


def _extent(values: Array, corners: Triangles) -> tuple[Array, Array]:
    """Least and largest value (F,) over the corners (3, F) of every triangle."""
    one, two, three = (values[corner] for corner in corners)
    return np.minimum(np.minimum(one, two), three), np.maximum(np.maximum(one, two), three)


def _inverse_depth(scene: Projected, candidates: NDArray[np.int64], x: float, y: float) -> Array:
    """Inverse depth of triangles at a point (C,); 0 where they do not cover it."""
    corners = scene.faces[candidates]
    x0, x1, x2 = (scene.x[corners] - x).T
    y0, y1, y2 = (scene.y[corners] - y).T
    double_area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    flat = np.abs(double_area) < DEGENERATE
    safe = np.where(flat, 1.0, double_area)
    w0, w1 = (x1 * y2 - x2 * y1) / safe, (x2 * y0 - x0 * y2) / safe
    w2 = 1 - w0 - w1
    near = scene.inverse_depth[corners]
    inverse_depth: Array = w0 * near[:, 0] + w1 * near[:, 1] + w2 * near[:, 2]
    inverse_depth[flat | (w0 < 0) | (w1 < 0) | (w2 < 0)] = 0.0
    return inverse_depth
