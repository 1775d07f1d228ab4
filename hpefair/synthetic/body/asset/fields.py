"""Coordinates of the body's own surface, on which garments, hair and body parts are cut: the same for every shape."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array

# Body parts, in the order of the `part` field. Sides are the person's own.
PARTS: Final = (
    "head", "torso", "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm",
    "left_thigh", "right_thigh", "left_shin", "right_shin",
)  # fmt: skip
NOT_ARM: Final = -0.35  # value of the arm coordinate on the torso


@dataclass(frozen=True)
class Template:
    """The neutral young adult in rest pose, in metres.

    Attributes:
        points: Vertices (N, 3).
        joints: Head of every bone (3,), by name.
        weights: Skinning weight of every vertex (N,), by bone.
        keypoints: COCO-17 keypoints (17, 3).
    """

    points: Array
    joints: dict[str, Array]
    weights: dict[str, Array]
    keypoints: Array


def surface_fields(body: Template) -> dict[str, Array]:
    """All fields by name, one value per vertex (N,).

    Returns:
        `arm`: 0 at the shoulder, 1 at the elbow, 2 at the wrist, negative off the arms. `level`: 0 at the ankle, 1 at
        the knee, 2 hip, 3 waist, 4 shoulder, 4.5 neck. `scalp`: metres above the hairline, negative where no hair
        grows. `ear`: 1 on the ears. `part`: index into `PARTS`.
    """
    arm_weight = sum(w for bone, w in body.weights.items() if _of_arm(bone)) + np.zeros(len(body.points))
    return {
        "arm": _arm(body, arm_weight),
        "level": _level(body, arm_weight),
        "scalp": _scalp(body),
        "ear": _ear(body).astype(float),
        "part": _part(body),
    }


def _of_arm(bone: str) -> bool:
    return bone.startswith(("upperarm", "lowerarm", "wrist", "finger", "metacarpal"))


def _arm(body: Template, arm_weight: Array) -> Array:
    along = np.where(body.points[:, 0] > 0, _along_arm(body, "L"), _along_arm(body, "R"))
    ease = np.clip(arm_weight / 0.5, 0, 1)
    ease = ease * ease * (3 - 2 * ease)
    return NOT_ARM * (1 - ease) + np.maximum(along, NOT_ARM) * ease


def _along_arm(body: Template, side: str) -> Array:
    shoulder, elbow, wrist = (body.joints[f"{bone}.{side}"] for bone in ("upperarm01", "lowerarm01", "wrist"))
    upper = (body.points - shoulder) @ (elbow - shoulder) / np.sum((elbow - shoulder) ** 2)
    lower = (body.points - elbow) @ (wrist - elbow) / np.sum((wrist - elbow) ** 2)
    return np.where(lower > 0, 1 + lower, np.minimum(upper, 1))


def _level(body: Template, arm_weight: Array) -> Array:
    bones = ("foot.L", "lowerleg01.L", "upperleg01.L", "spine03", "upperarm01.L", "neck01")
    ankle, knee, hip, waist, shoulder, neck = (body.joints[bone][1] for bone in bones)
    heights = [ankle - 0.12, ankle, knee, hip, waist, shoulder, neck + 0.03, neck + 0.3]
    level = np.interp(body.points[:, 1], heights, [-0.4, 0, 1, 2, 3, 4, 4.5, 6])
    return np.where(arm_weight > 0.5, 4.0, level)


def _scalp(body: Template) -> Array:
    """Height above a hairline that runs from the nape over the ears to the forehead."""
    eye, ear = body.keypoints[1], body.keypoints[3]
    forward = ear[2] + np.array([-0.045, -0.02, 0.004, 0.012, 0.04])
    height = ear[1] + np.array([-0.075, -0.045, -0.03, 0.015, 0.025])
    hairline = np.interp(
        body.points[:, 2],
        [*forward, eye[2] - 0.025, eye[2] + 0.03],
        [*height, eye[1] + 0.055, eye[1] + 0.066],
    )
    scalp = body.points[:, 1] - hairline
    on_head = (body.weights["head"] > 0.02) | (body.points[:, 1] > ear[1] - 0.1)
    return np.where(on_head & (body.points[:, 1] >= ear[1] - 0.09), scalp, -1.0)


def _ear(body: Template) -> NDArray[np.bool_]:
    flat = np.array([1.0, 0.8, 1.0])
    near = [np.linalg.norm((body.points - body.keypoints[k]) * flat, axis=1) < 0.038 for k in (3, 4)]
    ears: NDArray[np.bool_] = near[0] | near[1]
    return ears


def _part(body: Template) -> Array:
    bones = list(body.weights)
    strongest = np.argmax(np.stack([body.weights[bone] for bone in bones], axis=1), axis=1)
    return np.array([_part_of(bone) for bone in bones])[strongest].astype(float)


def _part_of(bone: str) -> int:
    side = "left" if bone.endswith(".L") else "right"
    if bone.startswith(("neck", "head")):
        return PARTS.index("head")
    if bone.startswith("upperarm"):
        return PARTS.index(f"{side}_upper_arm")
    if _of_arm(bone):
        return PARTS.index(f"{side}_forearm")
    if bone.startswith("upperleg"):
        return PARTS.index(f"{side}_thigh")
    if bone.startswith(("lowerleg", "foot")):
        return PARTS.index(f"{side}_shin")
    return PARTS.index("torso")
