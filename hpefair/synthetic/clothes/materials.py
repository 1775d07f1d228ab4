"""Materials: the reflectance of skin, eyes, hair, cloth and things at every visible point."""

from typing import Final

import numpy as np

from hpefair.arrays import Floats
from hpefair.synthetic.body.body import neutral_face
from hpefair.synthetic.clothes import colour
from hpefair.synthetic.clothes.garments import EYE, HAIR, LIPS, LOWER, NEUTRAL, PART, PROP, SCALP, SHOE, SKIN, TOP
from hpefair.synthetic.clothes.texture import cloth_mix, noise3
from hpefair.synthetic.person import Palette, Person
from hpefair.synthetic.picture.scene import Scene
from hpefair.synthetic.picture.shading import Fragments

DARKEST: Final = 0.004
IRIS: Final = (0.07, 0.032, 0.016)
SCLERA: Final = (0.40, 0.36, 0.34)


def reflectance(fragments: Fragments, scene: Scene) -> Floats:
    """Reflectance (P, 3), linear RGB, of visible points of a scene.

    Raises:
        ValueError: If somebody among them is not dressed yet.
    """
    albedo = np.zeros((len(fragments.rows), 3), np.float32)
    for index in np.unique(fragments.owner[fragments.owner >= 0]).tolist():
        person = scene.people[index]
        palette = person.palette
        if palette is None:
            raise ValueError(f"Expected colours for the clothes of person {index} but got none")
        for material, paint in _PAINTS.items():
            chosen = np.flatnonzero((fragments.owner == index) & (fragments.material == material))
            if len(chosen):
                albedo[chosen] = paint(fragments.values[chosen], person, palette)
    things = np.flatnonzero(fragments.material == PROP)
    if len(things):
        colours = np.array([prop.colour for prop in scene.props], np.float32)[fragments.thing[things]]
        grain = 1 + np.float32(0.08) * noise3(fragments.values[things, NEUTRAL], 5, 3)
        albedo[things] = colours * grain[:, None]
    clipped: Floats = np.clip(albedo, DARKEST, 0.95)
    return clipped


def _skin(values: Floats, person: Person, palette: Palette) -> Floats:
    """Skin with lips, brows, beard and the shadow of short hair."""
    neutral, face = values[:, NEUTRAL], neutral_face()
    tone, hair = colour.skin(person.skin_tone).astype(np.float32), np.array(person.worn_hair.colour, np.float32)
    albedo = tone * (1 + np.float32(0.03) * noise3(neutral, 60, 2))[:, None]
    lips = tone * np.array([0.85, 0.5, 0.5], np.float32) + np.array([0.03, 0.004, 0.004], np.float32)
    albedo += (lips - albedo) * (np.clip(values[:, LIPS] * 1.2, 0, 1) * np.float32(0.7))[:, None]
    across = np.abs(neutral[:, 0])
    arch = face["eye"][1] + 0.019 + 0.004 * np.sin(np.clip((across - 0.01) / 0.045, 0, 1) * np.pi)
    brow = (neutral[:, 2] > face["eye"][2] - 0.03) & (across > 0.012) & (across < 0.052)
    brow &= np.abs(neutral[:, 1] - arch) < 0.0042
    albedo[brow] = albedo[brow] * np.float32(0.35) + hair * np.float32(0.4)
    on_head = values[:, PART] < 0.5
    if person.worn_hair.beard:
        below_nose = face["nose"][1] - neutral[:, 1] - 0.25 * np.clip(across - 0.02, 0, None)
        before_ear = neutral[:, 2] - face["ear"][2]
        edge = np.minimum.reduce([below_nose - 0.014, 0.088 - below_nose, before_ear - 0.012])
        ragged = np.clip((edge + 0.003 * noise3(neutral, 150)) / 0.008, 0, 1)
        thick = ragged * np.clip(0.7 + 0.3 * noise3(neutral, 150, 2), 0, 1) * (values[:, LIPS] < 0.3) * on_head
        albedo += (hair * np.float32(0.9) - albedo) * thick.astype(np.float32)[:, None]
    if person.worn_hair.style in ("short", "cap", "bald"):
        stubble = (
            np.clip(values[:, SCALP] / 0.006, 0, 1) * on_head * (0.18 if person.worn_hair.style == "bald" else 0.85)
        )
        albedo += (hair - albedo) * stubble.astype(np.float32)[:, None]
    return albedo


def _eye(values: Floats, person: Person, palette: Palette) -> Floats:
    neutral, pupil = values[:, NEUTRAL], neutral_face()["pupil"]
    radius = np.hypot(np.abs(neutral[:, 0]) - abs(pupil[0]), neutral[:, 1] - pupil[1])[:, None]
    coloured: Floats = np.where(radius < 0.0025, 0.01, np.where(radius < 0.0062, IRIS, SCLERA)).astype(np.float32)
    return coloured


def _top(values: Floats, person: Person, palette: Palette) -> Floats:
    return _cloth(values, person, person.outfit.top_pattern, (palette.top, palette.top_second))


def _lower(values: Floats, person: Person, palette: Palette) -> Floats:
    return _cloth(values, person, person.outfit.lower_pattern, (palette.lower, palette.lower_second))


def _cloth(
    values: Floats, person: Person, pattern: str, colours: tuple[tuple[float, ...], tuple[float, ...]]
) -> Floats:
    neutral = values[:, NEUTRAL]
    first, second = (np.array(one, np.float32) for one in colours)
    mix = cloth_mix(pattern, neutral, person.outfit.pattern_scale, person.outfit.pattern_edge).astype(np.float32)
    weave = 1 + np.float32(0.03) * noise3(neutral, 120)
    dyed: Floats = (first + (second - first) * mix[:, None]) * weave[:, None]
    return dyed


def _shoe(values: Floats, person: Person, palette: Palette) -> Floats:
    return np.broadcast_to(np.array(palette.shoe, np.float32), (len(values), 3))


def _hair(values: Floats, person: Person, palette: Palette) -> Floats:
    """Strands, or the cloth of a cap."""
    neutral = values[:, NEUTRAL]
    if person.worn_hair.style == "cap":
        return np.array(palette.lower, np.float32) * (1 + np.float32(0.03) * noise3(neutral, 120))[:, None]
    lengthwise = np.array([1.0, 0.12 if person.worn_hair.style in ("long", "bob", "bun") else 1.0, 1.0], np.float32)
    strands = 1 + np.float32(0.35) * noise3(neutral * lengthwise, 160, 2)
    return np.array(person.worn_hair.colour, np.float32) * np.clip(strands, 0.2, 2)[:, None]


_PAINTS: Final = {SKIN: _skin, EYE: _eye, TOP: _top, LOWER: _lower, SHOE: _shoe, HAIR: _hair}
