"""How wide the trunk is: slices of the mask across its axis, without the arms."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from hpefair.arrays import Array, Mask
from hpefair.attributes.measured.trunk import ELBOWS, SHOULDERS, WRISTS, Trunk

# Levels of the slices along the way from mid-shoulder (0) to mid-hip (1).
LEVELS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {"waist": (0.55, 0.60, 0.65, 0.70, 0.75), "hip": (0.95, 1.00, 1.05)}
)
STEP_PX: Final = 0.5
REACH: Final = 1.5  # no trunk is wider than this on one side, in trunk lengths
ARM_RADIUS: Final = 0.12  # an edge this near to an arm's bone is the arm's, in trunk lengths
JOINT_RADIUS: Final = 0.15  # elbows and hands are thicker, all the more when they point at the camera
HAND: Final = 0.45  # a hand reaches this far past the wrist, in forearms


@dataclass(frozen=True)
class Slices:
    """Half widths of the trunk, in trunk lengths.

    Attributes:
        half: By name of `LEVELS`, half widths (L, 2) to both sides of the axis; NaN where the edge may be an arm's.
        cut: Whether each half of the waist (L, 2) ends at the border of the picture.
        bare: Whether the axis is off the mask at each level of the waist (L,).
    """

    half: Mapping[str, Array]
    cut: Mask
    bare: Mask

    def sides(self, name: str, fewest: int) -> Array:
        """Mean half width (0 to 2 entries) of each side on which at least `fewest` levels are free of arms."""
        free = np.isfinite(self.half[name])
        enough = free.sum(axis=0) >= fewest
        return np.nansum(self.half[name], axis=0)[enough] / free.sum(axis=0)[enough]

    def width(self, name: str, fewest: int) -> float:
        """Mean width; twice the half width where arms cover one side, NaN where they cover both."""
        sides = self.sides(name, fewest)
        return float(2 * sides.mean()) if len(sides) else float("nan")


def slices(mask: Mask, keypoints: Array, body: Trunk) -> Slices:
    """Slice a person across the trunk.

    Cutting arms out of a mask by their keypoints leaves their thickness in the slice; half slices that an arm touches
    are dropped instead.

    Args:
        mask: Person mask (H, W).
        keypoints: COCO-17 keypoints (17, 3) in mask coordinates.
        body: The trunk.
    """
    bones, joints = _arms(keypoints)
    hidden = _unlabelled(keypoints, body)
    half = {name: np.full((len(levels), 2), np.nan) for name, levels in LEVELS.items()}
    cut, bare = np.zeros(half["waist"].shape, dtype=bool), np.zeros(len(half["waist"]), dtype=bool)
    for name, levels in LEVELS.items():
        for row, level in enumerate(levels):
            start = body.at(level)
            for column, sign in enumerate((-1.0, 1.0)):
                width, at_border = _half_width(mask, start, sign * body.across, REACH * body.length)
                edge = start + sign * width * body.across
                free = width > 0 and not hidden[column] and not _is_arm(start, edge, bones, joints, body.length)
                half[name][row, column] = width / body.length if free else np.nan
                if name == "waist":
                    cut[row, column], bare[row] = at_border, bare[row] or width <= 0
    return Slices(half, cut, bare)


def _half_width(mask: Mask, origin: Array, direction: Array, reach: float) -> tuple[float, bool]:
    """How far the mask reaches from a point without a gap, and whether it reaches the border of the window."""
    distances = np.arange(0, reach, STEP_PX)
    columns, rows = np.floor(origin + distances[:, None] * direction).astype(int).T
    inside = (columns >= 0) & (columns < mask.shape[1]) & (rows >= 0) & (rows < mask.shape[0])
    covered = inside.copy()
    covered[inside] = mask[rows[inside], columns[inside]]
    gap = int(np.argmin(covered)) if not covered.all() else len(covered) - 1
    return max(float(distances[gap]) - STEP_PX / 2, 0.0), not bool(inside[gap])


def _arms(keypoints: Array) -> tuple[Array, Array]:
    """Bones (B, 2, 2) of both arms, forearms lengthened by the hand, and their elbows and wrists (J, 2)."""
    bones = []
    for shoulder, elbow, wrist in zip(SHOULDERS, ELBOWS, WRISTS, strict=True):
        a, b, c = keypoints[shoulder], keypoints[elbow], keypoints[wrist]
        if a[2] > 0 and b[2] > 0:
            bones.append((a[:2], b[:2]))
        if b[2] > 0 and c[2] > 0:
            bones.append((b[:2], c[:2] + HAND * (c[:2] - b[:2])))
    joints = keypoints[[*ELBOWS, *WRISTS]]
    return np.array(bones, dtype=float).reshape(-1, 2, 2), joints[joints[:, 2] > 0, :2]


def _unlabelled(keypoints: Array, body: Trunk) -> list[bool]:
    """For both sides of the axis, whether the arm there is not fully labelled: nobody knows what it covers."""
    hidden = [False, False]
    places = [body.lengths_across(keypoints[joint, :2] - body.origin) for joint in SHOULDERS]
    for place, other, elbow, wrist in zip(places, places[::-1], ELBOWS, WRISTS, strict=True):
        if min(keypoints[elbow, 2], keypoints[wrist, 2]) <= 0:
            hidden[int(place > other)] = True
    return hidden


def _is_arm(start: Array, edge: Array, bones: Array, joints: Array, length: float) -> bool:
    """Whether an arm crosses the way from the axis to an edge, or is so near to the edge that it may be the arm's."""
    if len(joints) and float(np.linalg.norm(joints - edge, axis=1).min()) <= JOINT_RADIUS * length:
        return True
    return bool(len(bones)) and (_distance(edge, bones) <= ARM_RADIUS * length or _crosses(start, edge, bones))


def _distance(point: Array, bones: Array) -> float:
    """Distance from a point (2,) to the nearest of some bones (B, 2, 2)."""
    way = bones[:, 1] - bones[:, 0]
    part = ((point - bones[:, 0]) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-9)
    nearest = bones[:, 0] + np.clip(part, 0, 1)[:, None] * way
    return float(np.linalg.norm(point - nearest, axis=1).min())


def _crosses(start: Array, end: Array, bones: Array) -> bool:
    """Whether any of some bones (B, 2, 2) crosses the way from one point (2,) to another."""
    from_way = _turn(end - start, bones - start)
    from_bone = _turn((bones[:, 1] - bones[:, 0])[:, None], np.stack([start, end]) - bones[:, :1])
    return bool(((from_way[:, 0] != from_way[:, 1]) & (from_bone[:, 0] != from_bone[:, 1])).any())


def _turn(way: Array, points: Array) -> Array:
    """On which side of a way (..., 2) points (..., 2) lie: -1, 0 or 1."""
    return np.asarray(np.sign(way[..., 0] * points[..., 1] - way[..., 1] * points[..., 0]))
