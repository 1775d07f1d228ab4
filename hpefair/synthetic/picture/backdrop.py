"""Surroundings: floor, wall, sky, a studio or a photograph, lit, with the shadows that fall on the floor."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.data import images
from hpefair.synthetic.clothes.colour import to_linear
from hpefair.synthetic.clothes.texture import noise2, relief
from hpefair.synthetic.picture.lighting import Shadows
from hpefair.synthetic.picture.scene import Backdrop, Camera, Light, Scene, Surface

PHOTO_SIDE: Final = 1024  # larger photographs are scaled when they are read, or a few would fill the memory
OUTDOOR_DISTANCE_M: Final = 40.0
CONTACT_DARKNESS: Final = 0.5


def paint(scene: Scene, shadows: Shadows) -> tuple[Floats, NDArray[np.bool_]]:
    """Linear light of the surroundings (H, W, 3), and where people or things darken the floor at all (H, W)."""
    camera, backdrop = scene.camera, scene.backdrop
    shaded = np.zeros((camera.height, camera.width), bool)
    if backdrop.kind == "photo":
        picture = _photograph(backdrop, camera)
    else:
        rays = _rays(camera)
        eye = np.array(camera.eye, np.float32)
        to_floor = np.where(rays[:, 1] < -1e-5, -eye[1] / np.minimum(rays[:, 1], np.float32(-1e-5)), np.float32(np.inf))
        wall = np.array([np.sin(np.radians(backdrop.yaw)), 0, np.cos(np.radians(backdrop.yaw))], np.float32)
        # The wall's plane is wall . p = -distance: it stands behind the people, seen from the camera at +Z.
        towards = rays @ -wall
        gap = np.float32(backdrop.wall_distance) + eye @ wall
        to_wall = np.where(towards > 1e-4, gap / np.maximum(towards, np.float32(1e-4)), np.float32(np.inf))
        if backdrop.kind != "room":
            to_wall = np.full(len(rays), OUTDOOR_DISTANCE_M, np.float32)
        on_floor = to_floor < to_wall
        light = np.empty((len(rays), 3), np.float32)
        floor = eye + rays[on_floor] * to_floor[on_floor, None]
        light[on_floor], dark = _floor(backdrop.floor, scene.light, floor, to_floor[on_floor], shadows)
        above = ~on_floor
        light[above] = _behind(backdrop, scene.light, eye, rays[above], to_wall[above], wall)
        if backdrop.kind == "studio":
            light[on_floor] = _seamless(light[on_floor], backdrop, scene.light, to_floor[on_floor])
        picture = light.reshape(camera.height, camera.width, 3)
        shaded.reshape(-1)[np.flatnonzero(on_floor)[dark]] = True
    if backdrop.blur > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), backdrop.blur * camera.height / 256)
    return picture, shaded


def _rays(camera: Camera) -> Floats:
    """Direction of every pixel (H W, 3), depth 1."""
    rows, columns = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
    x = (columns.ravel() + np.float32(0.5) - camera.width / 2) / camera.focal
    y = (rows.ravel() + np.float32(0.5) - camera.height / 2) / camera.focal
    rotation = camera.rotation.astype(np.float32)
    rays: Floats = (x[:, None] * rotation[0] + y[:, None] * rotation[1] + rotation[2]).astype(np.float32)
    return rays


def _floor(
    floor: Surface, light: Light, points: Floats, distance: Floats, shadows: Shadows
) -> tuple[Floats, NDArray[np.bool_]]:
    """Light of floor points (P, 3), and which of them lie in a shadow (P,)."""
    sharpness = 1 / (1 + (distance / 25) ** 2)
    shade = 1 + relief(floor.kind, points[:, 0], points[:, 2], floor.scale) * sharpness
    lit, contact = shadows.lit(points), shadows.contact_at(points)
    ambient = light.ambient * (1 - CONTACT_DARKNESS * contact)
    key = light.key * max(light.direction[1], 0.15) * lit
    coloured = ambient[:, None] + key[:, None] * np.array(light.colour, np.float32)
    albedo = np.clip(np.array(floor.colour, np.float32) * shade[:, None], 0.01, 0.95)
    dark = (lit < 1) | (contact > 0)
    return (albedo * coloured).astype(np.float32), dark


def _behind(backdrop: Backdrop, light: Light, eye: Floats, rays: Floats, distance: Floats, wall: Floats) -> Floats:
    if backdrop.kind == "outdoor":
        return _sky(backdrop, rays)
    glow = np.array(light.colour, np.float32) * np.float32(0.5 * light.key) + np.float32(light.ambient)
    if backdrop.kind == "studio":
        height = np.clip(rays[:, 1] * 2, -0.5, 1.0)[:, None]
        return (np.array(backdrop.floor.colour, np.float32) * glow * (1 - 0.25 * height)).astype(np.float32)
    points = eye + rays * np.minimum(distance, 60)[:, None]
    across = points @ np.array([wall[2], 0, -wall[0]], np.float32)
    shade = 1 + relief(backdrop.wall.kind, across, points[:, 1], backdrop.wall.scale)
    albedo = np.clip(np.array(backdrop.wall.colour, np.float32) * shade[:, None], 0.01, 0.95)
    falloff = 1 - 0.25 * np.clip(np.abs(points[:, 1]) / 6, 0, 1)
    return (albedo * glow * falloff[:, None]).astype(np.float32)


def _sky(backdrop: Backdrop, rays: Floats) -> Floats:
    """Sky with clouds, above a line of trees."""
    azimuth = np.arctan2(rays[:, 0], -rays[:, 2])
    height = rays[:, 1] / np.sqrt(np.einsum("ij,ij->i", rays, rays))
    sky = np.array(backdrop.sky, np.float32)
    clear = sky + (1 - sky) * np.exp(-5 * np.clip(height, 0, 1))[:, None]
    clouds = 0.10 * np.clip(noise2(azimuth * 4 + 9, height * 9, 70), 0, 1.5)
    light = clear + clouds[:, None]
    if backdrop.trees > 0:
        line = backdrop.trees + 0.035 * noise2(azimuth * 6, np.full_like(azimuth, 3.0), 40)
        leaves = np.array([0.10, 0.20, 0.06]) * (1 + 0.35 * noise2(azimuth * 60, height * 60, 30))[:, None]
        share = np.clip((line - height) * 120, 0, 1)[:, None]
        light = light + (np.maximum(leaves, 0.01) - light) * share
    clipped: Floats = np.clip(light, 0, 1.2).astype(np.float32)
    return clipped


def _seamless(floor: Floats, backdrop: Backdrop, light: Light, distance: Floats) -> Floats:
    """A studio's floor runs into its background without an edge."""
    glow = np.array(light.colour, np.float32) * np.float32(0.5 * light.key) + np.float32(light.ambient)
    far = np.clip((distance - 4) / 10, 0, 1)[:, None]
    return (floor * (1 - far) + np.array(backdrop.floor.colour, np.float32) * glow * far).astype(np.float32)


def _photograph(backdrop: Backdrop, camera: Camera) -> Floats:
    """A crop of the user's photograph, in linear light."""
    whole = _load(backdrop.photo)
    left, top, zoom = backdrop.crop
    factor = max(camera.height / whole.shape[0], camera.width / whole.shape[1]) * zoom
    size = (max(round(whole.shape[1] * factor), camera.width), max(round(whole.shape[0] * factor), camera.height))
    resized = cv2.resize(whole, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    row = int(top * (size[1] - camera.height))
    column = int(left * (size[0] - camera.width))
    crop = resized[row : row + camera.height, column : column + camera.width]
    crop = crop[:, ::-1] if camera.mirrored else crop
    return to_linear(crop / 255).astype(np.float32)


@lru_cache(maxsize=32)
def _load(path: str) -> NDArray[np.uint8]:
    pixels = images.read_rgb(Path(path))
    scale = PHOTO_SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
