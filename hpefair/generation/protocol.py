"""What every generation backend takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Item:
    """One person that the plan asks for.

    Attributes:
        item_id: Name, unique in the plan.
        wanted: Wanted group by planned attribute.
        seed: Seed of everything random about this person; the result depends on nothing else.
    """

    item_id: str
    wanted: Mapping[str, str]
    seed: int


@dataclass(frozen=True)
class Made:
    """A generated image with its one annotated person.

    Attributes:
        pixels: Image (H, W, 3), RGB.
        mask: Person mask (H, W), exact.
        keypoints: Keypoints (K, 3) in image pixels.
        bbox: Box (4,) x, y, width, height.
        parent_person: Person it was made from; empty for somebody who never existed.
        parent_image: That person's image; empty likewise.
        operation: What was done.
        contrast_delta_e: Contrast measured while making it.
        labels: Group of every perceived attribute.
        license: Licence of the picture.
        garments: Clothing (H, W), where it is known.
    """

    pixels: Pixels
    mask: Mask
    keypoints: Array
    bbox: Array
    parent_person: str
    parent_image: str
    operation: str
    contrast_delta_e: float
    labels: Mapping[str, str]
    license: str
    garments: Mask | None


class Backend(Protocol):
    """A generator: same item, same data, same result."""

    def make(self, item: Item) -> Made | str:
        """Make a person for an item.

        Returns:
            The generated person, or the reason why none could be made.
        """
        ...
