"""Stretches of training images that show nobody."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.adapters import images
from hpefair.generation.exchange import Surroundings, shrunk_or_grown
from hpefair.generation.rights import may_mix
from hpefair.generation.shot import Shot
from hpefair.generation.sources import touches

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

IMAGES_TRIED: Final = 25
PLACES_TRIED: Final = 12
ZOOM: Final = (0.75, 1.6)  # size of the stretch relative to the window it will fill
CLEARANCE: Final = 6  # pixels: boxes are tight, hair and shadows reach beyond


def empty_stretch(
    shot: Shot, pictures: pd.DataFrame, boxes: dict[str, Array], rng: np.random.Generator
) -> Surroundings | None:
    """An empty stretch of another image, of the size of a shot; None if none is found.

    Args:
        shot: The shot.
        pictures: Images that may lend their surroundings.
        boxes: Boxes (N, 4) of all people of each image, crowds included.
        rng: Randomness.
    """
    size = shot.person.mask.shape
    for number in rng.permutation(len(pictures))[:IMAGES_TRIED]:
        image = pictures.iloc[int(number)]
        name, license_name = str(image["image_id"]), str(image["license"])
        if name in shot.sources or not may_mix([*shot.licenses, license_name]):
            continue
        found = empty_place(image, boxes.get(name, np.zeros((0, 4))), (size[0], size[1]), rng)
        if found is not None:
            return Surroundings(found, name, license_name, f"an empty stretch of {name}")
    return None


def empty_place(image: pd.Series, boxes: Array, size: tuple[int, int], rng: np.random.Generator) -> Pixels | None:
    """A stretch that no person's box touches, brought to the wanted height and width; None if none is found.

    Args:
        image: Image row.
        boxes: Boxes (N, 4) of all people of the image.
        size: Wanted height and width.
        rng: Randomness.

    Returns:
        Pixels (height, width, 3).
    """
    for _ in range(PLACES_TRIED):
        zoom = float(rng.uniform(*ZOOM))
        height, width = (max(round(side * zoom), 8) for side in size)
        # Low stretches are likelier: there is ground to stand on.
        across, down = float(rng.random()), float(rng.random()) ** 0.5
        if image["height"] < height or image["width"] < width:
            continue
        top, left = round(down * (image["height"] - height)), round(across * (image["width"] - width))
        grown = np.array([left, top, width, height], dtype=float) + CLEARANCE * np.array([-1, -1, 2, 2])
        if not touches(grown, boxes):
            pixels = images.read_rgb(Path(image["path"]))[top : top + height, left : left + width]
            return shrunk_or_grown(pixels, size)
    return None
