"""What every judge says about a picture."""

from dataclasses import dataclass
from typing import Protocol

from hpefair.arrays import Array, Pixels


@dataclass(frozen=True)
class Sighting:
    """What a judge sees of one person.

    Attributes:
        keypoints: COCO-17 joints (17, 3): x, y in pixels, the centre of the top-left pixel being (0.5, 0.5), and a
            score in [0, 1]; x and y are NaN for joints the judge does not give.
    """

    keypoints: Array


class Judge(Protocol):
    """A pose estimator that never saw the people it judges."""

    @property
    def name(self) -> str:
        """One word, as settings name it."""
        ...

    @property
    def model_id(self) -> str:
        """Package, version, file and the first eight digits of its sha256."""
        ...

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """Look for the joints of the person in a box.

        Args:
            pixels: Picture (H, W, 3), RGB.
            bbox: Box (4,) x, y, width, height in pixels.

        Returns:
            What it sees; None where it sees nobody.
        """
        ...


@dataclass(frozen=True)
class Found:
    """Somebody a counter found.

    Attributes:
        bbox: Box (4,) x, y, width, height in pixels.
        score: Score in [0, 1].
        keypoints: Joints (17, 3) as in `Sighting`; None from a counter that sees boxes only.
    """

    bbox: Array
    score: float
    keypoints: Array | None = None


class Counter(Protocol):
    """A person detector."""

    @property
    def model_id(self) -> str:
        """Package, version, file and the first eight digits of its sha256."""
        ...

    def count(self, pixels: Pixels) -> list[Found]:
        """Everybody it finds in a picture (H, W, 3), RGB, the surest first."""
        ...
