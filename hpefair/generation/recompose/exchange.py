"""Another background: the person, cut out by its matte, before other surroundings at the same place."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Pixels
from hpefair.generation.recompose.contact import darkened
from hpefair.generation.recompose.grain import grained, grey_of, noise
from hpefair.generation.recompose.matting import matte, own_colours
from hpefair.generation.recompose.movable import stands, stature
from hpefair.generation.recompose.shot import Shot

Floats = NDArray[np.float32]

LARGEST_SHIFT: Final = 0.06  # of the brightness, by which exposures are brought together
CLOSER: Final = 0.25  # part of their difference that is taken away


@dataclass(frozen=True)
class Cutout:
    """A person ready to be set elsewhere.

    Attributes:
        shot: Where the person comes from.
    """

    shot: Shot

    @cached_property
    def opacity(self) -> Floats:
        """Opacity (H, W), 0 to 1."""
        return matte(self.shot.pixels, self.shot.person.mask)

    @cached_property
    def colours(self) -> Floats:
        """The person's own colours (H, W, 3), 0 to 255, nothing of the old background among them."""
        return own_colours(self.shot.pixels, self.opacity)


@dataclass(frozen=True)
class Surroundings:
    """What a person is set before.

    Attributes:
        pixels: Picture (H, W, 3) that shows nobody.
        source: Id of the real image it comes from; empty for others.
        license: Name of its licence; empty where it was drawn.
        words: What it is.
    """

    pixels: Pixels
    source: str
    license: str
    words: str


def exchange(cutout: Cutout, surroundings: Surroundings, rng: np.random.Generator) -> Shot:
    """The person before other surroundings of the same size; nobody else is in the picture."""
    shot = cutout.shot
    person = shot.person
    behind = surroundings.pixels.astype(np.float32)
    old = shot.pixels[~(person.mask | shot.taken)]
    behind = exposed(behind, float(behind.mean()), float(old.mean()) if old.size else float(behind.mean()))
    height = stature(person.keypoints)
    if height is not None and stands(person.keypoints):
        behind = darkened(behind, person.keypoints, person.mask, height)
    everywhere = np.ones(person.mask.shape, dtype=bool)
    # Clothes have texture; the grain of a photograph shows best in all of it.
    levels = noise(grey_of(shot.pixels.astype(np.float32)), everywhere), noise(grey_of(behind), everywhere)
    front = grained(cutout.colours, levels[0], levels[1], rng)
    pixels = blended(front, grained(behind, levels[1], levels[0], rng), cutout.opacity)
    return replace(
        shot,
        pixels=pixels,
        others=(),
        sources=(*shot.sources, *filter(None, [surroundings.source])),
        licenses=(*shot.licenses, *filter(None, [surroundings.license])),
        operation=f"set before {surroundings.words}",
    )


def blended(front: Floats, behind: Floats, opacity: Floats) -> Pixels:
    """Front over behind (H, W, 3), rounded to 8 bits."""
    share = opacity[..., None]
    return np.clip(np.rint(share * front + (1 - share) * behind), 0, 255).astype(np.uint8)


def exposed(picture: Floats, mean: float, wanted: float) -> Floats:
    """A picture (H, W, 3) a little brighter or darker, towards a wanted mean."""
    change = CLOSER * (wanted - mean) / max(mean, 1.0)
    return np.clip(picture * (1 + np.clip(change, -LARGEST_SHIFT, LARGEST_SHIFT)), 0, 255).astype(np.float32)


def shrunk_or_grown(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """A picture in another height and width."""
    smaller = size[0] < pixels.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(pixels, (size[1], size[0]), interpolation=way).astype(np.uint8)
