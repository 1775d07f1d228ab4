"""Faults put into generated people: each is one that a generator really makes."""

import copy
import json
from pathlib import Path

import cv2
import numpy as np

from hpefair.adapters import coco_masks, images
from hpefair.core.pose.skeletons import COCO_17
from tests.screening.rows import changed

LIMBS = [("left_wrist", "left_ankle"), ("right_wrist", "right_ankle"), ("left_elbow", "left_knee")]


def joints(row):
    return np.asarray(row.keypoints, dtype=float).reshape(-1, 3).copy()


def trunk(keypoints):
    """Length of the trunk: middle of the shoulders to middle of the hips."""
    return float(np.hypot(*(keypoints[[5, 6], :2].mean(axis=0) - keypoints[[11, 12], :2].mean(axis=0))))


def swapped_limbs(row, rng):
    """Arms and legs change places."""
    points = joints(row)
    for one, other in LIMBS:
        pair = [COCO_17.index(one), COCO_17.index(other)]
        points[pair] = points[pair[::-1]]
    return changed(row, keypoints=points.ravel())


def swapped_sides(row, rng):
    """Left and right change places."""
    return changed(row, keypoints=joints(row)[COCO_17.flip_order()].ravel())


def shifted(row, rng):
    """Joints, box and mask lie a quarter of a trunk away from the person, towards the larger side of the picture."""
    points, by = joints(row), max(trunk(joints(row)) / 4, 4.0)
    across = by if points[points[:, 2] > 0, 0].mean() < row.width / 2 else -by
    points[points[:, 2] > 0, 0] += across
    mask = coco_masks.decode(row.segmentation, row.height, row.width).astype(np.uint8)
    moved = cv2.warpAffine(mask, np.float32([[1, 0, across], [0, 1, 0]]), (row.width, row.height)).astype(bool)
    box = np.asarray(row.bbox, float) + np.array([across, 0, 0, 0])
    return changed(row, keypoints=points.ravel(), bbox=box.tolist(), segmentation=coco_masks.encode(moved), garments="")


def wrong_attribute(row, rng):
    """Asked for another contrast than the picture has."""
    other = {"low": "high", "mid": "high", "high": "low"}[row.wanted_contrast]
    return changed(row, wanted_contrast=other)


def extra_person(row, other, folder):
    """Somebody else, cut out of another picture, stands beside the person without an annotation."""
    pixels = images.read_rgb(Path(row.path)).copy()
    guest = images.read_rgb(Path(other.path))
    mask = coco_masks.decode(other.segmentation, other.height, other.width)
    own = coco_masks.decode(row.segmentation, row.height, row.width)
    rows, columns = np.nonzero(mask)
    cut, part = (
        guest[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1],
        mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1],
    )
    x, _, width, _ = (float(value) for value in row.bbox)
    room = max(x, row.width - x - width)
    scale = min(1.0, 0.95 * room / cut.shape[1], 0.9 * row.height / cut.shape[0])
    size = max(int(cut.shape[1] * scale), 4), max(int(cut.shape[0] * scale), 4)
    cut, part = cv2.resize(cut, size, interpolation=cv2.INTER_AREA), cv2.resize(part.astype(np.uint8), size) > 0
    left = 0 if x > row.width - x - width else row.width - size[0]
    top = row.height - size[1]
    place = (slice(top, top + size[1]), slice(left, left + size[0]))
    seen = part & ~own[place]
    pixels[place][seen] = cut[seen]
    path = folder / f"{row.item_id}_guest.png"
    images.write_png(path, pixels)
    return changed(row, path=str(path)), float(seen.sum()) / seen.size, size


def as_other(row, other):
    """The guest as an annotated person beside; for checking that company as such is no fault."""
    person = {key: getattr(other, key) for key in ("keypoints", "bbox", "area", "segmentation", "garments")}
    return changed(row, others=json.dumps([copy.deepcopy(person)]))
