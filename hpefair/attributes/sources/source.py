"""The protocol of attribute sources: people as pixels in, probabilities, validity and a model id out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from hpefair.arrays import Array, Mask, Pixels
from hpefair.schema import ATTRIBUTES

GIVEN: Final = "labels"  # the source that is no model: values that came with the data


@dataclass(frozen=True)
class Sight:
    """One person as a source gets to see it: a window of the image around the box.

    Attributes:
        pixels: RGB (H, W, 3).
        keypoints: COCO-17 keypoints (17, 3) in window coordinates.
        bbox: Box (4,) x, y, width, height in window coordinates.
        mask: The person's mask (H, W); None where nobody drew one.
        others: Union of all other people's masks (H, W).
    """

    pixels: Pixels
    keypoints: Array
    bbox: Array
    mask: Mask | None
    others: Mask


@dataclass(frozen=True)
class Judgement:
    """What a source says about one attribute of one person.

    Attributes:
        probabilities: Of each group, in the order of `schema.ATTRIBUTES`, adding up to 1; empty where it cannot tell.
        reason: Why it cannot tell; empty where it can.
    """

    probabilities: tuple[float, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        """Check that it says something or why not.

        Raises:
            ValueError: If it does both or neither, or the probabilities do not add up.
        """
        if bool(self.probabilities) == bool(self.reason):
            raise ValueError("Expected probabilities or a reason but got both or neither")
        if self.probabilities and abs(sum(self.probabilities) - 1) > 1e-3:
            raise ValueError(f"Expected probabilities that add up to 1 but got {self.probabilities}")


Judgements = Mapping[str, Judgement]


class Source(Protocol):
    """Something that tells attributes of people from their pixels.

    Attributes:
        model_id: Name and version, or a hash of the weights: what a result can be traced to.
        attributes: Attributes that it speaks about.
    """

    model_id: str
    attributes: tuple[str, ...]

    def judge(self, people: Sequence[Sight]) -> list[Judgements]:
        """What it says about each person, one entry for every attribute it speaks about."""


def cannot_tell(attributes: Sequence[str], reason: str) -> Judgements:
    """The same reason for every attribute."""
    return {name: Judgement((), reason) for name in attributes}


def told(attribute: str, probabilities: Array) -> Judgement:
    """A judgement from probabilities (K,), rounded to what a float32 model can mean.

    Raises:
        ValueError: If their number is not that of the attribute's groups.
    """
    if len(probabilities) != len(ATTRIBUTES[attribute]):
        groups = ", ".join(ATTRIBUTES[attribute])
        raise ValueError(f"Expected a probability for each of {groups} but got {len(probabilities)}")
    values = np.asarray(probabilities, dtype=np.float64)
    return Judgement(tuple(float(value) for value in np.round(values / values.sum(), 6)))
