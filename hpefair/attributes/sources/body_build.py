"""Apparent build from the mask: width of the waist over length of the trunk, where both can be seen.

Hips and chest carry gender presentation, and arms leave few free slices there; of eight candidate ratios this one went
best with BMI in built-in people (docs/metrics.md, build). It abstains far more often than not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import ndtr

from hpefair.arrays import Array, Mask
from hpefair.attributes.measured.pose_kind import bent_leg
from hpefair.attributes.measured.trunk import ELBOWS, HIPS, KNEES, SHOULDERS, Trunk, facing, trunk
from hpefair.attributes.measured.trunk_slices import slices
from hpefair.attributes.sources.source import Judgement, Judgements, Sight, told

SMALLEST_TRUNK_PX: Final = 25.0
SMALLEST_FACING: Final = 0.82  # cosine of 35 degrees
LARGEST_FACING: Final = 1.25  # wider than any shoulders: the trunk is foreshortened
MOST_OVERLAP: Final = 0.10  # of the trunk by other people
TRUNK_HALF_WIDTH: Final = 0.5  # of the window in which they matter, in trunk lengths
LARGEST_SPREAD: Final = 0.25  # between the two halves, over their mean
WIDEST: Final = 1.10  # no built-in body of a BMI up to 42 is wider ...
WAIST_OVER_HIPS: Final = 1.10  # ... nor this much wider than its hips: elbows, bags and coats are
FREE_LEVELS: Final = 3  # of the waist, on a side that counts


@dataclass(frozen=True)
class Reference:
    """How an index is read: two cuts, and the noise around them.

    Attributes:
        slim_below: Between slim and average.
        large_from: Between average and large.
        sigma: Standard deviation of the noise.
    """

    slim_below: float
    large_from: float
    sigma: float


# By the number of sides on which the waist is free; derived by `python -m hpefair.synthetic.body.build_reference`.
REFERENCES: Final[Mapping[int, Reference]] = MappingProxyType(
    {2: Reference(0.66, 0.765, 0.063), 1: Reference(0.65, 0.80, 0.13)}
)


@dataclass(frozen=True)
class Index:
    """Width of the waist over length of the trunk, and on how many sides (1 or 2) it was measured."""

    value: float
    sides: int


class BuildSource:
    """The source `build`.

    Attributes:
        model_id: Version of the definition and its reference.
        attributes: build.
    """

    model_id = "waist to trunk 1"
    attributes: tuple[str, ...] = ("build",)

    def judge(self, people: Sequence[Sight]) -> list[Judgements]:
        """Probabilities of slim, average and large where the waist can be seen; equal shares are assumed beforehand."""
        return [{"build": _judge(person)} for person in people]


def _judge(person: Sight) -> Judgement:
    if person.mask is None:
        return Judgement((), "no segmentation")
    build_index = index(person.mask, person.others, person.keypoints)
    return Judgement((), build_index) if isinstance(build_index, str) else told("build", probabilities(build_index))


def probabilities(found: Index) -> Array:
    """Probabilities (3,) of slim, average and large: normal noise around the index."""
    reference = REFERENCES[found.sides]
    slim, not_large = (
        float(ndtr((cut - found.value) / reference.sigma)) for cut in (reference.slim_below, reference.large_from)
    )
    return np.array([slim, not_large - slim, 1 - not_large])


def index(mask: Mask, others: Mask, keypoints: Array) -> Index | str:
    """The index of one person, or why it cannot be told.

    Args:
        mask: Person mask (H, W).
        others: Union of other people's masks (H, W).
        keypoints: COCO-17 keypoints (17, 3) in mask coordinates.
    """
    body = trunk(keypoints)
    if body is None or (keypoints[[*SHOULDERS, *HIPS], 2] < 2).any():
        return "shoulders or hips are not visible"
    reason = _bad_view(keypoints, body) or _bad_posture(keypoints, body)
    if reason:
        return reason
    if _overlap(others, body) >= MOST_OVERLAP:
        return "another person is before or alongside the trunk"
    return _measured(mask, keypoints, body)


def _bad_view(keypoints: Array, body: Trunk) -> str:
    cosine = facing(keypoints) or 0.0
    if body.length < SMALLEST_TRUNK_PX:
        return "the trunk is too small"
    if abs(cosine) < SMALLEST_FACING:
        return "turned to the side"
    return "the trunk is foreshortened" if abs(cosine) > LARGEST_FACING else ""


def _bad_posture(keypoints: Array, body: Trunk) -> str:
    """Why trunk length or width would mislead in this posture; empty where they do not."""
    upper_arms = [keypoints[elbow, :2] - keypoints[joint, :2] for joint, elbow in zip(SHOULDERS, ELBOWS, strict=True)]
    labelled = (keypoints[list(ELBOWS), 2] > 0).all()
    if labelled and all(float(arm @ body.down) < 0 for arm in upper_arms):
        return "both arms are raised"
    knees = [side for side in (0, 1) if keypoints[KNEES[side], 2] > 0]
    return "seated or bent" if any(bent_leg(keypoints, body, side) for side in knees) else ""


def _overlap(others: Mask, body: Trunk) -> float:
    """Share of the trunk's window that other people's masks cover."""
    down, across = np.meshgrid(np.linspace(0, 1.05, 24), np.linspace(-TRUNK_HALF_WIDTH, TRUNK_HALF_WIDTH, 24))
    points = body.origin + body.length * (down[..., None] * body.down + across[..., None] * body.across)
    columns, rows = np.floor(points.reshape(-1, 2)).astype(int).T
    inside = (columns >= 0) & (columns < others.shape[1]) & (rows >= 0) & (rows < others.shape[0])
    return float(others[rows[inside], columns[inside]].sum() / len(points.reshape(-1, 2)))


def _measured(mask: Mask, keypoints: Array, body: Trunk) -> Index | str:
    trunk_slices = slices(mask, keypoints, body)
    sides = trunk_slices.sides("waist", FREE_LEVELS)
    if trunk_slices.cut.any():
        return "the border cuts the trunk"
    if trunk_slices.bare.any():
        return "something is before the trunk"
    if not len(sides):
        return "arms cover the waist"
    if len(sides) == 2 and abs(sides[0] - sides[1]) > LARGEST_SPREAD * sides.mean():
        return "the two sides of the waist differ"
    width = trunk_slices.width("waist", FREE_LEVELS)
    if width > WIDEST or width > WAIST_OVER_HIPS * trunk_slices.width("hip", 2):
        return "something else is counted to the waist"
    return Index(width, len(sides))
