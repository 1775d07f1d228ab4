"""Light: cast shadows by a shadow map, and the dark contact of people and things with the floor."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.body.rotations import UP, unit
from hpefair.synthetic.clothes.garments import POSITION
from hpefair.synthetic.picture.geometry import Geometry
from hpefair.synthetic.picture.raster import Projected, rasterize
from hpefair.synthetic.picture.scene import Scene

MAP_PIXELS: Final = 256
SOFTNESS_M: Final = 0.02  # radius of the half shadow
BIAS_M: Final = 0.012  # surfaces this close under another one are not in its shadow
LIGHT_TAPS: Final = ((0.0, 0.8), (0.7, -0.5), (-0.7, -0.5))
CONTACT_HEIGHT_M: Final = 0.35  # what hangs lower than this darkens the floor under it
CONTACT_PIXELS: Final = 96


@dataclass(frozen=True)
class Shadows:
    """What the lamp sees, and what is near the floor.

    Attributes:
        towards: Unit vector (3,) towards the lamp.
        across: First axis of the map (3,).
        along: Second axis of the map (3,).
        centre: Point in the middle of the map (3,).
        span: Half extent of the map in metres.
        height: Height towards the lamp (M, M) of what the lamp sees, metres; -inf where there is nothing.
        contact: Darkness of the floor (C, C) by what is close above it, 0 to 1, over the same extent in x and z.
    """

    towards: Floats
    across: Floats
    along: Floats
    centre: Floats
    span: float
    height: Floats
    contact: Floats

    def lit(self, points: Floats) -> Floats:
        """Share of the lamp that reaches points (P, 3), 0 to 1; 1 outside the map."""
        relative = points - self.centre
        x, y, z = relative @ self.across, relative @ self.along, relative @ self.towards
        reached = np.zeros(len(points), np.float32)
        for dx, dy in LIGHT_TAPS:
            i, inside_x = self._cell(x + np.float32(dx * SOFTNESS_M))
            j, inside_y = self._cell(y + np.float32(dy * SOFTNESS_M))
            reached += (self.height[j, i] < z + np.float32(BIAS_M)) | ~(inside_x & inside_y)
        return reached / np.float32(len(LIGHT_TAPS))

    def contact_at(self, points: Floats) -> Floats:
        """Darkness of the floor (P,) at points of it (P, 3)."""
        scale = np.float32(CONTACT_PIXELS / (2 * self.span))
        x = (points[:, 0] - self.centre[0] + np.float32(self.span)) * scale - np.float32(0.5)
        z = (points[:, 2] - self.centre[2] + np.float32(self.span)) * scale - np.float32(0.5)
        x, z = np.clip(x, 0, CONTACT_PIXELS - 1.001), np.clip(z, 0, CONTACT_PIXELS - 1.001)
        i, j = x.astype(np.int32), z.astype(np.int32)
        fx, fz = x - i, z - j
        grid = self.contact
        near = grid[j, i] * (1 - fx) + grid[j, i + 1] * fx
        far = grid[j + 1, i] * (1 - fx) + grid[j + 1, i + 1] * fx
        mixed: Floats = near * (1 - fz) + far * fz
        return mixed

    def _cell(self, offset: Floats) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        cell = (offset * np.float32(MAP_PIXELS / (2 * self.span)) + np.float32(MAP_PIXELS / 2)).astype(np.int32)
        return np.clip(cell, 0, MAP_PIXELS - 1), (cell >= 0) & (cell < MAP_PIXELS)


def cast(scene: Scene, geometry: Geometry, back_end: str) -> Shadows:
    """Shadows of a scene; their frame depends on the scene's span only, never on the people in it."""
    towards = scene.light.direction
    across = unit(np.cross(towards, UP + np.array([1e-3, 0, 0])))
    along = np.cross(across, towards)
    centre = np.array([0.0, scene.span / 2, 0.0])
    points = geometry.values[:, POSITION].astype(float) - centre
    scale = MAP_PIXELS / (2 * scene.span)
    # Raster keys need positive values that grow towards the lamp.
    reach = 4 * scene.span
    nearness = (points @ towards) / (2 * reach) + 0.5
    flat = Projected(
        points @ across * scale + MAP_PIXELS / 2, points @ along * scale + MAP_PIXELS / 2, nearness, geometry.faces
    )
    seen = rasterize(flat, MAP_PIXELS, MAP_PIXELS, back_end)
    height = np.where(seen.triangle >= 0, (seen.inverse_depth - 0.5) * 2 * reach, -np.inf)
    return Shadows(
        towards=towards.astype(np.float32),
        across=across.astype(np.float32),
        along=along.astype(np.float32),
        centre=centre.astype(np.float32),
        span=scene.span,
        height=height.astype(np.float32),
        contact=_contact(geometry, centre, scene.span),
    )


def _contact(geometry: Geometry, centre: NDArray[np.float64], span: float) -> Floats:
    points = geometry.values[:, POSITION]
    low = points[points[:, 1] < CONTACT_HEIGHT_M]
    weight = 1 - np.clip(low[:, 1], 0, CONTACT_HEIGHT_M) / CONTACT_HEIGHT_M
    cells = ((low[:, [0, 2]] - centre[[0, 2]] + span) * (CONTACT_PIXELS / (2 * span))).astype(int)
    inside = ((cells >= 0) & (cells < CONTACT_PIXELS)).all(axis=1)
    near = np.zeros(CONTACT_PIXELS * CONTACT_PIXELS)
    np.maximum.at(near, cells[inside, 1] * CONTACT_PIXELS + cells[inside, 0], weight[inside])
    sigma = 0.09 * CONTACT_PIXELS / (2 * span)
    grid = near.reshape(CONTACT_PIXELS, CONTACT_PIXELS).astype(np.float32)
    blurred = np.minimum(cv2.GaussianBlur(grid, (0, 0), max(sigma, 0.8)) * np.float32(1.6), 1)
    # Nothing may darken the floor outside the map: its rim is free.
    blurred[[0, -1], :] = blurred[:, [0, -1]] = 0
    return blurred.astype(np.float32)
