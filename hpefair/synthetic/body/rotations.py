"""Rotations of three-dimensional space as 3x3 matrices that act on column vectors, and two-bone inverse kinematics."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hpefair.arrays import Array

# Axes of the body at rest: to its own left, up, forward.
LEFT: Final = np.array([1.0, 0.0, 0.0])
UP: Final = np.array([0.0, 1.0, 0.0])
FORWARD: Final = np.array([0.0, 0.0, 1.0])


def unit(vector: ArrayLike) -> Array:
    """Vector (3,) at length one."""
    array = np.asarray(vector, dtype=float)
    scaled: Array = array / np.linalg.norm(array)
    return scaled


def turn(axis: ArrayLike, degrees: float) -> Array:
    """Rotation about an axis (3,) by an angle, right-handed (Rodrigues)."""
    x, y, z = unit(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.radians(degrees)
    rotation: Array = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return rotation


def shortest_turn(start: ArrayLike, end: ArrayLike) -> Array:
    """Smallest rotation that takes one direction (3,) to another; the identity where they are opposite or equal."""
    a, b = unit(start), unit(end)
    axis = np.cross(a, b)
    sine = float(np.linalg.norm(axis))
    return np.eye(3) if sine < 1e-8 else turn(axis, float(np.degrees(np.arctan2(sine, a @ b))))


def frame(along: ArrayLike, hinge: ArrayLike) -> Array:
    """Right-handed orthonormal frame (3, 3): a bone's direction, its hinge axis made square to it, their cross."""
    first = unit(along)
    second = np.asarray(hinge, dtype=float)
    second = unit(second - first * (second @ first))
    return np.stack([first, second, np.cross(first, second)], axis=1)


def two_bone(origin: Array, target: Array, pole: Array, lengths: tuple[float, float]) -> tuple[Array, Array]:
    """Directions of two bones that bring the end of the second to a target, or as near as they reach.

    Args:
        origin: Start of the first bone (3,).
        target: Wanted end of the second bone (3,).
        pole: Direction (3,) towards which the middle joint bends.
        lengths: Lengths of the bones.

    Returns:
        Unit directions (3,) of both bones.
    """
    first, second = lengths
    towards = target - origin
    nearest, farthest = abs(first - second) * 1.05 + 0.01, (first + second) * 0.995
    distance = float(np.clip(np.linalg.norm(towards), nearest, farthest))
    towards = unit(towards)
    cosine = np.clip((first**2 + distance**2 - second**2) / (2 * first * distance), -1, 1)
    bend = pole - towards * (pole @ towards)
    if np.linalg.norm(bend) < 1e-3:
        bend = np.cross(towards, LEFT)
    upper = unit(towards * cosine + unit(bend) * np.sqrt(1 - cosine**2))
    return upper, unit(towards * distance - upper * first)
