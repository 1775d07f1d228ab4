"""Are there exactly as many people in a generated picture as are annotated?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Mask, Pixels
from hpefair.attributes.measured.picture import Picture
from hpefair.core.pose.geometry import box_overlap
from hpefair.judges.protocol import Counter, Found
from hpefair.screening.faults import COUNT, NONE, Fault

COUNTED_FROM: Final = 0.02  # part of the picture, and
COUNTED_JOINTS: Final = 8  # visible joints, from which a counter is expected to find somebody
SAME: Final = 0.3  # overlap (IoU) from which a found person is an annotated one: counters' boxes are drawn by joints
INSIDE: Final = 0.7  # part of a found box inside an annotated person's that makes it a part of that person
SURE_JOINT: Final = 0.2  # score from which a found joint says where its person is,
FEWEST_JOINTS: Final = 3  # if there are so many
ON_BODIES: Final = 0.5  # share of them on annotated people, below which it is somebody else's
MARGIN: Final = 0.01  # of the picture's longer side, around annotated people
ROOM: Final = 0.25  # around the box of somebody who is looked for again, parts of its longer side


def company_fault(counter: Counter, picture: Picture, least: float) -> Fault:
    """Fault of a picture that shows somebody who is not annotated, or does not show somebody who is.

    The counter is asked about the picture and about its mirror image, and once more about the surroundings of
    whoever it misses: it finds six people at most, and no small ones.

    Args:
        counter: Who counts.
        picture: The picture and everybody annotated.
        least: Score from which somebody is found.
    """
    boxes = np.stack(picture.people["bbox"].to_list()).astype(float)
    visible = (picture.keypoints[..., 2] == 2).sum(axis=1)
    large = picture.people["area"].to_numpy(dtype=float) >= COUNTED_FROM * picture.pixels[..., 0].size
    countable = large & (visible >= COUNTED_JOINTS)
    detections = [one for one in _from_both_sides(counter, picture.pixels) if one.score >= least]
    for box in boxes[countable & ~_met(detections, boxes)]:
        nearby = [one for one in _nearby(counter, picture.pixels, box) if one.score >= least]
        detections += [one for one in nearby if _met([one], box[None])[0]]
    return count_fault(detections, boxes, countable, _bodies(picture, boxes))


def count_fault(found: Sequence[Found], boxes: Array, countable: Mask, bodies: Mask) -> Fault:
    """Compare who is found with who is annotated; an unlabelled person would be learned as background.

    Args:
        found: Everybody whom a counter finds; the same person may be there twice.
        boxes: Boxes (N, 4) of everybody annotated, the person the picture was made for first.
        countable: Who is large and visible enough (N,) to be expected among those found.
        bodies: Where annotated people are (H, W).
    """
    seen = np.array([one.bbox for one in found], dtype=float).reshape(-1, 4)
    elsewhere = np.array([_elsewhere(one, bodies) for one in found], dtype=bool)
    strangers = elsewhere | ((_overlap(seen, boxes).max(axis=1, initial=0) < SAME) & ~_inside(seen, boxes).any(axis=1))
    if strangers.any():
        return COUNT, f"somebody is seen who is not among the {len(boxes)} annotated"
    missed = countable & ~_met(found, boxes)
    if missed.any():
        return COUNT, f"{int(missed.sum())} of {len(boxes)} annotated people are not seen"
    return NONE


def _from_both_sides(counter: Counter, pixels: Pixels) -> list[Found]:
    """Everybody in a picture and in its mirror image, in coordinates of the picture."""
    width = pixels.shape[1]
    mirrored = [
        replace(
            one,
            bbox=np.array([width - one.bbox[0] - one.bbox[2], *one.bbox[1:]]),
            keypoints=None if one.keypoints is None else one.keypoints * [-1, 1, 1] + [width, 0, 0],
        )
        for one in counter.count(np.ascontiguousarray(pixels[:, ::-1]))
    ]
    return [*counter.count(pixels), *mirrored]


def _nearby(counter: Counter, pixels: Pixels, box: Array) -> list[Found]:
    """Everybody in the surroundings of a box (4,), in coordinates of the picture."""
    room = ROOM * max(box[2], box[3])
    left, top = (max(int(value), 0) for value in box[:2] - room)
    right, bottom = (max(int(np.ceil(value)), 1) for value in box[:2] + box[2:] + room)
    part = np.ascontiguousarray(pixels[top:bottom, left:right])
    moved = np.array([left, top, 0, 0], dtype=float)
    return [Found(one.bbox + moved, one.score) for one in counter.count(part)] if part.size else []


def _bodies(picture: Picture, boxes: Array) -> Mask:
    """Where annotated people are (H, W), a margin around them: inside their masks, or boxes where there is none."""
    bodies = np.zeros(picture.pixels.shape[:2], np.uint8)
    for mask, (x, y, width, height) in zip(picture.masks, boxes, strict=True):
        if mask is None:
            bodies[max(int(y), 0) : int(y + height) + 1, max(int(x), 0) : int(x + width) + 1] = 1
        else:
            bodies |= mask.astype(np.uint8)
    around = 2 * int(MARGIN * max(bodies.shape)) + 1
    return cv2.dilate(bodies, np.ones((around, around), np.uint8)) > 0


def _elsewhere(one: Found, bodies: Mask) -> bool:
    """Whether the joints of a found person lie alongside annotated people, however their boxes overlap."""
    if one.keypoints is None:
        return False
    points = one.keypoints[one.keypoints[:, 2] >= SURE_JOINT]
    if len(points) < FEWEST_JOINTS:
        return False
    rows = np.clip(points[:, 1].astype(int), 0, bodies.shape[0] - 1)
    columns = np.clip(points[:, 0].astype(int), 0, bodies.shape[1] - 1)
    return bool(bodies[rows, columns].mean() < ON_BODIES)


def _met(detections: Sequence[Found], boxes: Array) -> Mask:
    """Which annotated people (N,) are found, or a part of them."""
    seen = np.array([one.bbox for one in detections], dtype=float).reshape(-1, 4)
    return np.asarray(((_overlap(seen, boxes) >= SAME) | _inside(seen, boxes)).any(axis=0))


def _overlap(seen: Array, boxes: Array) -> Array:
    return box_overlap(seen, boxes) if len(seen) else np.zeros((0, len(boxes)))


def _inside(seen: Array, boxes: Array) -> Mask:
    """Which found boxes (M, N) lie mostly inside which annotated ones."""
    low = np.maximum(seen[:, None, :2], boxes[None, :, :2])
    high = np.minimum(seen[:, None, :2] + seen[:, None, 2:], boxes[None, :, :2] + boxes[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    return np.asarray(common / np.maximum(seen[:, None, 2:].prod(axis=2), 1e-9) >= INSIDE)
