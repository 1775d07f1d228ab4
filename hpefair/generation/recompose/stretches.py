"""Stretches of training images that show nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hpefair.arrays import Array
from hpefair.data import images
from hpefair.generation.parents import touches
from hpefair.generation.recompose.carrying import Window
from hpefair.generation.recompose.cloth import is_grey
from hpefair.generation.recompose.exchange import Surroundings, shrunk_or_grown
from hpefair.generation.recompose.movable import stands
from hpefair.generation.recompose.perspective import Perspective, likely_size
from hpefair.generation.recompose.rights import may_mix
from hpefair.generation.recompose.shot import Shot

PLACES_TRIED: Final = 16
ZOOM: Final = (0.7, 1.7)  # size of the stretch relative to the window it will fill
DEPTHS: Final = (-0.3, 0.6)  # statures, in rows, behind or before somebody who stands in the image
CLEARANCE: Final = 6  # pixels: boxes are tight, hair and shadows reach beyond


@dataclass(frozen=True)
class Donor:
    """An image that may lend its surroundings.

    Attributes:
        name: Id of the image.
        path: Its file.
        license: Name of its licence.
        size: Height and width.
        boxes: Boxes (N, 4) of everybody in it, crowds included.
        ground: Its ground, where people stand on it.
    """

    name: str
    path: str
    license: str
    size: tuple[int, int]
    boxes: Array
    ground: Perspective | None


def empty_stretch(shot: Shot, donors: Sequence[Donor], rng: np.random.Generator) -> Surroundings | None:
    """An empty stretch of another image, of the size of a shot; None if none is found.

    Where the feet show, the stretch has ground at their row, on which somebody of that size would stand.

    Args:
        shot: The shot.
        donors: Images that may lend their surroundings.
        rng: Randomness.
    """
    size = (shot.person.mask.shape[0], shot.person.mask.shape[1])
    standing = likely_size(shot.person.keypoints) if stands(shot.person.keypoints) else None
    for number in rng.permutation(len(donors)):
        donor = donors[int(number)]
        if donor.name in shot.sources or not may_mix([*shot.licenses, donor.license]):
            continue
        window = empty_place(donor, size, standing, rng)
        if window is None:
            continue
        whole = images.read_rgb(Path(donor.path))
        if is_grey(whole) == is_grey(shot.pixels):
            pixels = shrunk_or_grown(whole[window], size)
            return Surroundings(pixels, donor.name, donor.license, f"an empty stretch of {donor.name}")
    return None


def empty_place(
    donor: Donor, size: tuple[int, int], standing: tuple[float, float] | None, rng: np.random.Generator
) -> Window | None:
    """A stretch that no person's box touches; None if none is found.

    Args:
        donor: The image.
        size: Height and width that the stretch will be brought to.
        standing: Stature in pixels and row of the feet of who will stand there; None where feet do not show.
        rng: Randomness.

    Returns:
        Rows and columns.
    """
    for _ in range(PLACES_TRIED):
        zoom, top = _fitting(donor, size, standing, rng)
        height, width = (max(round(side * zoom), 8) for side in size)
        left = round(float(rng.random()) * (donor.size[1] - width))
        inside = 0 <= top <= donor.size[0] - height and left >= 0 and ZOOM[0] <= zoom <= ZOOM[1]
        grown = np.array([left, top, width, height], dtype=float) + CLEARANCE * np.array([-1, -1, 2, 2])
        if inside and not touches(grown, donor.boxes):
            return slice(top, top + height), slice(left, left + width)
    return None


def _fitting(
    donor: Donor, size: tuple[int, int], standing: tuple[float, float] | None, rng: np.random.Generator
) -> tuple[float, int]:
    """Zoom and top row of a stretch; a zoom of 0 where none fits."""
    if standing is None:
        zoom = float(rng.uniform(*ZOOM))
        return zoom, round(float(rng.random()) * (donor.size[0] - size[0] * zoom))
    if donor.ground is None:
        return 0.0, 0
    near = donor.ground.standing[int(rng.integers(len(donor.ground.standing)))]
    row = near.feet + float(rng.uniform(*DEPTHS)) * near.height
    zoom = donor.ground.height_at(row) / standing[0]
    return zoom, round(row - zoom * standing[1])
