"""What every generation backend takes and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hpefair.arrays import Array, Mask, Pixels


@dataclass(frozen=True)
class Item:
    """One person that the plan asks for.

    Attributes:
        item_id: Name, unique in the plan.
        wanted: Wanted group by planned attribute.
        seed: Seed of everything random about this person; the result depends on nothing else.
        number: Rank among the attempts of its cell and backend; spreads them over parents.
    """

    item_id: str
    wanted: Mapping[str, str]
    seed: int
    number: int = 0


@dataclass(frozen=True)
class AnnotatedPerson:
    """Somebody in a generated image.

    Attributes:
        keypoints: Keypoints (17, 3) in image pixels: x, y, visibility.
        mask: Visible part (H, W).
        bbox: Box (4,) x, y, width, height.
        labels: Group of every perceived attribute.
        garments: Clothing (H, W), where it is known.
        parent_person: Real person it was made from; empty for somebody who never existed.
    """

    keypoints: Array
    mask: Mask
    bbox: Array
    labels: Mapping[str, str]
    garments: Mask | None = None
    parent_person: str = ""


@dataclass(frozen=True)
class Made:
    """A generated image: the person that was asked for, whoever else is in it, and where everything comes from.

    Attributes:
        pixels: Image (H, W, 3), RGB.
        person: The person that was asked for.
        operation: What was done, in words.
        license: Licence of the picture.
        others: Everybody else in the picture, annotated too: an unlabelled person would be learned as background.
        parent_image: Image of the real person it was made from; empty for somebody who never existed.
        sources: Ids of all real images of which pixels are in the picture.
        model: Generative model, `id@revision`; empty without one.
        prompt: Prompt, for models that take one.
    """

    pixels: Pixels
    person: AnnotatedPerson
    operation: str
    license: str
    others: tuple[AnnotatedPerson, ...] = ()
    parent_image: str = ""
    sources: tuple[str, ...] = ()
    model: str = ""
    prompt: str = ""


class Backend(Protocol):
    """A generator: same item, same data, same result."""

    @property
    def batch(self) -> int:
        """Items it likes to be given at once."""
        ...

    def make(self, items: Sequence[Item]) -> list[Made | str]:
        """Make a person for each item.

        Returns:
            For each item the generated image, or the reason why none could be made.
        """
        ...
