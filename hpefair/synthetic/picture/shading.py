"""Shading: the light that falls on every visible point of people and things, and what of it is mirrored."""

from dataclasses import dataclass, fields, replace
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.clothes.garments import EYE, HAIR, LOWER, NEUTRAL, POSITION, SKIN, TOP
from hpefair.synthetic.clothes.texture import slope3
from hpefair.synthetic.person import Person
from hpefair.synthetic.picture.geometry import Geometry
from hpefair.synthetic.picture.lighting import Shadows
from hpefair.synthetic.picture.raster import Projected, Raster, barycentric
from hpefair.synthetic.picture.scene import Scene

FOLD_DEPTH: Final = 0.085
SKIN_GLOSS: Final = (0.10, 18.0)  # strength and exponent of the highlight; the same for every skin tone
HAIR_GLOSS: Final = (0.07, 12.0)
RIM: Final = 0.10  # grazing reflection of the surroundings on skin: what shows the form of a dark face
EMPTY_M: Final = 100.0  # depth of what shows nobody and nothing: it never darkens its neighbours
OCCLUSION_REACH: Final = 0.035  # window of the depth comparison, relative to the picture


@dataclass(frozen=True)
class Fragments:
    """Visible points of people and things, one per covered sample of the raster.

    Attributes:
        rows: Row of the sample (P,).
        columns: Column of the sample (P,).
        triangle: Triangle (P,).
        values: Interpolated vertex values (P, 9).
        irradiance: Light that falls on it (P, 3).
        gloss: Light it mirrors (P, 3), independent of its colour.
        material: Material (P,).
        owner: Person (P,), -1 for things.
        thing: Thing (P,), -1 for people.
        shaded: Whether anything keeps the lamp's light away (P,).
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    triangle: NDArray[np.int32]
    values: Floats
    irradiance: Floats
    gloss: Floats
    material: NDArray[np.int8]
    owner: NDArray[np.int16]
    thing: NDArray[np.int16]
    shaded: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> Self:
        """Some of the points."""
        return replace(self, **{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def light_up(scene: Scene, geometry: Geometry, flat: Projected, seen: Raster, shadows: Shadows) -> Fragments:
    """Interpolate and light every visible point."""
    rows, columns = np.nonzero(seen.triangle >= 0)
    corners, weights = barycentric(flat, seen, rows, columns)
    everything = np.concatenate([geometry.values, geometry.normals], axis=1)
    weights = weights.astype(np.float32)
    mixed = everything[corners[:, 0]] * weights[:, :1]
    mixed += everything[corners[:, 1]] * weights[:, 1:2]
    mixed += everything[corners[:, 2]] * weights[:, 2:]
    values = mixed[:, :9]
    triangle = seen.triangle[rows, columns]
    material, owner = geometry.material[triangle], geometry.owner[triangle]
    points = values[:, POSITION]
    view = _unit(np.array(scene.camera.eye, np.float32) - points)
    normal: Floats = _unit(mixed[:, 9:])
    # Hems and strips of hair are seen from inside as well.
    away = np.einsum("ij,ij->i", normal, view) < 0
    normal[away] *= -1
    normal = _folded(normal, values, material, owner, scene.people)
    lit = shadows.lit(points + normal * np.float32(0.006))
    light = scene.light
    towards = light.direction.astype(np.float32)
    wrap = np.where(material == SKIN, np.float32(0.25), np.float32(0.05))
    diffuse = np.clip((normal @ towards + wrap) / (1 + wrap), 0, 1) * lit
    hemisphere = np.float32(0.6) + np.float32(0.4) * normal[:, 1]
    ambient = np.float32(1.15 * light.ambient) * hemisphere * _occlusion(seen, rows, columns)
    lamp = np.array(light.colour, np.float32)
    irradiance = ambient[:, None] + np.float32(light.key) * diffuse[:, None] * lamp
    gloss = _gloss(normal, view, towards, material) * lit * np.float32(light.key)
    facing = np.clip(np.einsum("ij,ij->i", normal, view), 0, 1)
    rim = np.where(material == SKIN, np.float32(RIM), np.float32(0.02)) * (1 - facing) ** 3 * ambient
    mirrored = gloss[:, None] * lamp + rim[:, None]
    return Fragments(
        rows, columns, triangle, values, irradiance.astype(np.float32), mirrored.astype(np.float32), material, owner,
        geometry.thing[triangle], lit < 1,
    )  # fmt: skip


def _unit(vectors: Floats) -> Floats:
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    unit: Floats = vectors / np.maximum(length, np.float32(1e-9))[:, None]
    return unit


def _folded(
    normal: Floats, values: Floats, material: NDArray[np.int8], owner: NDArray[np.int16], people: tuple[Person, ...]
) -> Floats:
    """Normals with the folds of cloth; loose clothes fold deeper."""
    cloth = np.flatnonzero((material == TOP) | (material == LOWER))
    if not len(cloth):
        return normal
    neutral = values[cloth, NEUTRAL]
    looseness = np.array([person.outfit.looseness for person in people], np.float32)[owner[cloth]]
    lengthwise = np.array([1.0, 0.45, 1.0], np.float32)
    folds = slope3(neutral * lengthwise, 9) + np.float32(0.6) * slope3(
        neutral * lengthwise[[1, 0, 2]] + np.float32(0.3), 17
    )
    normal[cloth] = _unit(normal[cloth] - folds * (np.float32(FOLD_DEPTH) * (np.float32(0.4) + looseness))[:, None])
    return normal


def _gloss(normal: Floats, view: Floats, towards: Floats, material: NDArray[np.int8]) -> Floats:
    """Blinn-Phong highlight (P,)."""
    half = _unit(view + towards)
    cosine = np.clip(np.einsum("ij,ij->i", normal, half), 0, 1)
    skin = np.float32(SKIN_GLOSS[0]) * cosine ** np.float32(SKIN_GLOSS[1])
    hair = np.float32(HAIR_GLOSS[0]) * cosine ** np.float32(HAIR_GLOSS[1])
    return np.where((material == SKIN) | (material == EYE), skin, np.where(material == HAIR, hair, np.float32(0.01)))


def _occlusion(seen: Raster, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """Ambient light that reaches points in hollows (P,): what lies behind its surroundings is darker."""
    empty = seen.triangle < 0
    depth = (1 / np.maximum(seen.inverse_depth, 1e-6)).astype(np.float32)
    depth[empty] = EMPTY_M
    window = max(int(OCCLUSION_REACH * depth.shape[0]), 3)
    behind = depth - cv2.blur(depth, (window, window))
    occlusion = 1 - np.clip(behind / np.float32(0.11), 0, np.float32(0.55))
    reached: Floats = occlusion[rows, columns]
    return reached
