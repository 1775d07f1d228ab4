"""A person as geometry: the posed, dressed mesh in the scene, and the exact place of every joint."""

from dataclasses import dataclass

import numpy as np

from hpefair.arrays import Array, Floats
from hpefair.core.pose.skeletons import COCO_17
from hpefair.synthetic.body.articulation import Skeleton3D, bone_turns, forward_kinematics, skin
from hpefair.synthetic.body.body import KEYPOINT_LIFT, BodyModel, load_body
from hpefair.synthetic.body.rotations import UP, turn
from hpefair.synthetic.clothes.garments import POSITION, Layer, layers
from hpefair.synthetic.person import Person

SEATED_LEVELS = (1.3, 2.4)  # surface levels of thighs and buttocks: what meets a seat


@dataclass(frozen=True)
class Figure:
    """A posed, dressed person in scene coordinates: metres, Y up, floor at 0.

    Attributes:
        layers: Meshes by material.
        joints: COCO-17 joints (17, 3).
        radii: Distance (17,) in metres from each joint to the surface around it.
        stature_m: Stature at rest.
        bmi: BMI at rest.
    """

    layers: tuple[Layer, ...]
    joints: Array
    radii: Array
    stature_m: float
    bmi: float

    def points(self) -> Floats:
        """All vertices (N, 3)."""
        return np.concatenate([layer.values[:, POSITION] for layer in self.layers])


def build_figure(person: Person) -> Figure:
    """Shape, pose, dress and place a person."""
    body, fit = load_body(), person.fitted()
    rest = body.rest(fit.phenotype, fit.sliders)
    heads = rest[body.n_vertices :].astype(float)
    turns = bone_turns(person.posture, dict(zip(body.bones, heads, strict=True)), fit.stature_m)
    skeleton = forward_kinematics(body, heads, turns)
    posed = skin(body, rest[: body.n_vertices], heads, skeleton)
    joints = _joints(body, posed, skeleton, fit.stature_m)
    dressed = layers(person, posed, fit.stature_m)
    rotation, shift = _placement(person, posed, dressed, joints, fit.stature_m)
    placed = [Layer(_moved(layer.values, rotation, shift), layer.faces, layer.material) for layer in dressed]
    radii = _radii(body, posed, joints)
    return Figure(tuple(placed), joints @ rotation.T + shift, radii, fit.stature_m, fit.bmi)


def _joints(body: BodyModel, posed: Floats, skeleton: Skeleton3D, stature_m: float) -> Array:
    """COCO-17 joints (17, 3): Anny's regressor, with hips and shoulders lifted to where annotators click."""
    joints: Array = np.asarray(body.regressor @ posed, dtype=float)
    for k, name in enumerate(COCO_17.joints):
        side, _, joint = name.partition("_")
        if joint in KEYPOINT_LIFT:
            bone, lift = KEYPOINT_LIFT[joint]
            turned = skeleton.turns[body.bone(f"{bone}.{side[0].upper()}")]
            joints[k] += turned @ UP * lift * stature_m
    return joints


def _radii(body: BodyModel, posed: Floats, joints: Array) -> Array:
    cells = body.regressor.tocoo()
    distances = np.linalg.norm(posed[cells.col] - joints[cells.row], axis=1) * cells.data
    return np.bincount(cells.row, distances, minlength=len(joints)).astype(float)


def _placement(
    person: Person, posed: Floats, dressed: list[Layer], joints: Array, stature_m: float
) -> tuple[Array, Array]:
    """Rotation (3, 3) and shift (3,) that put the body on its support, facing where it should."""
    rotation = turn(UP, person.facing)
    shift = np.array([*person.place, 0.0])[[0, 2, 1]]
    centre = rotation @ joints[5:].mean(axis=0)
    shift[[0, 2]] -= centre[[0, 2]]
    lowest = min(float(layer.values[:, 1].min()) for layer in dressed)
    if person.posture.support == "seat":
        shift[1] = person.seat_m - _seat_contact(posed)
    else:
        shift[1] = -lowest + (person.posture.clearance * stature_m if person.posture.support == "air" else 0.0)
    return rotation, shift


def _seat_contact(posed: Floats) -> float:
    """Height of the underside of thighs and buttocks."""
    body = load_body()
    level = body.fields["level"][body.surfaces["body"]]
    under = (level > SEATED_LEVELS[0]) & (level < SEATED_LEVELS[1]) & (body.fields["arm"][body.surfaces["body"]] < 0)
    return float(np.quantile(posed[body.surfaces["body"], 1][under], 0.04))


def _moved(values: Floats, rotation: Array, shift: Array) -> Floats:
    moved = values.copy()
    moved[:, POSITION] = values[:, POSITION] @ rotation.T.astype(np.float32) + shift.astype(np.float32)
    return moved
