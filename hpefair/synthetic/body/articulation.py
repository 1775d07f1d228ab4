"""Articulation: from a posture to the rotation of every bone, and forward kinematics with linear blend skinning."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hpefair.arrays import Array, Floats
from hpefair.synthetic.body.body import BodyModel
from hpefair.synthetic.body.posture import Arm, Leg, Posture
from hpefair.synthetic.body.rotations import FORWARD, LEFT, UP, frame, shortest_turn, turn, two_bone, unit

Joints = Mapping[str, Array]

FINGERS = (2, 3, 4, 5)


@dataclass(frozen=True)
class Skeleton3D:
    """Posed bones.

    Attributes:
        turns: Global rotation of every bone (B, 3, 3).
        heads: Posed head of every bone (B, 3), metres.
    """

    turns: Array
    heads: Array


def bone_turns(posture: Posture, joints: Joints, stature: float) -> dict[str, Array]:
    """Rotation of every moved bone (3, 3), in rest axes relative to its parent.

    Args:
        posture: The posture.
        joints: Head of every bone (3,) at rest, metres.
        stature: Stature in metres, the unit of reaching.
    """
    trunk = posture.trunk
    spine = turn(LEFT, trunk.spine_flexion / 3) @ turn(FORWARD, -trunk.spine_side / 3) @ turn(UP, trunk.spine_twist / 3)
    neck = turn(LEFT, trunk.neck_flexion / 2) @ turn(FORWARD, -trunk.neck_side / 2) @ turn(UP, trunk.neck_twist / 2)
    turns = {"root": turn(FORWARD, -posture.roll) @ turn(LEFT, posture.pitch)}
    turns |= dict.fromkeys(("spine04", "spine03", "spine02"), spine) | dict.fromkeys(("neck02", "head"), neck)
    for side, sign, arm, leg in (
        (".L", 1.0, posture.left_arm, posture.left_leg),
        (".R", -1.0, posture.right_arm, posture.right_leg),
    ):
        own = {bone.removesuffix(side): head for bone, head in joints.items() if bone.endswith(side)}
        turned = _leg(leg, own, sign, turns["root"]) | _arm(arm, own, {**joints, **own}, sign, stature)
        turns |= {f"{bone}{side}": rotation for bone, rotation in turned.items()}
    return turns


def _leg(leg: Leg, own: Joints, sign: float, root: Array) -> dict[str, Array]:
    """Thigh, shin and foot of one leg; the hinge of the knee is the body's left axis, turned with the thigh."""
    thigh, shin = unit(own["lowerleg01"] - own["upperleg01"]), unit(own["foot"] - own["lowerleg01"])
    swing = turn(FORWARD, sign * leg.hip_abduction) @ turn(LEFT, -leg.hip_flexion)
    outward = turn(UP, sign * leg.hip_rotation)
    along = swing @ -UP
    hinge = swing @ outward @ LEFT
    hinge = unit(hinge - along * (hinge @ along))
    lower = turn(hinge, leg.knee_flexion) @ along
    whole_thigh = frame(along, hinge) @ frame(thigh, LEFT).T
    whole_shin = frame(lower, hinge) @ frame(shin, LEFT).T
    if leg.flat:
        facing = outward @ swing @ LEFT
        level = turn(UP, float(np.degrees(np.arctan2(-facing[2], facing[0]))))
        foot = whole_shin.T @ root.T @ level @ turn(LEFT, leg.ankle_flexion)
    else:
        foot = turn(LEFT, -leg.ankle_flexion)
    return {"upperleg01": whole_thigh, "lowerleg01": whole_thigh.T @ whole_shin, "foot": foot}


def _arm(arm: Arm, own: Joints, joints: Joints, sign: float, stature: float) -> dict[str, Array]:
    """Collar bone, upper arm, forearm, wrist and fingers of one arm."""
    upper, lower = unit(own["lowerarm01"] - own["upperarm01"]), unit(own["wrist"] - own["lowerarm01"])
    rest_hinge = unit(np.cross(upper, lower))
    collar = turn(FORWARD, sign * arm.clavicle)
    if arm.reach:
        outward = np.array([sign, 1.0, 1.0])
        landmark = joints[arm.reach.landmark.removesuffix(".")]
        target = landmark + np.array(arm.reach.offset) * outward * stature
        shoulder = own["clavicle"] + collar @ (own["upperarm01"] - own["clavicle"])
        lengths = (
            float(np.linalg.norm(own["lowerarm01"] - own["upperarm01"])),
            float(np.linalg.norm(own["wrist"] - own["lowerarm01"])),
        )
        along, below = two_bone(shoulder, target, np.array(arm.reach.pole) * outward, lengths)
        hinge = np.cross(along, below)
        hinge = unit(hinge) if np.linalg.norm(hinge) > 1e-3 else rest_hinge
    else:
        along = turn(FORWARD, sign * arm.shoulder_abduction) @ turn(LEFT, -arm.shoulder_flexion) @ -UP
        hinge = turn(along, sign * arm.swivel) @ shortest_turn(upper, along) @ rest_hinge
        hinge = unit(hinge - along * (hinge @ along))
        below = turn(hinge, arm.elbow_flexion) @ along
    whole_upper = frame(along, hinge) @ frame(upper, rest_hinge).T
    whole_lower = frame(below, hinge) @ frame(lower, rest_hinge).T
    # The twist of the upper arm is spread over its second bone, or the shoulder would wring like a cloth.
    swing = shortest_turn(upper, along)
    half_pronation = turn(lower, sign * arm.pronation / 2)
    turns = {
        "clavicle": collar,
        "upperarm01": collar.T @ swing,
        "upperarm02": swing.T @ whole_upper,
        "lowerarm01": whole_upper.T @ whole_lower,
        "lowerarm02": half_pronation,
        "wrist": half_pronation,
    }
    across = unit(own["finger5-1"] - own["finger2-1"])
    bent = turn(across, sign * arm.curl)
    return turns | {f"finger{finger}-{knuckle}": bent for finger in FINGERS for knuckle in (1, 2, 3)}


def forward_kinematics(body: BodyModel, heads: Array, turns: Mapping[str, Array]) -> Skeleton3D:
    """Pose the bones of a body at rest.

    Args:
        body: The body model.
        heads: Heads of its bones at rest (B, 3).
        turns: From `bone_turns`.
    """
    whole = np.zeros((len(body.bones), 3, 3))
    posed = np.zeros((len(body.bones), 3))
    for index, (bone, parent) in enumerate(zip(body.bones, body.parents, strict=True)):
        own = turns.get(bone)
        if parent < 0:
            whole[index], posed[index] = np.eye(3) if own is None else own, heads[index]
        else:
            whole[index] = whole[parent] if own is None else whole[parent] @ own
            posed[index] = posed[parent] + whole[parent] @ (heads[index] - heads[parent])
    return Skeleton3D(whole, posed)


def skin(body: BodyModel, rest: Floats, heads: Array, skeleton: Skeleton3D) -> Floats:
    """Linear blend skinning: posed vertices (N, 3) of resting vertices (N, 3)."""
    shift = skeleton.heads - np.einsum("bij,bj->bi", skeleton.turns, heads)
    bones = np.concatenate([skeleton.turns, shift[:, :, None]], axis=2).reshape(-1, 12).astype(np.float32)
    blended = (body.weights @ bones).reshape(-1, 3, 4)
    posed: Floats = np.einsum("vij,vj->vi", blended[:, :, :3], rest) + blended[:, :, 3]
    return posed
