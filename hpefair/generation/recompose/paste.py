"""A person among the people of another scene: on their ground, at their size, before some and behind others."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask, Pixels
from hpefair.attributes.measured.lab import to_lab
from hpefair.generation.protocol import AnnotatedPerson
from hpefair.generation.recompose.carrying import covered, moved_layer, placed
from hpefair.generation.recompose.cloth import is_grey
from hpefair.generation.recompose.contact import darkened
from hpefair.generation.recompose.exchange import Cutout, blended, exposed
from hpefair.generation.recompose.grain import grained, grey_of, noise
from hpefair.generation.recompose.matting import matte
from hpefair.generation.recompose.movable import feet_row, stature
from hpefair.generation.recompose.perspective import Perspective, Standing
from hpefair.generation.recompose.shot import Shot, union

Floats = NDArray[np.float32]

LARGEST: Final = 1.25  # enlargement of a cut-out; more would look soft
LEAST_VISIBLE: Final = 0.3  # share of everybody's outline that must stay in sight
LEAST_OF_PASTED: Final = 0.6  # of the pasted person, who is the one that is asked for
LEAST_JOINTS: Final = 8  # that stay visible of the pasted person
SMALLEST_PX2: Final = 64.0**2  # a pasted person is large enough to learn from
PLACES: Final = 30
NEARBY: Final = (0.25, 2.2)  # statures to the side of somebody who stands there
DEPTHS: Final = (-0.04, 0.35)  # statures, in rows, behind or before that person
SAME_GROUND: Final = 16.0  # CIELAB distance of the ground at both places


@dataclass(frozen=True)
class Scene:
    """Where somebody can be pasted.

    Attributes:
        pixels: Picture (H, W, 3).
        people: Everybody in it.
        source: Id of the image.
        license: Name of its licence.
    """

    pixels: Pixels
    people: tuple[AnnotatedPerson, ...]
    source: str
    license: str


@dataclass(frozen=True)
class Order:
    """Everybody after somebody joined them.

    Attributes:
        person: Who joined.
        others: The people of the scene.
        before: Union (H, W) of those nearer to the camera.
        nearer: How many they are.
    """

    person: AnnotatedPerson
    others: tuple[AnnotatedPerson, ...]
    before: Mask
    nearer: int


def paste(cutout: Cutout, scene: Scene, rng: np.random.Generator) -> Shot | None:
    """The person in the scene; None where no plausible place is found.

    Args:
        cutout: Somebody who can stand anywhere (`movable.pasteable`).
        scene: The scene.
        rng: Randomness.
    """
    shot = cutout.shot
    ground, tall = Perspective.of([one.keypoints for one in scene.people]), stature(shot.person.keypoints)
    if ground is None or tall is None or is_grey(shot.pixels) != is_grey(scene.pixels):
        return None
    lab = to_lab(scene.pixels)
    for _ in range(PLACES):
        near = ground.standing[int(rng.integers(len(ground.standing)))]
        feet = near.feet + float(rng.uniform(*DEPTHS)) * near.height
        column = near.column + float(rng.choice([-1, 1]) * rng.uniform(*NEARBY)) * near.height
        scale = ground.height_at(feet) / tall
        shift = _shift(shot.person, scale, column, feet)
        if not 0 < scale <= LARGEST or not _same_ground(lab, scene, near, column, feet):
            continue
        joined = join(placed(shot.person, scale, shift, scene.pixels.shape[:2]), scene.people, feet)
        if joined is not None and shot.person.mask.sum() * scale**2 * 0.98 <= _drawn(shot.person, scale, shift, scene):
            pixels = _composed(cutout, scene, joined, scale, shift, rng)
            words = (
                f"pasted into {scene.source} at {scale:.2f} of the size, "
                f"behind {joined.nearer} and before {len(joined.others) - joined.nearer} people"
            )
            return Shot(
                pixels,
                joined.person,
                joined.others,
                (*shot.sources, scene.source),
                (*shot.licenses, scene.license),
                "; ".join(filter(None, [shot.operation, words])),
            )
    return None


def join(person: AnnotatedPerson, people: tuple[AnnotatedPerson, ...], feet: float) -> Order | None:
    """Who hides whom, by whose feet are lower; None where somebody would be mostly hidden.

    Args:
        person: Who joins, in pixels of the scene.
        people: The people of the scene.
        feet: Row of the joining person's feet.
    """
    nearer = [feet_row(other) > feet for other in people]
    in_front = [other.mask for other, is_nearer in zip(people, nearer, strict=True) if is_nearer]
    before = union(in_front, person.mask.shape)
    joined = covered(person, before)
    size = np.count_nonzero(joined.mask)
    visible = int((joined.keypoints[:, 2] == 2).sum())
    if size < max(LEAST_OF_PASTED * np.count_nonzero(person.mask), SMALLEST_PX2) or visible < LEAST_JOINTS:
        return None
    others = []
    for other, is_nearer in zip(people, nearer, strict=True):
        seen = other if is_nearer else covered(other, joined.mask)
        if np.count_nonzero(seen.mask) < LEAST_VISIBLE * np.count_nonzero(other.mask):
            return None
        others.append(seen)
    return Order(joined, tuple(others), before, sum(nearer))


def _shift(person: AnnotatedPerson, scale: float, column: float, feet: float) -> Array:
    """Place (2,) of the cut-out's corner so that the feet come to stand there."""
    middle = person.bbox[0] + person.bbox[2] / 2
    return np.array([column - scale * middle, feet - scale * (feet_row(person) + 1)])


def _drawn(person: AnnotatedPerson, scale: float, shift: Array, scene: Scene) -> int:
    """Pixels of the scaled mask that lie inside the scene."""
    return int(np.count_nonzero(placed(person, scale, shift, scene.pixels.shape[:2]).mask))


def _same_ground(lab: NDArray[np.float32], scene: Scene, near: Standing, column: float, feet: float) -> bool:
    """Whether the ground looks the same at the new place and where somebody stands: no water, no table."""
    people = union([person.mask for person in scene.people], lab.shape[:2])
    there = _patch(lab, people, near.column, near.feet, near.height)
    here = _patch(lab, people, column, feet, near.height)
    return there is not None and here is not None and bool(np.linalg.norm(there - here) < SAME_GROUND)


def _patch(lab: NDArray[np.float32], people: Mask, column: float, feet: float, height: float) -> Array | None:
    """Median colour (3,) of the ground around a pair of feet; None outside the picture."""
    rows = slice(max(int(feet - 0.04 * height), 0), max(int(feet + 0.05 * height), 0) + 1)
    columns = slice(max(int(column - 0.25 * height), 0), max(int(column + 0.25 * height), 0) + 1)
    patch = lab[rows, columns][~people[rows, columns]]
    colour: Array = np.median(patch, axis=0).astype(float) if len(patch) >= 12 else np.zeros(0)
    return colour if len(colour) else None


def _composed(
    cutout: Cutout, scene: Scene, joined: Order, scale: float, shift: Array, rng: np.random.Generator
) -> Pixels:
    size = scene.pixels.shape[:2]
    share = cutout.opacity[..., None]
    layer = moved_layer(np.concatenate([cutout.colours * share, share], axis=2), scale, shift, size)
    opacity = np.clip(layer[..., 3], 0, 1)
    front: Floats = (layer[..., :3] / np.maximum(layer[..., 3:], 1e-3)).astype(np.float32)
    whole = opacity > 0.95
    behind = scene.pixels.astype(np.float32)
    around = union([person.mask for person in scene.people], size)
    ground = darkened(behind, joined.person.keypoints, joined.person.mask, float(joined.person.bbox[3]))
    behind = np.where(around[..., None], behind, ground)
    front = exposed(front, float(front[whole].mean()), float(scene.pixels[around].mean()))
    everywhere = np.ones(cutout.opacity.shape, dtype=bool)
    own = min(scale, 1.0) * noise(
        grey_of(cutout.shot.pixels.astype(np.float32)), everywhere
    )  # shrinking averages grain away
    front = grained(front, own, noise(grey_of(behind), ~around), rng)
    if (joined.before & (opacity > 0)).any():
        opacity = opacity * (1 - matte(scene.pixels, joined.before))
    pixels = blended(front, behind, opacity)
    return np.where(opacity[..., None] > 0, pixels, np.rint(behind).astype(np.uint8))
