"""A stretch of a photograph: the person it is about, everybody else in it, and where it comes from."""

from dataclasses import dataclass

import numpy as np

from hpefair.arrays import Mask, Pixels
from hpefair.attributes.measured import contrast
from hpefair.generation.protocol import AnnotatedPerson


@dataclass(frozen=True)
class Shot:
    """A picture, real or changed.

    Attributes:
        pixels: Picture (H, W, 3).
        person: The person it is about.
        others: Everybody else.
        sources: Ids of the real images whose pixels are in it.
        licenses: Names of their licences.
        operation: What was done to it, in words; empty for a photograph.
    """

    pixels: Pixels
    person: AnnotatedPerson
    others: tuple[AnnotatedPerson, ...] = ()
    sources: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    operation: str = ""

    @property
    def taken(self) -> Mask:
        """Where the others are (H, W)."""
        return union([other.mask for other in self.others], self.person.mask.shape)

    def as_seen(self) -> contrast.Cutout:
        """The person as contrast is measured."""
        person = self.person
        return contrast.Cutout(contrast.NO_LAB, person.mask, self.taken, person.keypoints, person.garments)

    def contrast(self, pixels: Pixels | None = None) -> float | None:
        """Measured contrast, of other pixels if given; None where it cannot be measured."""
        outcome = contrast.of_person(self.pixels if pixels is None else pixels, self.as_seen(), self.person.bbox)
        return None if isinstance(outcome, str) else outcome.outline


def union(masks: list[Mask], shape: tuple[int, ...]) -> Mask:
    """Union (H, W) of masks; empty without any."""
    return np.logical_or.reduce(masks) if masks else np.zeros(shape, dtype=bool)
