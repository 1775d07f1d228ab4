"""How large somebody looks who stands on the ground of a scene, told by those who do."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from hpefair.generation.movable import feet_row, stands, stature
from hpefair.generation.protocol import AnnotatedPerson

EYE_LEVEL: Final = 0.88  # height of a hand-held camera in statures: 1.5 m of 1.7 m


@dataclass(frozen=True)
class Standing:
    """Somebody who stands in the scene.

    Attributes:
        column: Middle of the box.
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
    def of(cls, people: tuple[AnnotatedPerson, ...]) -> Self | None:
        """Perspective of a scene; None where nobody stands on visible feet.

        On level ground, statures in pixels grow in proportion to how far the feet are below the horizon.
        """
        found = []
        for person in people:
            height = stature(person.keypoints)
            if height is not None and stands(person.keypoints):
                found.append(Standing(float(person.bbox[0] + person.bbox[2] / 2), feet_row(person), height))
        if not found:
            return None
        horizon = float(np.median([one.feet - EYE_LEVEL * one.height for one in found]))
        return cls(horizon, tuple(found))

    def height_at(self, row: float) -> float:
        """Stature in pixels of somebody whose feet are in this row; not positive above the horizon."""
        return (row - self.horizon) / EYE_LEVEL
