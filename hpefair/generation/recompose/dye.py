"""Dyeing: cloth in another colour with its folds, prints and highlights."""

import warnings
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import lab2rgb

from hpefair.arrays import Array, Mask, Pixels
from hpefair.attributes.measured.lab import to_lab
from hpefair.generation.recompose.garment_colours import garment_colours
from hpefair.generation.recompose.matting import own_colours

Floats = NDArray[np.float32]

SOFT: Final = 7.0  # CIELAB distance over which garments pass into each other
GAINS: Final = (0.55, 1.7)  # folds of light cloth are deeper, in L*, than those of black cloth
PRINT_KEPT: Final = 0.6  # of the colour differences within a garment


@dataclass(frozen=True)
class Fabric:
    """Cloth as the garments it is made of.

    Attributes:
        where: Cloth pixels and the mixed ones at its edge (H, W).
        alpha: Share of cloth (P,) in each of these pixels.
        colours: Cloth's own colours (P, 3), RGB 0 to 255.
        weights: Share of each garment (P, G) in them.
        centres: Colour of each garment (G, 3), CIELAB.
    """

    where: Mask
    alpha: Array
    colours: Array
    weights: Array
    centres: Array

    def dyed(self, pixels: Pixels, targets: Array, kept: float) -> Pixels:
        """The picture with the cloth in other colours.

        Args:
            pixels: Picture (H, W, 3).
            targets: New colour of each garment (G, 3), CIELAB.
            kept: Share of the shading and pattern that stays, 0 to 1.

        Returns:
            Picture (H, W, 3); pixels outside `where` are the same.
        """
        lab = to_lab(np.rint(self.colours).astype(np.uint8)[None])[0].astype(float)
        new = _to_rgb(shaded(lab, self.weights @ self.centres, self.weights @ targets, kept))
        # What is not cloth in a mixed pixel stays: only the cloth's part of it changes.
        mixed = pixels[self.where] + self.alpha[:, None] * (new - self.colours)
        result = pixels.copy()
        result[self.where] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
        return result


def shaded(lab: Array, old: Array, new: Array, kept: float) -> Array:
    """Colours (P, 3) of cloth whose colour changes from `old` to `new` (P, 3).

    Lightness differences are scaled as multiplied light would, within bounds; colour follows lightness, so that
    shadows are not painted and highlights fade to white.
    """
    gain = kept * np.clip((new[:, 0] + 16) / (old[:, 0] + 16), *GAINS)
    lightness = _rolled_off(new[:, 0] + gain * (lab[:, 0] - old[:, 0]))
    ratio = np.clip(lightness / np.maximum(new[:, 0], 1), 0.25, 1.25)
    fading = np.clip((100 - lightness) / np.maximum(100 - new[:, 0], 1), 0, 1)
    colour = new[:, 1:] * np.minimum(ratio, fading**0.5)[:, None] + kept * PRINT_KEPT * (lab[:, 1:] - old[:, 1:])
    return np.concatenate([lightness[:, None], colour], axis=1)


def fabric(pixels: Pixels, cloth: Mask, mask: Mask, opacity: Floats) -> Fabric:
    """Cloth split into its garments by colour.

    Args:
        pixels: Picture (H, W, 3).
        cloth: Cloth (H, W).
        mask: The person's mask (H, W).
        opacity: Opacity of the person (H, W): at the outline, cloth is mixed with background.
    """
    alpha = share_of_cloth(cloth, mask, opacity)
    where = alpha > 1e-2
    own = own_colours(pixels, opacity)
    lab = to_lab(np.clip(np.rint(own), 0, 255).astype(np.uint8))
    smooth = cv2.GaussianBlur(cv2.medianBlur(lab, 5), (0, 0), 1.5).astype(float)
    centres = garment_colours(smooth, cloth)
    shares = belonging(smooth[where], centres)
    return Fabric(where, alpha[where].astype(float), own[where].astype(float), shares, centres)


def belonging(colours: Array, centres: Array) -> Array:
    """Share (P, G) of each garment in colours (P, 3), by their distance to its colour (G, 3)."""
    distance = np.linalg.norm(colours[:, None] - centres, axis=2)
    closeness = -((distance / SOFT) ** 2) / 2
    weights = np.exp(closeness - closeness.max(axis=1, keepdims=True))
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def share_of_cloth(cloth: Mask, mask: Mask, opacity: Floats) -> Floats:
    """How much of each pixel (H, W) is cloth: none of what is bare, less alongside it, by the matte at the outline."""
    bare = mask & ~cloth
    to_cloth, to_bare = (_distance(part) for part in (cloth, bare))
    inside = np.clip((to_bare - 0.5) / 1.5, 0, 1) * cloth
    beyond = ~mask & (to_cloth < to_bare)
    shares: Floats = (np.where(beyond, 1, inside) * opacity).astype(np.float32)
    return shares


def _distance(part: Mask) -> Floats:
    """Distance (H, W) in pixels to a part; far everywhere where there is none."""
    if not part.any():
        return np.full(part.shape, 1e3, np.float32)
    return cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, 3).astype(np.float32)


def _rolled_off(lightness: Array) -> Array:
    """L* kept between 2 and 98, bent rather than cut."""
    centre, half, knee = 50.0, 48.0, 38.0
    away = np.abs(lightness - centre)
    over = np.maximum(away - knee, 0)
    bent = np.minimum(away, knee) + (half - knee) * (1 - np.exp(-over / (half - knee)))
    rolled: Array = centre + np.sign(lightness - centre) * bent
    return rolled


def _to_rgb(lab: Array) -> Array:
    with warnings.catch_warnings():
        # A dyed pixel may leave the sRGB gamut; clipping it is what a camera would do.
        warnings.simplefilter("ignore", UserWarning)
        rgb: Array = lab2rgb(lab[None])[0] * 255
    return rgb
