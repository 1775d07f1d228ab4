"""How large somebody looks who stands on the ground of a scene, told by those who do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from hpefair.arrays import Array
from hpefair.attributes.measured.body_regions import torso_length
from hpefair.generation.recompose.movable import ANKLES, SHOULDERS, stands, stature

SOLE: Final = 0.039  # how far the ankle is above the ground, in statures
TRUNK: Final = 0.29  # shoulder to hip, parts of stature (Drillis and Contini 1966)
SHOULDER_HEIGHT: Final = 0.82
EYE_LEVEL: Final = 0.88  # height of a hand-held camera in statures: 1.5 m of 1.7 m


@dataclass(frozen=True)
class Standing:
    """Somebody who stands in the scene.

    Attributes:
        column: Between the ankles.
        feet: Row of the feet.
        height: Stature in pixels.
    """

    column: float
    feet: float
    height: float


@dataclass(frozen=True)
class Perspective:
    """The ground of a scene.

    Attributes:
        horizon: Row of the horizon; may lie outside the picture.
        standing: Those it was told by.
    """

    horizon: float
    standing: tuple[Standing, ...]

    @classmethod
    def of(cls, people: Sequence[Array]) -> Self | None:
        """Perspective of a scene by its people's keypoints (17, 3) each; None where nobody stands on visible feet.

        On level ground, statures in pixels grow in proportion to how far the feet are below the horizon.
        """
        standing = []
        for keypoints in people:
            height = stature(keypoints)
            if height is not None and stands(keypoints):
                ankles = keypoints[list(ANKLES)]
                ankles = ankles[ankles[:, 2] > 0]
                standing.append(Standing(float(ankles[:, 0].mean()), float(ankles[:, 1].max()) + SOLE * height, height))
        if not standing:
            return None
        horizon = float(np.median([one.feet - EYE_LEVEL * one.height for one in standing]))
        return cls(horizon, tuple(standing))

    def height_at(self, row: float) -> float:
        """Stature in pixels of somebody whose feet are in this row; not positive above the horizon."""
        return (row - self.horizon) / EYE_LEVEL


def likely_size(keypoints: Array) -> tuple[float, float]:
    """Stature in pixels and the row of the feet, guessed from the trunk where they do not show."""
    tall = stature(keypoints)
    if tall is not None:
        ankles = keypoints[list(ANKLES)]
        return tall, float(ankles[ankles[:, 2] > 0, 1].max()) + SOLE * tall
    shoulders = keypoints[list(SHOULDERS)]
    tall = (torso_length(keypoints) or 40.0) / TRUNK
    return tall, float(shoulders[shoulders[:, 2] > 0, 1].mean() + SHOULDER_HEIGHT * tall)
