"""Where somebody's clothes are, for certain enough to dye them, and what natural cloth colours look like."""

from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Mask, Pixels
from hpefair.attributes.measured.body_regions import torso_length
from hpefair.attributes.measured.lab import Lab
from hpefair.generation.recompose.body_ends import ends, head
from hpefair.generation.recompose.garment_colours import garment_colours
from hpefair.generation.recompose.shot import Shot
from hpefair.generation.recompose.skin import Complexion, complexion

FEWEST: Final = 150  # pixels of cloth that are worth dyeing
LEAST_SHARE: Final = 0.45  # of the dressed part that must differ from skin, or cloth and skin cannot be told apart
GREY_BELOW: Final = 14  # of 255 between the channels
ALIKE: Final = 20.0  # distance from a garment's colour within which something may be that garment
DOUBTFUL: Final = 0.03  # of the cloth that may look like skin though it looks more like cloth
SPECK: Final = 0.05  # torso lengths: smaller skin-coloured spots are print or shine, no skin

CONTINUED: Final = 12.0  # distance from a colour of the clothes up to which a sleeve or trouser leg belongs to them
PALETTE_STEP: Final = 8.0  # CIELAB
PALETTE_SHARE: Final = 0.01
CONTINUED_AXES: Final = np.array([0.45, 1.0, 1.0])  # shading changes lightness before colour

# CIELAB of everyday cloth: white, greys, black, navy, denims, khaki, beige, olive, forest, burgundy, brick, brown,
# mustard, dusty rose, sky, teal, plum.
WARDROBE: Final = np.array([
    [92, 0, 2], [78, 0, 1], [60, 0, 0], [42, 0, -1], [26, 0, -1], [13, 0, 0], [20, 4, -20], [35, 0, -20],
    [52, -3, -18], [62, 3, 18], [82, 2, 12], [42, -6, 20], [30, -16, 10], [27, 28, 10], [42, 34, 20], [30, 9, 14],
    [66, 10, 42], [70, 18, 5], [74, -6, -16], [44, -18, -8], [32, 20, -14],
], float)  # fmt: skip


def clothing(shot: Shot, lab: Lab) -> Mask | None:
    """Clothes (H, W) of a person, none of them skin.

    Args:
        shot: The picture.
        lab: Its CIELAB (H, W, 3).

    Returns:
        Garments where parsing tells them. Else the dressed part by keypoints less everything of the colour of the
        person's own skin, and what continues it along forearms and shins; None where cloth and skin cannot be told
        apart.
    """
    person = shot.person
    dressed = shot.as_seen().dressed
    torso = torso_length(person.keypoints)
    if dressed is None or torso is None or np.count_nonzero(dressed) < FEWEST:
        return None
    if person.garments is not None:
        return dressed
    smooth = cv2.bilateralFilter(lab, 5, 12, 2)
    never, unsure = head(person.mask.shape, person.keypoints, torso)
    unsure = unsure | ends(person.mask.shape, person.keypoints, torso)
    skin = complexion(smooth, person.mask, person.keypoints)
    bare = _bare(smooth, person.mask, skin, torso)
    seeds = dressed & ~(never | unsure | bare)
    if np.count_nonzero(seeds) < max(LEAST_SHARE * np.count_nonzero(dressed), FEWEST):
        return None
    centres = garment_colours(smooth.astype(float), seeds)
    doubtful = dressed & ~never & bare
    doubtful[doubtful] = _rather_cloth(smooth[doubtful], skin, centres)
    if np.count_nonzero(doubtful) > DOUBTFUL * np.count_nonzero(seeds):
        return None
    return _continued(seeds, person.mask & ~never & ~bare, smooth, max(round(0.08 * torso), 1))


def _rather_cloth(colours: Lab, skin: Complexion, centres: Array) -> Mask:
    """Which skin-coloured pixels (P, 3) are nearer to a garment: a red shirt in shade, for one."""
    to_cloth = np.linalg.norm((colours.astype(float)[:, None] - centres) * CONTINUED_AXES, axis=2).min(axis=1)
    if not len(skin.samples):
        return np.asarray(to_cloth < ALIKE)
    to_skin = np.linalg.norm((colours.astype(float)[:, None] - skin.samples) * CONTINUED_AXES, axis=2).min(axis=1)
    return np.asarray((to_cloth < 1.5 * ALIKE) & (to_cloth < to_skin))


def _bare(smooth: Lab, mask: Mask, skin: Complexion, torso: float) -> Mask:
    """Skin-coloured patches (H, W) with a narrow border."""
    like = skin.like(smooth) & mask
    count, parts, stats, _ = cv2.connectedComponentsWithStats(like.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= max((SPECK * torso) ** 2, 6)
    large[0] = False
    patches = large[parts] if count > 1 else np.zeros_like(like)
    # Highlights and the shade between fingers are closed: they are skin as well.
    reach = max(round(0.06 * torso), 1)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    closed = cv2.morphologyEx(patches.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return cv2.dilate(closed, np.ones((3, 3), np.uint8)).astype(bool)


def _continued(seeds: Mask, allowed: Mask, smooth: Lab, reach: int) -> Mask:
    """Seeds (H, W) and the cloth of one of their colours that hangs together with them."""
    unlike = (smooth[allowed].astype(float)[:, None] - _palette(smooth[seeds])) * CONTINUED_AXES
    alike = np.zeros_like(seeds)
    alike[allowed] = np.linalg.norm(unlike, axis=2).min(axis=1) < CONTINUED
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    closed = cv2.morphologyEx((seeds | alike).astype(np.uint8), cv2.MORPH_CLOSE, kernel).astype(bool) & allowed
    _, parts = cv2.connectedComponents(closed.astype(np.uint8))
    held: Mask = closed & np.isin(parts, np.unique(parts[seeds]))
    return held


def _palette(colours: Lab) -> Array:
    """Colours (K, 3) that many of a set (P, 3) have, in steps."""
    steps, counts = np.unique(np.rint(colours / PALETTE_STEP).astype(int), axis=0, return_counts=True)
    often = counts >= min(PALETTE_SHARE * len(colours), counts.max())
    palette: Array = steps[often] * PALETTE_STEP
    return palette


def drawn_colours(rng: np.random.Generator, number: int) -> Array:
    """Cloth colours at random (N, 3), CIELAB: the wardrobe, each a little different."""
    picks = WARDROBE[rng.integers(len(WARDROBE), size=number)]
    colours: Array = picks + rng.normal(0, 1, (number, 3)) * [5.0, 3.0, 3.0]
    return tamed(colours)


def is_grey(pixels: Pixels) -> bool:
    """Whether a picture (H, W, 3) is black and white, give or take compression."""
    spread = pixels.max(axis=2).astype(int) - pixels.min(axis=2)
    return bool(np.percentile(spread, 95) < GREY_BELOW)


def tamed(colours: Array) -> Array:
    """Colours (..., 3) within what cloth has: no neon, nothing blacker or whiter than fabric."""
    lightness = np.clip(colours[..., 0], 9, 94)
    chroma = np.hypot(colours[..., 1], colours[..., 2])
    # Very dark and very light cloth has little colour.
    most = np.minimum(42, np.minimum(1.1 * lightness, 2.2 * (100 - lightness)))
    factor = np.minimum(1, most / np.maximum(chroma, 1e-6))
    return np.stack([lightness, colours[..., 1] * factor, colours[..., 2] * factor], axis=-1)
