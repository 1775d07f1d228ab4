"""How far off, and how often close enough: end-point error, PCK, PDJ, PCKh and PCP of people with their detection.

Predictions are (N, K, 2) with NaN for people who were not found. A person who was not found has every labelled joint
wrong in PCK and PCP, and no distance: distances are means over people who were found, and tables say how many.
"""

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.pose.skeleton import Skeleton

STICKS = {
    "head": (("neck",), ("head_top",)),
    "torso": (("neck", "thorax"), ("pelvis", "left_hip+right_hip")),
    **{f"{side}_upper_arm": ((f"{side}_shoulder",), (f"{side}_elbow",)) for side in ("left", "right")},
    **{f"{side}_lower_arm": ((f"{side}_elbow",), (f"{side}_wrist",)) for side in ("left", "right")},
    **{f"{side}_upper_leg": ((f"{side}_hip",), (f"{side}_knee",)) for side in ("left", "right")},
    **{f"{side}_lower_leg": ((f"{side}_knee",), (f"{side}_ankle",)) for side in ("left", "right")},
}


def joint_errors(keypoints: Array, predicted: Array) -> Array:
    """Distance of each labelled joint.

    Args:
        keypoints: Annotated keypoints (N, K, 3).
        predicted: Predicted keypoints (N, K, 2).

    Returns:
        Distances (N, K) in pixels; NaN for unlabelled joints and people who were not found.
    """
    distance = np.linalg.norm(predicted[..., :2] - keypoints[..., :2], axis=2)
    return np.where(keypoints[..., 2] > 0, distance, np.nan)


def correct_joints(keypoints: Array, predicted: Array, normalizer: Array, threshold: float) -> Array:
    """Whether each labelled joint lies within `threshold` times a person's normalizer.

    PCK with `normalizers.box_size`, PDJ (torso PCK) with `torso_length`, PCKh with `head_size`.

    Args:
        keypoints: Annotated keypoints (N, K, 3).
        predicted: Predicted keypoints (N, K, 2).
        normalizer: Lengths (N,).
        threshold: Share of the normalizer; a joint exactly there is correct, as in MPII's own code.

    Returns:
        1, 0, or NaN for unlabelled joints and people without a normalizer (N, K).
    """
    error = joint_errors(keypoints, predicted)
    right = (error <= threshold * normalizer[:, None]).astype(np.float64)
    return np.where((keypoints[..., 2] > 0) & ~np.isnan(normalizer)[:, None], right, np.nan)


def correct_parts(
    keypoints: Array, predicted: Array, skeleton: Skeleton, strict: bool
) -> tuple[tuple[str, ...], Array]:
    """Percentage of correct parts: sticks whose ends lie within half the stick's annotated length.

    Args:
        keypoints: Annotated keypoints (N, K, 3).
        predicted: Predicted keypoints (N, K, 2).
        skeleton: Their skeleton; sticks whose joints it lacks are left out.
        strict: Both ends must be within half the length (Ferrari et al., CVPR 2008); else their mean (the relaxed
            form that DeepPose and most of the tables published before 2014 use).

    Returns:
        Names of the sticks, and 1, 0 or NaN where an end is not labelled (N, sticks).
    """
    names, columns = [], []
    for name, (first, second) in STICKS.items():
        ends = [_first_known(options, skeleton) for options in (first, second)]
        if None in ends:
            continue
        truth = [_ends(keypoints[..., :2], keypoints[..., 2] > 0, end) for end in ends if end]
        guess = [_ends(predicted[..., :2], np.ones(predicted.shape[:2], dtype=bool), end) for end in ends if end]
        half = np.linalg.norm(truth[0] - truth[1], axis=1) / 2
        error = np.stack([np.linalg.norm(f - t, axis=1) for f, t in zip(guess, truth, strict=True)])
        inside = (error.max(axis=0) if strict else error.mean(axis=0)) <= half
        names.append(name)
        columns.append(np.where(half > 0, inside.astype(np.float64), np.nan))
    return tuple(names), np.stack(columns, axis=1)


def mean_per_joint_error(
    keypoints: Array, predicted: Array, labelled: NDArray[np.bool_], root: int | None = None
) -> Array:
    """Mean per-joint position error (MPJPE) of each person, in any number of dimensions.

    Args:
        keypoints: Annotated joints (N, K, 2 or 3).
        predicted: Predicted joints of the same shape.
        labelled: Joints that count (N, K).
        root: Joint that both skeletons are shifted to, as is usual in 3D; None in the plane, where this is the
            end-point error.

    Returns:
        Errors (N,) in the unit of the joints; NaN where nothing is labelled, or the root is asked for and is not.
    """
    if root is not None:
        usable = labelled[:, root]
        keypoints = np.where(usable[:, None, None], keypoints - keypoints[:, root : root + 1], np.nan)
        predicted = predicted - predicted[:, root : root + 1]
    return row_mean(np.where(labelled, np.linalg.norm(predicted - keypoints, axis=2), np.nan))


def row_mean(values: Array) -> Array:
    """Mean along the last axis over what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    mean: Array = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean


def pooled(values: Array) -> dict[str, float]:
    """The three means that are published under one name.

    Args:
        values: Correctness (N, K), NaN where undefined.

    Returns:
        `micro`: over all joints of all people (MPII's own total); `macro_people`: mean over people of their own mean;
        `macro_joints`: mean over joints of the joint's mean.
    """
    known = ~np.isnan(values)
    micro = float(values[known].mean()) if known.any() else float("nan")
    return {
        "micro": micro,
        "macro_people": float(row_mean(row_mean(values)[None])[0]),
        "macro_joints": float(row_mean(row_mean(values.T)[None])[0]),
    }


def _first_known(options: tuple[str, ...], skeleton: Skeleton) -> list[int] | None:
    for option in options:
        if set(option.split("+")) <= set(skeleton.joints):
            return [skeleton.index(joint) for joint in option.split("+")]
    return None


def _ends(points: Array, labelled: NDArray[np.bool_], joints: list[int]) -> Array:
    ends: Array = np.where(labelled[:, joints, None], points[:, joints], np.nan).mean(axis=1)
    return ends
