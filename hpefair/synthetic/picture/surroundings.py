"""Surroundings at random: light, backdrop, lens."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from hpefair.synthetic.clothes.colour import triple
from hpefair.synthetic.clothes.texture import SURFACES
from hpefair.synthetic.person import Colour
from hpefair.synthetic.picture.scene import Backdrop, Lens, Light, Surface

Rng = np.random.Generator

BACKDROPS: Final = {"room": 0.45, "outdoor": 0.35, "studio": 0.20}
FLOORS: Final = ("brick", "grass", "gravel", "tiles", "planks", "plaster")
OUTDOOR_FLOORS: Final = ("grass", "gravel", "brick", "plaster")
WALLS: Final = tuple(surface for surface in SURFACES if surface not in ("grass", "gravel"))
PHOTO_SHARE: Final = 0.5  # of pictures, where the user gives photographs


def draw_light(rng: Rng) -> Light:
    """A lamp or sun from the front or the side."""
    key, ambient = float(rng.uniform(0.55, 1.1)), float(rng.uniform(0.25, 0.5))
    warmth = float(rng.normal(0, 0.06))
    colour = (1 + warmth, 1.0, 1 - warmth)
    return Light(float(rng.uniform(-100, 100)), float(rng.uniform(25, 70)), key, ambient, colour)


def draw_backdrop(rng: Rng, photos: tuple[Path, ...], stature_m: float) -> Backdrop:
    """A room, the outdoors, a studio, or a photograph.

    Args:
        rng: Randomness.
        photos: The user's photographs.
        stature_m: Stature of the principal person, the unit of the room's size.
    """
    kind = str(rng.choice(list(BACKDROPS), p=list(BACKDROPS.values())))
    floor = _floor(rng, kind)
    wall = Surface(str(rng.choice(WALLS)), _paint(rng), float(rng.uniform(0.7, 2.0)))
    chosen, left, top, zoom = rng.random(4)
    backdrop = Backdrop(
        kind=kind,
        floor=floor,
        wall=wall,
        wall_distance=float(rng.uniform(0.9, 3.5) * stature_m),
        yaw=float(rng.uniform(-30, 30)),
        sky=triple(np.array([0.42, 0.58, 0.88]) * rng.uniform(0.6, 1.1)),
        trees=float(rng.uniform(0.05, 0.16)) if rng.random() < 0.7 else 0.0,
        blur=float(rng.choice([0.0, 0.0, 0.8, 2.2])),
    )
    if photos and chosen < PHOTO_SHARE:
        photo = photos[int(chosen / PHOTO_SHARE * len(photos))]
        return replace(backdrop, kind="photo", photo=str(photo), crop=(float(left), float(top), 1 + 0.5 * float(zoom)))
    return backdrop


def _floor(rng: Rng, kind: str) -> Surface:
    floor = Surface(
        str(rng.choice(OUTDOOR_FLOORS if kind == "outdoor" else FLOORS)), _paint(rng), float(rng.uniform(0.7, 1.8))
    )
    green = float(rng.uniform(0.6, 1.6))
    if kind == "studio":
        return Surface("plain", floor.colour, 1.0)
    return replace(floor, colour=triple(np.array([0.10, 0.19, 0.05]) * green)) if floor.kind == "grass" else floor


def _paint(rng: Rng) -> Colour:
    """A wall colour: any lightness, mostly muted."""
    colour = rng.uniform(0.04, 0.8, 3)
    grey = colour.mean()
    return triple(grey + (colour - grey) * rng.uniform(0, 0.7))


def draw_lens(rng: Rng) -> Lens:
    """Exposure, blur and noise of an everyday camera."""
    return Lens(
        exposure=float(rng.uniform(0.75, 1.15)),
        defocus=float(rng.choice([0.0, 0.0, 0.5, 0.9])),
        motion=float(rng.uniform(2, 5)) if rng.random() < 0.12 else 0.0,
        motion_angle=float(rng.uniform(0, 180)),
        read_noise=float(rng.uniform(0.002, 0.012)),
        shot_noise=float(rng.uniform(0.0, 0.0004)),
        jpeg_quality=int(rng.integers(82, 97)),
        seed=int(rng.integers(2**31)),
    )
