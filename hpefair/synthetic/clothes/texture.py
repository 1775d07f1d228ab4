"""Procedural textures: smooth noise in space and in the plane, and the patterns of floors, walls and cloth."""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hpefair.arrays import Floats

LATTICE: Final = 64
PLANE: Final = 1024
FLAT_SLOPE: Final = 1.35  # spectral slope of the noise of floors and walls
SURFACES: Final = ("brick", "grass", "gravel", "tiles", "planks", "stripes", "plaster", "plain")


@cache
def _noise_lattice() -> Floats:
    """Smooth periodic noise (64, 64, 64), mean 0, variance 1."""
    coarse = np.random.default_rng(7).normal(size=(16, 16, 16)).astype(np.float32)
    fine = ndimage.zoom(coarse, LATTICE // 16, order=3, mode="grid-wrap", grid_mode=True)
    return ((fine - fine.mean()) / fine.std()).astype(np.float32)


@cache
def _slope_lattice() -> Floats:
    """Derivatives of the noise lattice along its axes (64, 64, 64, 3)."""
    noise = _noise_lattice()
    return np.stack([np.roll(noise, -1, axis) - np.roll(noise, 1, axis) for axis in range(3)], axis=-1) * np.float32(2)


@cache
def _noise_plane() -> Floats:
    """Periodic noise (1024, 1024) with a falling spectrum, mean 0, variance 1."""
    white = np.random.default_rng(9).normal(size=(PLANE, PLANE))
    frequency = np.hypot(np.fft.fftfreq(PLANE)[:, None], np.fft.rfftfreq(PLANE)[None])
    frequency[0, 0] = 1.0
    shaped = np.fft.irfft2(np.fft.rfft2(white) / frequency**FLAT_SLOPE * (frequency > 3 / PLANE))
    return (shaped / shaped.std()).astype(np.float32)


def noise3(points: NDArray[Any], scale: float, octaves: int = 1) -> Floats:
    """Noise at points (N, 3) with `scale` cells per metre; every octave is half as strong and twice as fine."""
    total = np.zeros(len(points), np.float32)
    for octave in range(octaves):
        total += _lookup(_noise_lattice(), points + np.float32(3.7 * octave), scale * 2**octave) * np.float32(
            0.5**octave
        )
    return total


def slope3(points: NDArray[Any], scale: float) -> Floats:
    """Gradient (N, 3) of `noise3` per cell: what turns normals into folds."""
    return _lookup(_slope_lattice(), points, scale)


def _lookup(lattice: Floats, points: NDArray[Any], scale: float) -> Floats:
    cell = (points * np.float32(4 * scale)).astype(np.int32) & (LATTICE - 1)
    values: Floats = lattice[cell[:, 0], cell[:, 1], cell[:, 2]]
    return values


def noise2(u: NDArray[Any], v: NDArray[Any], scale: float) -> Floats:
    """Noise at points of a plane with `scale` lattice steps per metre, bilinear between them."""
    x, y = np.asarray(u * scale, np.float32), np.asarray(v * scale, np.float32)
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    c0, r0 = left.astype(np.int32) & (PLANE - 1), top.astype(np.int32) & (PLANE - 1)
    c1, r1 = (c0 + 1) & (PLANE - 1), (r0 + 1) & (PLANE - 1)
    plane = _noise_plane()
    upper = plane[r0, c0] * (1 - fx) + plane[r0, c1] * fx
    lower = plane[r1, c0] * (1 - fx) + plane[r1, c1] * fx
    mixed: Floats = upper * (1 - fy) + lower * fy
    return mixed


def relief(kind: str, u: Floats, v: Floats, scale: float) -> Floats:
    """Relative brightness (N,) of a surface around 0, at points in metres.

    Args:
        kind: One of `SURFACES`.
        u: First coordinate.
        v: Second coordinate.
        scale: Size of the pattern, 1 for its natural one.
    """
    u, v = u / np.float32(scale), v / np.float32(scale)
    if kind == "plain":
        return np.zeros(len(u), np.float32)
    if kind in ("grass", "gravel", "plaster"):
        strength, fineness = {"grass": (0.22, 300.0), "gravel": (0.20, 420.0), "plaster": (0.12, 60.0)}[kind]
        return np.float32(strength) * noise2(u, v, fineness)
    if kind == "stripes":
        return np.float32(0.2) * np.sign(np.sin(10 * u)).astype(np.float32)
    if kind == "planks":
        return _planks(u, v)
    width, height = {"tiles": (0.45, 0.45), "brick": (0.24, 0.09)}[kind]
    return _blocks(u, v, width, height, shifted=kind == "brick")


def _blocks(u: Floats, v: Floats, width: float, height: float, shifted: bool) -> Floats:
    row = np.floor(v / height)
    along = u / width + (0.5 * (row % 2) if shifted else 0.0)
    joint = 0.012 / height
    gap = ((along % 1) < joint * height / width) | ((v / height % 1) < joint)
    shade = 0.08 * np.sin(np.floor(along) * 12.9 + row * 78.2) + 0.05 * noise2(u, v, 120)
    return np.where(gap, -0.35, shade).astype(np.float32)


def _planks(u: Floats, v: Floats) -> Floats:
    row = np.floor(u * 7)
    grain = 0.06 * np.sin(v * 3 + row * 4 + 2 * np.sin(v * 1.3 + row))
    return (0.10 * np.sin(row * 12.9) + grain - 0.3 * ((u * 7) % 1 < 0.05)).astype(np.float32)


def cloth_mix(kind: str, points: Floats, scale: float, edge: float) -> Floats:
    """Share of the second colour (N,) of a cloth pattern.

    Args:
        kind: plain, horizontal, vertical, plaid, dots or block.
        points: Positions on the neutral body (N, 3), metres.
        scale: Size of the pattern, 1 for its natural one.
        edge: Height where a colour block begins, metres.
    """
    x, y, z = points.T
    if kind == "horizontal":
        return (np.sin(y * (2 * np.pi / (0.07 * scale))) > 0).astype(np.float32)
    if kind == "vertical":
        return (np.sin(np.arctan2(x, z + 0.02) * 18 / scale) > 0.2).astype(np.float32)
    if kind == "plaid":
        wave = 2 * np.pi / (0.09 * scale)
        return np.float32(0.5) * (np.sin(y * wave) > 0.1) + np.float32(0.5) * (np.sin(x * wave) > 0.1)
    if kind == "dots":
        wave = 2 * np.pi / (0.06 * scale)
        return (np.sin(y * wave) * np.sin(x * wave) > 0.45).astype(np.float32)
    if kind == "block":
        return (y > edge).astype(np.float32)
    return np.zeros(len(points), np.float32)
