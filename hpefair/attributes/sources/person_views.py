"""What the attribute classifier sees of a person: the box, the upright head, and the keypoints as shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask, Pixels
from hpefair.core.pose.skeletons import COCO_17

BODY_SIZE, HEAD_SIZE = (64, 96), (64, 64)  # width, height
BODY_CONTEXT: Final = 1.15  # window over box
GREY: Final = (123.7, 116.3, 103.5)  # ImageNet's mean colour, where there is nothing to see
SHRINK_BELOW: Final = 0.7  # smaller scales are averaged before they are warped

FACE, SHOULDERS, HIPS = (0, 1, 2, 3, 4), (5, 6), (11, 12)
LIMBS: Final = (
    (1, 2), (3, 4), (5, 6), (11, 12), (5, 7), (6, 8), (7, 9), (8, 10), (5, 11), (6, 12), (11, 13), (12, 14), (13, 15),
    (14, 16),
)  # fmt: skip
TRUNK_CUTS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # places between shoulders and hips where the mask's width is taken
LIMB_CUTS: Final = ((5, 7), (6, 8), (11, 13), (12, 14), (13, 15), (14, 16))  # limbs, cut in the middle
RATIOS: Final = 6
GIRTHS: Final = len(TRUNK_CUTS) + len(LIMB_CUTS) + 1
SHAPE_SIZE: Final = 3 * 17 + 2 * len(LIMBS) + RATIOS + GIRTHS

# Side of the head's window: the largest of these multiples, so that one foreshortened part does not shrink it.
HEAD_PER_SHOULDERS, HEAD_PER_TRUNK, HEAD_PER_FACE = 1.0, 0.75, 2.6
SMALLEST_HEAD_PX: Final = 4.0
HEAD_LIFT: Final = 0.45  # window sides from shoulders up to the head's middle where the face is turned away


@dataclass(frozen=True)
class Views:
    """Views of people.

    Attributes:
        body: Boxes (N, 96, 64, 4): RGB, and 255 where the mask is.
        head: Upright heads (N, 64, 64, 3).
        shape: Positions, visibility, limb lengths, widths of the mask (N, SHAPE_SIZE).
        present: Whether mask, head and keypoints are known (N, 3).
    """

    body: Pixels
    head: Pixels
    shape: NDArray[np.float32]
    present: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.present)

    def rows(self, which: NDArray[np.int64]) -> "Views":
        """Some of the people."""
        return Views(self.body[which], self.head[which], self.shape[which], self.present[which])


def stack(people: Sequence[Views]) -> Views:
    """Views of many people as one."""
    names = ("body", "head", "shape", "present")
    return Views(*(np.concatenate([getattr(person, name) for person in people]) for name in names))


def see(pixels: Pixels, keypoints: Array, bbox: Array, mask: Mask | None) -> Views:
    """Views of one person (N = 1).

    Args:
        pixels: Image or window (H, W, 3), RGB.
        keypoints: COCO-17 keypoints (17, 3) in it.
        bbox: Box (4,) in it.
        mask: Mask (H, W), or None.
    """
    matrix = _boxed(bbox)
    body = np.zeros((1, BODY_SIZE[1], BODY_SIZE[0], 4), np.uint8)
    body[0, ..., :3] = _warp(pixels, matrix, BODY_SIZE, GREY)
    if mask is not None:
        body[0, ..., 3] = _warp(mask.astype(np.uint8) * 255, matrix, BODY_SIZE, (0.0,))
    window = head_window(keypoints)
    head = np.broadcast_to(np.array(GREY, np.uint8), (1, HEAD_SIZE[1], HEAD_SIZE[0], 3)).copy()
    if window is not None:
        head[0] = _warp(pixels, _upright(*window), HEAD_SIZE, GREY)
    known = bool((keypoints[:, 2] > 0).any())
    shape = shape_vector(keypoints, bbox, mask)[None]
    return Views(body, head, shape, np.array([[mask is not None, window is not None, known]], np.float32))


def head_window(keypoints: Array) -> tuple[Array, float, Array] | None:
    """Middle (2,), side and up direction (2,) of the head's window; None where neither face nor shoulders tell."""
    face, shoulders, hips = (_mean(keypoints, joints) for joints in (FACE, SHOULDERS, HIPS))
    spread = max(_distance(keypoints, a, b) for a in FACE for b in FACE[:a])
    trunk = float(np.linalg.norm(shoulders - hips)) if shoulders is not None and hips is not None else 0.0
    side = max(HEAD_PER_FACE * spread, HEAD_PER_SHOULDERS * _distance(keypoints, *SHOULDERS), HEAD_PER_TRUNK * trunk)
    if side < SMALLEST_HEAD_PX:
        return None
    up = np.array([0.0, -1.0])
    low, high = (shoulders, face) if face is not None else (hips, shoulders)
    if low is not None and high is not None and np.linalg.norm(high - low) > 0.15 * side:
        up = (high - low) / np.linalg.norm(high - low)
    if face is not None:
        return face, side, up
    return None if shoulders is None else (shoulders + up * HEAD_LIFT * side, side, up)


def shape_vector(keypoints: Array, bbox: Array, mask: Mask | None) -> NDArray[np.float32]:
    """Positions about the trunk, visibility, limb lengths and widths of the mask over the body's size (SHAPE_SIZE,)."""
    known = keypoints[:, 2] > 0
    if not known.any():
        return np.zeros(SHAPE_SIZE, np.float32)
    shoulders, hips, face = (_mean(keypoints, joints) for joints in (SHOULDERS, HIPS, FACE))
    trunk = 0.0 if hips is None or shoulders is None else float(np.linalg.norm(hips - shoulders))
    thighs, shins = ((11, 13), (12, 14)), ((13, 15), (14, 16))
    legs = max(_distance(keypoints, *a) + _distance(keypoints, *b) for a, b in zip(thighs, shins, strict=True))
    size = max(trunk * 2.6, trunk + legs, float(bbox[2:].max()) * 0.35, 1.0)
    up = np.array([0.0, -1.0])
    if trunk > 0.05 * size and hips is not None and shoulders is not None:
        up = (shoulders - hips) / trunk
    centre = next(point for point in (hips, shoulders, keypoints[known, :2].mean(axis=0)) if point is not None)
    positions = np.where(known[:, None], (keypoints[:, :2] - centre) @ _turn(up).T / size, 0.0)
    lengths = np.array([_distance(keypoints, *limb) for limb in LIMBS])
    logs = np.where(lengths > 0, np.log(np.maximum(lengths, 0.01 * size) / size) + 1.8, 0.0)
    neck = 0.0 if face is None or shoulders is None else float(np.linalg.norm(face - shoulders))
    ratios = [neck / size * 5, trunk / size * 2, legs / size, float(np.log(bbox[2] / max(bbox[3], 1.0))), up[0], -up[1]]
    girths = np.zeros(GIRTHS) if mask is None else _girths(keypoints, mask, size)
    parts = [np.asarray(part, float) for part in (positions.ravel() * 2, known, logs, lengths > 0, ratios, girths)]
    return np.concatenate(parts).clip(-3, 3).astype(np.float32)


def mirrored_shape(shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape vectors (N, SHAPE_SIZE) of the mirrored people: left and right swapped, x negated."""
    flip = COCO_17.flip_order().tolist()
    place = {frozenset(limb): k for k, limb in enumerate(LIMBS)}
    limbs = [place[frozenset((flip[a], flip[b]))] for a, b in LIMBS]
    ends = np.cumsum([34, 17, len(LIMBS), len(LIMBS), RATIOS])
    positions, known, logs, has, ratios, girths = np.split(shape, ends, axis=1)
    positions = positions.reshape(-1, 17, 2)[:, flip] * np.array([-1, 1], np.float32)
    sides = [len(TRUNK_CUTS) + k + (1, -1)[k % 2] for k in range(len(LIMB_CUTS))]
    girths = girths[:, [*range(len(TRUNK_CUTS)), *sides, GIRTHS - 1]]
    ratios = ratios * np.array([1, 1, 1, 1, -1, 1], np.float32)
    parts = [positions.reshape(len(shape), -1), known[:, flip], logs[:, limbs], has[:, limbs], ratios, girths]
    return np.concatenate(parts, axis=1)


def _girths(keypoints: Array, mask: Mask, size: float) -> Array:
    """Widths of the mask across trunk and limbs, and the root of its area, over the body's size (GIRTHS,)."""
    girths = np.zeros(GIRTHS)
    shoulders, hips = _mean(keypoints, SHOULDERS), _mean(keypoints, HIPS)
    if shoulders is not None and hips is not None:
        for k, share in enumerate(TRUNK_CUTS):
            girths[k] = _width(mask, shoulders + share * (hips - shoulders), hips - shoulders, size)
    for k, (a, b) in enumerate(LIMB_CUTS):
        if _distance(keypoints, a, b) > 0.1 * size:
            start, end = keypoints[a, :2], keypoints[b, :2]
            girths[len(TRUNK_CUTS) + k] = 2 * _width(mask, (start + end) / 2, end - start, size)
    girths[-1] = np.sqrt(mask.sum()) / size
    return girths * 3


def _width(mask: Mask, point: Array, along: Array, size: float) -> float:
    """Width of the mask through a point, across a direction, over the body's size; 0 outside the mask."""
    length = float(np.linalg.norm(along))
    if length < 1.0:
        return 0.0
    offsets = np.linspace(-0.5, 0.5, 81) * size
    columns, rows = np.rint(point + offsets[:, None] * np.array([-along[1], along[0]]) / length).astype(int).T
    inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
    on = inside.copy()
    on[inside] = mask[rows[inside], columns[inside]]
    middle = len(on) // 2
    if not on[middle]:
        return 0.0
    right, left = (int(np.argmin(np.append(side, False))) for side in (on[middle:], on[middle::-1]))
    return float(right + left - 1) / (len(on) - 1)


def _mean(keypoints: Array, joints: Sequence[int]) -> Array | None:
    """Mean (2,) of the labelled ones among some joints."""
    chosen = keypoints[list(joints)]
    labelled = chosen[chosen[:, 2] > 0, :2]
    return labelled.mean(axis=0) if len(labelled) else None


def _distance(keypoints: Array, a: int, b: int) -> float:
    """Distance of two joints; 0 where one is not labelled."""
    if min(keypoints[a, 2], keypoints[b, 2]) <= 0:
        return 0.0
    return float(np.linalg.norm(keypoints[a, :2] - keypoints[b, :2]))


def _turn(up: Array) -> Array:
    """Rotation (2, 2) that takes a direction to the picture's up."""
    return np.array([[-up[1], up[0]], [-up[0], -up[1]]])


def _boxed(bbox: Array) -> Array:
    """Map (2, 3) from the picture to the body crop: whole box, aspect kept, padded."""
    scale = BODY_SIZE[1] / (max(bbox[3], bbox[2] * BODY_SIZE[1] / BODY_SIZE[0], 1.0) * BODY_CONTEXT)
    centre = bbox[:2] + bbox[2:] / 2 - 0.5
    return _about(scale * np.eye(2), centre, BODY_SIZE)


def _upright(centre: Array, side: float, up: Array) -> Array:
    """Map (2, 3) that takes a turned square window to an upright crop."""
    return _about(_turn(up) * HEAD_SIZE[0] / side, centre, HEAD_SIZE)


def _about(linear: Array, centre: Array, size: tuple[int, int]) -> Array:
    offset = (np.array(size, np.float64) - 1) / 2 - linear @ centre
    return np.hstack([linear, offset[:, None]])


def _warp(pixels: Pixels, matrix: Array, size: tuple[int, int], border: Sequence[float]) -> Pixels:
    """Warp; what shrinks is averaged first, or bilinear sampling would alias."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    height, width = pixels.shape[:2]
    if scale < SHRINK_BELOW:
        small = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)
        shrunk = np.array([small[0] / width, small[1] / height])
        matrix = np.hstack([matrix[:, :2] / shrunk, (matrix[:, 2] + matrix[:, :2] @ (0.5 / shrunk - 0.5))[:, None]])
    return np.asarray(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderValue=tuple(border)), np.uint8)


def portrait(pixels: Pixels) -> Views:
    """Views of a picture (H, W, 3) that shows a head and little else: no body, no keypoints."""
    height, width = pixels.shape[:2]
    head = _warp(
        pixels, _upright(np.array([width, height]) / 2, max(height, width), np.array([0.0, -1.0])), HEAD_SIZE, GREY
    )
    body = np.zeros((1, BODY_SIZE[1], BODY_SIZE[0], 4), np.uint8)
    body[..., :3] = np.array(GREY, np.uint8)
    return Views(body, head[None], np.zeros((1, SHAPE_SIZE), np.float32), np.array([[0, 1, 0]], np.float32))
