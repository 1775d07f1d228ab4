"""Dressing: choose the colours of clothes after the light is known, so that their contrast comes out as wanted."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from hpefair.arrays import Array, Floats
from hpefair.synthetic.clothes import colour
from hpefair.synthetic.clothes.colour import triple
from hpefair.synthetic.clothes.garments import LOWER, PART, SKIN, TOP
from hpefair.synthetic.clothes.materials import reflectance
from hpefair.synthetic.person import Palette
from hpefair.synthetic.picture.lens import tone
from hpefair.synthetic.picture.scene import Scene
from hpefair.synthetic.picture.shading import Fragments

# What the measured contrast should be near, CIEDE2000; the bins themselves are a setting of the audit.
AIMS: Final = {"low": (1.0, 6.0), "mid": (13.0, 21.0), "high": (30.0, 75.0)}
CANDIDATES: Final = 160
NEVER_NEAR_SKIN: Final = 15.5  # CIE76, half a unit for noise; nobody may look undressed
MARGINS: Final = (4.0, 9.0, 15.0, 22.0)
OUTLINE_POINTS: Final = 14
WEAKEST: Final = 25  # percentile over the outline, near the one that is measured
UNSEEN: Final = Palette(*[(0.05, 0.1, 0.3)] * 5)  # for a picture that shows nobody and nothing
SECOND_COLOUR: Final = {"low": 0.06, "mid": 0.15, "high": 0.35}


@dataclass(frozen=True)
class View:
    """What clothes are seen against.

    Attributes:
        surroundings: Linear light (H, W, 3) of what is behind the people.
        samples: Samples of the raster per pixel side.
    """

    surroundings: Floats
    samples: int


@dataclass(frozen=True)
class _Part:
    """A garment as the picture shows it.

    Attributes:
        light: Mean light on it (3,).
        gloss: Mean mirrored light (3,).
        around: Colours (K, 3) in CIELAB of what surrounds it, along its outline.
    """

    light: Array
    gloss: Array
    around: Array

    def seen(self, reflectances: Array, exposure: float) -> Array:
        """CIELAB (C, 3) of cloth of these reflectances (C, 3) in this light."""
        lab: Array = rgb2lab(tone(reflectances * self.light + self.gloss, exposure).reshape(1, -1, 3))[0]
        return lab


def dress(scene: Scene, index: int, fragments: Fragments, view: View, rng: np.random.Generator) -> Scene:
    """The scene with colours for one person's clothes.

    Candidates are compared where the garment's outline meets its surroundings, as lit; colours that could be taken for
    anybody's skin under this light are never chosen, whatever the wanted contrast. What was chosen is then drawn and
    held against the person's own face; where it comes too near, the choice is repeated with a wider margin.

    Args:
        scene: The scene.
        index: The person.
        fragments: Visible points of the scene.
        view: What is behind the people.
        rng: Randomness.
    """
    person = scene.people[index]
    if not (fragments.owner == index).any():
        return scene.with_person(index, replace(person, palette=UNSEEN))
    for margin in MARGINS:
        palette = _choose(scene, index, fragments, view, margin, rng)
        dressed = scene.with_person(index, replace(person, palette=palette))
        if _from_face(dressed, index, fragments) >= NEVER_NEAR_SKIN:
            break
    return dressed


def _from_face(scene: Scene, index: int, fragments: Fragments) -> float:
    """Distance between the mean colours of a person's garments and face as drawn; the least one, CIE76."""
    own = fragments.only(fragments.owner == index)
    light = reflectance(own, scene) * own.irradiance + own.gloss
    lab = rgb2lab(tone(light, scene.lens.exposure)[None])[0]
    face = (own.material == SKIN) & (own.values[:, PART] < 0.5)
    garments = [own.material == material for material in (TOP, LOWER)]
    seen = [lab[garment].mean(axis=0) for garment in garments if garment.any()]
    if not face.any() or not seen:
        return float("inf")
    return float(min(np.linalg.norm(colour_ - lab[face].mean(axis=0)) for colour_ in seen))


def _choose(
    scene: Scene, index: int, fragments: Fragments, view: View, margin: float, rng: np.random.Generator
) -> Palette:
    aim, exposure = scene.contrasts[index], scene.lens.exposure
    shoe = colour.from_hex(colour.SHOES[int(rng.integers(len(colour.SHOES)))])
    skins = _Skins(_skin_looks(scene, index, fragments), NEVER_NEAR_SKIN + margin)
    colours = []
    for material in (TOP, LOWER):
        part = _part(scene, fragments, (fragments.owner == index) & (fragments.material == material), view)
        first = _nearest(_candidates(rng), part, skins, exposure, aim)
        colours += [first, _second(first, part, skins, exposure, SECOND_COLOUR[aim] * rng.uniform(1.0, 2.0))]
    return Palette(*(triple(one) for one in (*colours, shoe)))


def _candidates(rng: np.random.Generator) -> Array:
    """Reflectances of dyed cloth (C, 3): every lightness, from grey to saturated."""
    srgb = rng.uniform(0.03, 0.97, (CANDIDATES, 3))
    grey = srgb.mean(axis=1, keepdims=True)
    muted = grey + (srgb - grey) * rng.uniform(0.05, 1.0, (CANDIDATES, 1))
    return np.clip(colour.to_linear(np.clip(muted, 0.02, 0.96)), 0.008, 0.9)


def _skin_looks(scene: Scene, index: int, fragments: Fragments) -> Array:
    """CIELAB (20, 3) of every skin tone, in full light and in the mean light of this person's face."""
    face = (fragments.owner == index) & (fragments.material == SKIN) & (fragments.values[:, PART] < 0.5)
    bare = face if face.sum() >= 5 else (fragments.owner == index) & (fragments.material == SKIN)
    if not bare.any():  # nothing of the skin is seen: any light will do
        bare = np.ones(len(fragments.owner), dtype=bool)
    lights = np.stack([fragments.irradiance[bare].mean(axis=0), np.percentile(fragments.irradiance[bare], 85, axis=0)])
    tones = np.stack([colour.skin(tone_) for tone_ in range(1, 11)])
    gloss = fragments.gloss[bare].mean(axis=0)
    lit = tones[:, None] * lights[None] + gloss
    return rgb2lab(tone(lit, scene.lens.exposure).reshape(1, -1, 3))[0]


def _part(scene: Scene, fragments: Fragments, chosen: NDArray[np.bool_], view: View) -> _Part:
    surroundings, samples = view.surroundings, view.samples
    if not chosen.any():  # the garment is hidden, or out of the picture: any light will do
        chosen = np.ones_like(chosen)
    height, width = scene.camera.height, scene.camera.width
    seen = np.zeros((height, width), np.uint8)
    seen[fragments.rows[chosen] // samples, fragments.columns[chosen] // samples] = 1
    anything = np.zeros((height, width), np.uint8)
    anything[fragments.rows // samples, fragments.columns // samples] = 1
    reach = max(3, height // 48)
    near = cv2.dilate(seen, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)).astype(bool) & (anything == 0)
    smooth = cv2.blur(surroundings, (reach, reach))
    around = smooth[near] if near.any() else surroundings.reshape(-1, 3)
    # Far apart along the outline: rows and columns are in reading order.
    picks = np.linspace(0, len(around) - 1, OUTLINE_POINTS).astype(int)
    lab = rgb2lab(tone(around[picks], scene.lens.exposure).reshape(1, -1, 3))[0]
    return _Part(fragments.irradiance[chosen].mean(axis=0), fragments.gloss[chosen].mean(axis=0), lab)


@dataclass(frozen=True)
class _Skins:
    """How skin may look here.

    Attributes:
        lab: CIELAB (S, 3) of every tone in the light of the face.
        margin: Distance that clothes keep, CIE76.
    """

    lab: Array
    margin: float

    def short_of(self, lab: Array) -> Array:
        """How much colours (C, 3) lack of that distance (C,); 0 for those that keep it."""
        nearest = np.linalg.norm(lab[:, None] - self.lab[None], axis=2).min(axis=1)
        lacking: Array = np.maximum(self.margin - nearest, 0)
        return lacking


def _nearest(candidates: Array, part: _Part, skins: _Skins, exposure: float, aim: str) -> Array:
    """The candidate nearest to the wanted contrast among those that cannot be taken for skin."""
    lab = part.seen(candidates, exposure)
    differences = deltaE_ciede2000(lab[:, None], part.around[None])
    weakest = np.percentile(differences, WEAKEST, axis=1)
    low, high = AIMS[aim]
    miss = np.maximum(low - weakest, 0) + np.maximum(weakest - high, 0)
    # A colour like skin loses against every other, however far that one is from the wanted contrast.
    best: Array = candidates[int(np.argmin(miss + 1000 * skins.short_of(lab)))]
    return best


def _second(first: Array, part: _Part, skins: _Skins, exposure: float, strength: float) -> Array:
    """The other colour of a pattern: lighter or darker than the first; the first itself where both look like skin."""
    shades = np.clip(np.stack([first * (1 + strength), first / (1 + strength)]), 0.008, 0.9)
    allowed = skins.short_of(part.seen(shades, exposure)) == 0
    second: Array = shades[int(np.argmax(allowed))] if allowed.any() else first
    return second
