"""Staging: draw a whole scene at random, each of its factors from its own stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from hpefair.arrays import Array
from hpefair.synthetic.body.articulation import bone_turns, forward_kinematics
from hpefair.synthetic.body.body import load_body
from hpefair.synthetic.body.rotations import UP, turn
from hpefair.synthetic.clothes.colour import triple
from hpefair.synthetic.clothes.props import clutter, seat, walls
from hpefair.synthetic.person import Person
from hpefair.synthetic.picture.scene import Camera, Scene
from hpefair.synthetic.picture.surroundings import draw_backdrop, draw_lens, draw_light
from hpefair.synthetic.population import Population, draw_person
from hpefair.synthetic.streams import Streams

Rng = np.random.Generator

CROWD_SHARES: Final = (0.78, 0.15, 0.05, 0.02)  # one to four people
SEAT_SHARE: Final = (0.23, 0.29)  # height of a seat, parts of stature
SEPARATION: Final = 0.34  # people keep this distance, parts of their summed statures


@dataclass(frozen=True)
class Setting:
    """What a set of pictures has in common.

    Attributes:
        population: Shares of the groups.
        size: Pixels a side.
        crowds: Shares of pictures with one, two, … people.
        photos: Background photographs that the user supplies; they should show nobody.
    """

    population: Population = field(default_factory=Population)
    size: int = 256
    crowds: tuple[float, ...] = CROWD_SHARES
    photos: tuple[Path, ...] = ()


def stage(streams: Streams, setting: Setting, wanted: Mapping[str, str] = MappingProxyType({})) -> Scene:
    """A scene at random.

    Args:
        streams: Random streams of the picture.
        setting: What the set has in common.
        wanted: Groups that are asked of the principal person; `pose` asks for a kind of pose.
    """
    population = setting.population
    others = int(streams.of("crowd").choice(len(setting.crowds), p=setting.crowds))
    principal = _placed(draw_person(streams, "p0", population, wanted), streams.of("p0", "facing"))
    outline = _outline(principal)
    camera = _camera(streams.of("camera"), outline, principal.stature_m, setting.size)
    people, props = [principal], [*seat(principal)]
    for number in range(1, others + 1):
        person = _placed(draw_person(streams, f"p{number}", population, {}), streams.of(f"p{number}", "facing"))
        place = _free_place(streams.of(f"p{number}", "place"), person, people, camera)
        if place is not None:
            people.append(replace(person, place=place))
            props += seat(people[-1])
    props += walls(people) + clutter(streams.of("props"), outline, camera)
    contrasts = [population.draw("contrast", streams, wanted if k == 0 else {}, f"p{k}") for k in range(len(people))]
    reach = max(float(np.hypot(*person.place)) + 0.7 * person.stature_m for person in people)
    return Scene(
        camera=camera,
        light=draw_light(streams.of("light")),
        backdrop=draw_backdrop(streams.of("backdrop"), setting.photos, principal.stature_m),
        props=tuple(props),
        lens=draw_lens(streams.of("lens")),
        people=tuple(people),
        span=max(reach, 1.3),
        contrasts=tuple(contrasts),
    )


def _placed(person: Person, rng: Rng) -> Person:
    """Facing and seat: half the people look roughly at the camera, the others anywhere."""
    roughly, anywhere, coin = rng.normal(0, 50), rng.uniform(-180, 180), rng.random()
    facing = float(roughly if coin < 0.5 else anywhere)
    if person.posture.kind == "climb":
        facing = 180 + float(np.clip(facing / 3, -60, 60))  # the wall is in front of the climber
    seat = person.stature_m * (SEAT_SHARE[0] + (SEAT_SHARE[1] - SEAT_SHARE[0]) * rng.random())
    return replace(person, facing=facing, seat_m=seat if person.posture.support == "seat" else 0.0)


def _outline(person: Person) -> Array:
    """Bone heads (B, 3) of a person where it will stand: what the camera is aimed by."""
    body, fit = load_body(), person.fitted()
    heads = body.rest(fit.phenotype, fit.sliders)[body.n_vertices :].astype(float)
    turns = bone_turns(person.posture, dict(zip(body.bones, heads, strict=True)), fit.stature_m)
    posed = forward_kinematics(body, heads, turns).heads @ turn(UP, person.facing).T
    posed[:, [0, 2]] += np.array(person.place) - posed[:, [0, 2]].mean(axis=0)
    floor = 0.045 * fit.stature_m
    if person.posture.support == "seat":
        floor = person.seat_m - person.stature_m * 0.26 + floor
    elif person.posture.support == "air":
        floor += person.posture.clearance * fit.stature_m
    posed[:, 1] += floor - posed[:, 1].min()
    return posed


def _camera(rng: Rng, outline: Array, stature_m: float, size: int) -> Camera:
    """A camera that shows the outline at a random size; one picture in eight cuts it off."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    centre = (low + high) / 2 + [0, 0.03 * stature_m, 0]
    extent = max(float(np.linalg.norm(high - low)) / 2, 0.35 * stature_m) + 0.06 * stature_m
    field_of_view = float(rng.uniform(26, 60))
    elevation = np.radians(np.clip(rng.normal(6, 9), -10, 38))
    choice, fill = rng.random(), float(rng.uniform(0.62, 0.98))
    shift = rng.normal(0, 0.10, 2)
    if choice < 0.15:  # far away
        fill, shift = fill * float(rng.uniform(0.4, 0.7)), shift * 4
    distance = extent / np.tan(np.radians(field_of_view) / 2) / fill
    target = centre + extent * np.array([shift[0], shift[1] * 0.5, 0.0])
    if choice > 0.875:  # cut off
        distance *= float(rng.uniform(0.45, 0.65))
        target[1] += float(rng.uniform(-0.1, 0.4)) * (high[1] - low[1])
    eye = target + distance * np.array([0.0, np.sin(elevation), np.cos(elevation)])
    eye[1] = max(eye[1], 0.2)
    return Camera(triple(eye), triple(target), float(rng.normal(0, 2.5)), field_of_view, size, size)


def _free_place(rng: Rng, person: Person, people: list[Person], camera: Camera) -> tuple[float, float] | None:
    """A place alongside, behind or before the others, within the picture; None if eight tries find none."""
    distance = camera.eye[2]
    for _ in range(8):
        depth = float(rng.uniform(-2.2, 0.7)) * min(1.0, distance / 3)
        half = (distance - depth) * np.tan(np.radians(camera.field_of_view) / 2)
        across = float(camera.target[0] + rng.uniform(-0.85, 0.85) * half)
        apart = [np.hypot(across - p.place[0], depth - p.place[1]) / (p.stature_m + person.stature_m) for p in people]
        # Whoever lies or leans needs more room than whoever stands.
        needed = [SEPARATION * (1.4 if _sprawls(p) or _sprawls(person) else 0.6) for p in people]
        if all(a >= n for a, n in zip(apart, needed, strict=True)) and distance - depth > 0.9:
            return across, depth
    return None


def _sprawls(person: Person) -> bool:
    return abs(person.posture.pitch) > 30 or abs(person.posture.roll) > 30 or person.posture.kind == "sit_on_floor"
