"""Clothes in another colour, chosen so that the measured contrast is the wanted one; skin is never dyed."""

from dataclasses import replace
from typing import Final

import numpy as np
from skimage.color import deltaE_ciede2000

from hpefair.arrays import Array, Mask
from hpefair.attributes.measured import contrast
from hpefair.attributes.measured.body_regions import regions
from hpefair.attributes.measured.lab import to_lab
from hpefair.generation.recompose.aim import Aim
from hpefair.generation.recompose.cloth import clothing, drawn_colours, is_grey, tamed
from hpefair.generation.recompose.dye import Fabric, belonging, fabric, shaded
from hpefair.generation.recompose.matting import matte
from hpefair.generation.recompose.shot import Shot
from hpefair.generation.recompose.skin import complexion

DRAWN: Final = 64  # colours from the wardrobe
STEPS: Final = (0.0, 0.15, 0.35, 0.6, 1.0)  # from the background's own colour to them
RENDERED: Final = 6  # of the most promising are dyed and measured
NEAR_MISS: Final = 3.0  # CIEDE2000 by which a forecast may be off
KEPT: Final = (0.95, 0.75)  # shading and pattern that stay; the second only where the first fails
VISIBLE_CHANGE: Final = 8.0  # CIELAB distance; less would repeat the photograph


def recolour(shot: Shot, aim: Aim, rng: np.random.Generator) -> Shot | None:
    """The picture with the person's clothes dyed.

    Args:
        shot: The picture.
        aim: Wanted contrast.
        rng: Randomness.

    Returns:
        The picture whose measured contrast lies in the aim; None where clothes cannot be told from skin, or no natural
        colour leads there.
    """
    cloth = clothing(shot, to_lab(shot.pixels))
    if cloth is None:
        return None
    mask = shot.person.mask
    opacity = np.where(shot.taken & ~mask, 0, matte(shot.pixels, mask)).astype(np.float32)
    stuff = fabric(shot.pixels, cloth, mask, opacity)
    forecast = Forecast.of(shot, stuff)
    if forecast is None:
        return None
    goal = aim.draw(rng)
    targets = forecast.candidates(rng)
    if is_grey(shot.pixels):
        targets = targets * [1.0, 0.0, 0.0]
    for kept in KEPT:
        values = forecast.contrasts(targets, kept)
        off = np.maximum(np.maximum(aim.low - values, values - aim.high), 0)
        for index in np.argsort(np.abs(values - goal) + 10 * off)[:RENDERED]:
            if off[index] > NEAR_MISS:
                break
            pixels = stuff.dyed(shot.pixels, targets[index], kept)
            if aim.holds(shot.contrast(pixels)):
                said = f"clothing dyed to {', '.join(_words(colour) for colour in targets[index])}"
                return replace(shot, pixels=pixels, operation="; ".join(filter(None, [shot.operation, said])))
    return None


class Forecast:
    """What the contrast would be with clothes of other colours, from the colours along the outline alone."""

    def __init__(self, sides: Array, dyed: Mask, stuff: Fabric) -> None:
        """Keep the colours.

        Args:
            sides: Colours (P, 2, 3) of clothing and background at points of the outline.
            dyed: At which of them (P,) there is cloth, not bare skin.
            stuff: The cloth.
        """
        self._sides = sides
        self._dyed = dyed
        self._weights = belonging(sides[:, 0], stuff.centres)
        self._centres = stuff.centres

    @classmethod
    def of(cls, shot: Shot, stuff: Fabric) -> "Forecast | None":
        """Forecast for a picture; None where contrast cannot be measured."""
        seen = contrast.shrink(replace(shot.as_seen(), lab=to_lab(shot.pixels)))
        dressed = seen.dressed
        zones = "no clothing" if dressed is None else regions(seen.mask, seen.others, dressed)
        if isinstance(zones, str):
            return None
        sides = contrast.outline_sides(seen.lab, zones)
        if len(sides) < contrast.FEWEST_PAIRS:
            return None
        skin = complexion(seen.lab, seen.mask, seen.keypoints)
        return cls(sides, ~skin.like(sides[:, 0].astype(np.float32)), stuff)

    def contrasts(self, targets: Array, kept: float) -> Array:
        """Forecasts (N,) of the measured contrast for garments in these colours (N, G, 3)."""
        number, weights = len(targets), self._weights[self._dyed]
        cloth = np.repeat(self._sides[None, :, 0], number, axis=0)
        own = np.repeat(cloth[0, self._dyed][None], number, axis=0).reshape(-1, 3)
        old = np.repeat((weights @ self._centres)[None], number, axis=0).reshape(-1, 3)
        new = (weights @ targets).reshape(-1, 3)
        cloth[:, self._dyed] = shaded(own, old, new, kept).reshape(number, -1, 3)
        across = deltaE_ciede2000(cloth, self._sides[None, :, 1])
        forecasts: Array = np.percentile(across, contrast.WEAKEST_PERCENTILE, axis=1)
        return forecasts

    def candidates(self, rng: np.random.Generator) -> Array:
        """Colours of the garments to try (N, G, 3): from what is behind each of them to the wardrobe, in steps."""
        garments = len(self._centres)
        behind = np.stack([self._behind(garment) for garment in range(garments)])
        drawn = np.stack([drawn_colours(rng, DRAWN) for _ in range(garments)], axis=1)
        drawn[::2] = drawn[::2, :1]  # half of them in one colour
        tried = np.concatenate([behind + step * (drawn - behind) for step in STEPS])
        tried = tamed(tried + rng.normal(0, 1, tried.shape) * [2.0, 1.5, 1.5])
        changed = np.linalg.norm(tried - self._centres, axis=2).max(axis=1) > VISIBLE_CHANGE
        chosen: Array = tried[changed] if changed.any() else tried
        return chosen

    def _behind(self, garment: int) -> Array:
        """Median background colour (3,) at the outline of a garment."""
        mine = self._weights[:, garment] > 0.5
        colour: Array = np.median(self._sides[mine if mine.any() else slice(None), 1], axis=0)
        return colour


def _words(colour: Array) -> str:
    return "L* {:.0f} a* {:.0f} b* {:.0f}".format(*colour)
