"""Faults put into generated people: each is one that a generator really makes."""

import copy
import json
from pathlib import Path

import cv2
import numpy as np

from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import images
from hpefair.data.coco import masks
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
    mask = masks.decode(row.segmentation, row.height, row.width).astype(np.uint8)
    moved = cv2.warpAffine(mask, np.float32([[1, 0, across], [0, 1, 0]]), (row.width, row.height)).astype(bool)
    box = np.asarray(row.bbox, float) + np.array([across, 0, 0, 0])
    return changed(row, keypoints=points.ravel(), bbox=box.tolist(), segmentation=masks.encode(moved), garments="")


def wrong_attribute(row, rng):
    """Asked for another contrast than the picture has."""
    other = {"low": "high", "mid": "high", "high": "low"}[row.wanted_contrast]
    return changed(row, wanted_contrast=other)


def extra_person(row, other, folder, where="beside"):
    """Somebody else, cut out of another picture, is there without an annotation.

    Args:
        row: The generated person.
        other: Row of the guest.
        folder: Folder for the picture.
        where: `beside`, as large as there is room; `behind`, as large as the person and partly hidden; `cut`, half of
            the guest outside the picture.

    Returns:
        The row, the guest's visible pixels and visible joints, and the guest's width and height.
    """
    pixels = images.read_rgb(Path(row.path)).copy()
    own = masks.decode(row.segmentation, row.height, row.width)
    cut, part = cutout(other)
    x, y, width, height = (float(value) for value in row.bbox)
    on_the_left = x > row.width - x - width  # where there is more room
    room = x if on_the_left else row.width - x - width
    if where == "beside":
        scale = min(1.0, 0.95 * room / cut.shape[1], 0.9 * row.height / cut.shape[0])
    else:
        scale = height / cut.shape[0]
    size = max(int(cut.shape[1] * scale), 4), max(int(cut.shape[0] * scale), 4)
    left, top = (0 if on_the_left else row.width - size[0]), row.height - size[1]
    if where == "behind":
        left, top = int(x + width * (-0.6 if on_the_left else 1.6) + (width - size[0]) / 2), int(y + height) - size[1]
    elif where == "cut":
        left, top = (-size[0] // 2 if on_the_left else row.width - size[0] // 2), int(y + height) - size[1]
    move = np.float32([[size[0] / cut.shape[1], 0, left], [0, size[1] / cut.shape[0], top]])
    guest = cv2.warpAffine(cut, move, (row.width, row.height), flags=cv2.INTER_AREA)
    there = cv2.warpAffine(part.astype(np.uint8), move, (row.width, row.height), flags=cv2.INTER_NEAREST) > 0
    seen = there & ~own
    pixels[seen] = guest[seen]
    path = folder / f"{row.item_id}_{where}.png"
    images.write_png(path, pixels)
    points = joints(other)[joints(other)[:, 2] == 2]
    corner = np.asarray(other.bbox, float)[:2]
    across = ((points[:, :2] - corner) @ move[:, :2].T + move[:, 2]).astype(int)
    across = across[((across >= 0) & (across < [row.width, row.height])).all(axis=1)]
    return changed(row, path=str(path)), int(seen.sum()), int((~own[across[:, 1], across[:, 0]]).sum()), size


def cutout(row):
    """Pixels (H, W, 3) and mask (H, W) of a person's box."""
    pixels, mask = images.read_rgb(Path(row.path)), masks.decode(row.segmentation, row.height, row.width)
    rows, columns = np.nonzero(mask)
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    return pixels[box], mask[box]


def saved_again(row, folder, cut=0, mirrored=False):
    """The same picture after JPEG, some pixels cut off at the left and top, or mirrored."""
    pixels = images.read_rgb(Path(row.path))[cut:, cut:]
    box = np.asarray(row.bbox, float) - [cut, cut, 0, 0]
    if mirrored:
        pixels, box = pixels[:, ::-1], np.array([pixels.shape[1] - box[0] - box[2], *box[1:]])
    _, packed = cv2.imencode(".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, 75])
    path = folder / f"{row.item_id}_again_{cut}_{mirrored}.png"
    images.write_png(path, cv2.imdecode(packed, cv2.IMREAD_UNCHANGED))
    return changed(row, path=str(path), bbox=box.tolist())


def as_other(row, other):
    """The guest as an annotated person alongside; for checking that company as such is no fault."""
    person = {key: getattr(other, key) for key in ("keypoints", "bbox", "area", "segmentation", "garments")}
    return changed(row, others=json.dumps([copy.deepcopy(person)]))
