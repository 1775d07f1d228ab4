"""Things of a scene: seats, climbing walls, clutter, something in front."""

import numpy as np

from hpefair.arrays import Array
from hpefair.synthetic.body.rotations import UP, turn
from hpefair.synthetic.clothes.colour import triple
from hpefair.synthetic.person import Person
from hpefair.synthetic.picture.scene import Camera, Point, Prop

Rng = np.random.Generator


def seat(person: Person) -> list[Prop]:
    """The box that a seated person sits on."""
    if person.posture.support != "seat":
        return []
    side = 0.30 * person.stature_m
    x, z = person.place
    back = turn(UP, person.facing) @ np.array([0, 0, -0.10 * person.stature_m])
    centre = (float(x + back[0]), person.seat_m / 2, float(z + back[2]))
    return [Prop("box", centre, (side, person.seat_m, side), person.facing, (0.22, 0.16, 0.11))]


def walls(people: list[Person]) -> list[Prop]:
    """The walls that climbers hang on."""
    props = []
    for person in people:
        if person.posture.kind == "climb":
            front = turn(UP, person.facing) @ np.array([0, 0, 0.34 * person.stature_m])
            height = 1.7 * person.stature_m
            centre = (float(person.place[0] + front[0]), height / 2, float(person.place[1] + front[2]))
            props.append(Prop("box", centre, (1.2 * person.stature_m, height, 0.12), person.facing, (0.35, 0.33, 0.30)))
    return props


def clutter(rng: Rng, outline: Array, camera: Camera) -> list[Prop]:
    """Things in the background, and one picture in five with something before the person."""
    centre, extent = outline.mean(axis=0), float(np.linalg.norm(np.ptp(outline, axis=0))) / 2
    before, several = rng.random(), int(rng.integers(1, 4))
    props = []
    if rng.random() < 0.5:
        for _ in range(several):
            x = centre[0] + rng.choice([-1, 1]) * rng.uniform(0.8, 2.2) * extent
            size = rng.uniform([0.2, 0.3, 0.2], [0.7, 1.3, 0.6]) * extent
            place = (float(x), float(size[1] / 2), float(centre[2] - rng.uniform(0.9, 2.4) * extent))
            props.append(_thing(rng, place, size))
    if before < 0.2:
        share = float(rng.uniform(0.25, 0.45))
        towards = np.array(camera.eye) - centre
        middle = centre + share * towards
        size = rng.uniform([0.15, 0.4, 0.1], [0.5, 0.95, 0.4]) * extent
        place = (float(middle[0] + rng.normal(0, 0.3) * extent), float(size[1] / 2), float(middle[2]))
        props.append(_thing(rng, place, size))
    return props


def _thing(rng: Rng, place: Point, size: Array) -> Prop:
    kind = ("box", "box", "cylinder", "ball")[int(rng.integers(4))]
    if kind == "ball":
        size = np.full(3, size.min())
        place = (place[0], float(size[1] / 2), place[2])
    colour = rng.uniform(0.06, 0.7, 3) * rng.uniform(0.4, 1)
    return Prop(kind, place, triple(size), float(rng.uniform(0, 90)), triple(colour))
