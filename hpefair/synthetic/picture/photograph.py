"""Photograph: from a scene to pixels and exact labels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.clothes.dressing import View, dress
from hpefair.synthetic.clothes.materials import reflectance
from hpefair.synthetic.labels import PersonLabels, label_people
from hpefair.synthetic.picture.backdrop import paint
from hpefair.synthetic.picture.geometry import gather
from hpefair.synthetic.picture.lens import develop
from hpefair.synthetic.picture.lighting import cast
from hpefair.synthetic.picture.raster import rasterize
from hpefair.synthetic.picture.scene import Scene
from hpefair.synthetic.picture.shading import Fragments, light_up
from hpefair.synthetic.streams import Streams


@dataclass(frozen=True)
class Photograph:
    """A picture and what is known about it.

    Attributes:
        pixels: sRGB pixels (H, W, 3).
        people: Labels of everybody, in the order of the scene.
        depth: Distance (H, W) in metres to people and things along the viewing axis; infinite where there are none.
        shadow: Pixels (H, W) of floor, people or things that any of them keeps light away from.
        scene: The scene, with the colours of all clothes filled in.
    """

    pixels: NDArray[np.uint8]
    people: tuple[PersonLabels, ...]
    depth: NDArray[np.float32]
    shadow: NDArray[np.bool_]
    scene: Scene


def photograph(scene: Scene, samples: int = 1, back_end: str = "numba") -> Photograph:
    """Draw a scene.

    Args:
        scene: The scene; people without colours are dressed to their wanted contrast.
        samples: Samples per pixel side: 2 draws smooth edges at about half the speed.
        back_end: Rasterizer, `numba` or `numpy`; the picture is the same, bit for bit.

    Returns:
        Pixels and labels; the same scene gives the same bytes.
    """
    geometry = gather(scene)
    camera = scene.camera.scaled(samples)
    flat = geometry.projected(camera)
    seen = rasterize(flat, camera.height, camera.width, back_end)
    shadows = cast(scene, geometry, back_end)
    surroundings, shadow = paint(scene, shadows)
    fragments = light_up(scene, geometry, flat, seen, shadows)
    shadow[fragments.rows[fragments.shaded] // samples, fragments.columns[fragments.shaded] // samples] = True
    scene = _dressed(scene, fragments, View(surroundings, samples))
    light = reflectance(fragments, scene) * fragments.irradiance + fragments.gloss
    picture = _composed(surroundings, light, fragments, samples)
    depth = np.where(seen.triangle >= 0, 1 / np.maximum(seen.inverse_depth, 1e-9), np.inf)[
        samples // 2 :: samples, samples // 2 :: samples
    ]
    return Photograph(
        develop(picture, scene.lens),
        label_people(scene, geometry, flat, seen, back_end, samples),
        depth.astype(np.float32),
        shadow,
        scene,
    )


def _dressed(scene: Scene, fragments: Fragments, view: View) -> Scene:
    """The scene with colours for everybody who has none."""
    for index, person in enumerate(scene.people):
        if person.palette is None:
            rng = Streams(scene.lens.seed, "palette").of(str(index))
            scene = dress(scene, index, fragments, view, rng)
    return scene


def _composed(surroundings: Floats, light: Floats, fragments: Fragments, samples: int) -> Floats:
    """Linear light (H, W, 3) of people and things over their surroundings."""
    height, width = surroundings.shape[:2]
    if samples == 1:
        picture = surroundings.copy()
        picture[fragments.rows, fragments.columns] = light
        return picture
    fine = np.zeros((height * samples, width * samples, 4), np.float32)
    fine[fragments.rows, fragments.columns, :3] = light
    fine[fragments.rows, fragments.columns, 3] = 1
    mean = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    composed: Floats = mean[:, :, :3] + surroundings * (1 - mean[:, :, 3:])
    return composed
