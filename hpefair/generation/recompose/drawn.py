"""Drawn surroundings, or the user's own photographs, seen by a camera that has the person on its floor."""

from pathlib import Path
from typing import Final

import numpy as np

from hpefair.arrays import Array
from hpefair.generation.recompose.exchange import Surroundings
from hpefair.generation.recompose.perspective import likely_size
from hpefair.generation.recompose.shot import Shot
from hpefair.synthetic.picture.backdrop import paint
from hpefair.synthetic.picture.lens import develop
from hpefair.synthetic.picture.lighting import CONTACT_PIXELS, MAP_PIXELS, Shadows
from hpefair.synthetic.picture.scene import Camera, Scene
from hpefair.synthetic.picture.surroundings import draw_backdrop, draw_lens, draw_light

STATURE_M: Final = 1.7
EYE_M: Final = (1.2, 1.7)
DISTANCE_M: Final = (3.0, 7.0)
STEEPEST: Final = 30.0  # degrees a camera is tilted
WIDEST: Final = 75.0  # degrees of its vertical field of view
USERS: Final = "background photograph supplied by the user"


def drawn_surroundings(shot: Shot, photos: tuple[Path, ...], rng: np.random.Generator) -> Surroundings:
    """Surroundings of the size of a shot, without anybody.

    Args:
        shot: The shot.
        photos: The user's background photographs; they show nobody.
        rng: Randomness.
    """
    light, backdrop, lens = draw_light(rng), draw_backdrop(rng, photos, STATURE_M), draw_lens(rng)
    scene = Scene(_camera(shot, rng), light, backdrop, (), lens, (), 1.5, ())
    pixels = develop(paint(scene, _no_shadows(light.direction, scene.span))[0], lens)
    if backdrop.kind == "photo":
        return Surroundings(pixels, "", USERS, f"the user's photograph {Path(backdrop.photo).name}")
    return Surroundings(pixels, "", "", f"a drawn {backdrop.kind} background")


def _camera(shot: Shot, rng: np.random.Generator) -> Camera:
    """A camera that sees a person of common stature as large, and on the floor as low, as the shot does."""
    height, width = shot.person.mask.shape
    tall, feet = likely_size(shot.person.keypoints)
    distance, eye = float(rng.uniform(*DISTANCE_M)), float(rng.uniform(*EYE_M))
    focal = max(distance * tall / STATURE_M, height / 2 / np.tan(np.radians(WIDEST / 2)))
    distance = focal * STATURE_M / tall
    down = np.arctan2(eye, distance) - np.arctan2(feet - height / 2, focal)
    tilt = float(np.clip(down, -np.radians(STEEPEST), np.radians(STEEPEST)))
    target = (0.0, eye - distance * float(np.sin(tilt)), distance - distance * float(np.cos(tilt)))
    view = float(2 * np.degrees(np.arctan(height / 2 / focal)))
    return Camera((0.0, eye, distance), target, 0.0, view, height, width)


def _no_shadows(towards: Array, span: float) -> Shadows:
    """Light that nothing stands in."""
    up = np.array([0.0, 1.0, 1e-3])
    across = np.cross(towards, up) / np.linalg.norm(np.cross(towards, up))
    return Shadows(
        towards=towards.astype(np.float32),
        across=across.astype(np.float32),
        along=np.cross(across, towards).astype(np.float32),
        centre=np.array([0.0, span / 2, 0.0], np.float32),
        span=span,
        height=np.full((MAP_PIXELS, MAP_PIXELS), -np.inf, np.float32),
        contact=np.zeros((CONTACT_PIXELS, CONTACT_PIXELS), np.float32),
    )
