"""Condition images: what a ControlNet is shown of a person whose annotation is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask, Pixels
from hpefair.synthetic.labels import VISIBLE
from hpefair.synthetic.picture.photograph import Photograph

# OpenPose's 18 points from COCO's 17, in the order ControlNet-OpenPose was trained with; None is the neck.
OPENPOSE: Final = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
SHOULDERS: Final = [5, 6]
LIMBS: Final = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
COLOURS: Final = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
    (255, 0, 170), (255, 0, 85),
)  # fmt: skip
STICK_PX, DRAWN_AT_PX = 4, 512  # half width of limbs and radius of joints, and the picture side they are meant for
LIMB_SHADE: Final = 0.6  # limbs are darker than joints

PERSON_COLOUR: Final = (150, 5, 61)  # of a person in ADE20K, as ControlNet-Seg was trained with
CLOTHES_COLOUR: Final = (0, 160, 220)  # our own: the palette's clothes are things that lie about


@dataclass(frozen=True)
class Shape:
    """A person as conditions show it.

    Attributes:
        keypoints: COCO-17 keypoints (17, 3) in pixels of the picture: x, y, visibility.
        mask: Visible part (H, W).
        garments: Clothing (H, W), where it is known.
    """

    keypoints: Array
    mask: Mask
    garments: Mask | None = None


def of_photograph(picture: Photograph) -> dict[str, Pixels]:
    """Every condition (H, W, 3) of a rendered picture, by name."""
    people = [
        Shape(one.keypoints, one.mask, np.logical_or.reduce(list(one.garments.values()))) for one in picture.people
    ]
    return {**of_people(people), "depth": depth(picture.depth)}


def of_people(people: Sequence[Shape]) -> dict[str, Pixels]:
    """The conditions (H, W, 3) that annotations alone tell, by name."""
    return {"skeleton": skeleton(people, people[0].mask.shape), "parts": parts(people)}


def skeleton(people: Sequence[Shape], size: tuple[int, ...]) -> Pixels:
    """OpenPose's coloured skeleton of every visible joint, on black.

    Colours, order and shades follow controlnet_aux `draw_bodypose`, with which ControlNet-OpenPose is fed; the width
    follows the size of the picture.

    Args:
        people: The people.
        size: Height and width.
    """
    canvas = np.zeros((*size[:2], 3), np.uint8)
    stick = max(1, round(STICK_PX * max(size[:2]) / DRAWN_AT_PX))
    points = [openpose(person.keypoints) for person in people]
    for (first, last), colour in zip(LIMBS, COLOURS, strict=False):
        shade = tuple(int(value * LIMB_SHADE) for value in colour)
        for joints in points:
            if joints[first, 2] and joints[last, 2]:
                _limb(canvas, joints[first, :2], joints[last, :2], stick, shade)
    for joints in points:
        for (x, y, seen), colour in zip(joints, COLOURS, strict=True):
            if seen:
                cv2.circle(canvas, (int(x), int(y)), stick, colour, thickness=-1)
    return canvas


def openpose(keypoints: Array) -> Array:
    """OpenPose's 18 points (18, 3): x, y, and 1 where seen; the neck lies between two shoulders that are both seen."""
    seen = keypoints[:, 2] == VISIBLE
    points = np.column_stack([keypoints[:, :2], seen])
    neck = np.array([*keypoints[SHOULDERS, :2].mean(axis=0), float(seen[SHOULDERS].all())])
    return np.stack([neck if index is None else points[index] for index in OPENPOSE])


def depth(metres: NDArray[np.float32]) -> Pixels:
    """Inverse depth from 0 to 255, near bright, as MiDaS writes it (Ranftl et al. 2020, 1907.01341).

    Args:
        metres: Distance (H, W); infinite where there is nothing.

    Returns:
        Grey picture (H, W, 3); black where the scene ends.
    """
    inverse = 1 / np.maximum(metres.astype(np.float64), 1e-6)
    low, high = inverse.min(), inverse.max()
    grey = np.rint(255 * (inverse - low) / max(high - low, 1e-12)).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def parts(people: Sequence[Shape]) -> Pixels:
    """Segmentation colours (H, W, 3) of people and of the clothes they wear, on black."""
    canvas = np.zeros((*people[0].mask.shape, 3), np.uint8)
    for person in people:
        canvas[person.mask] = PERSON_COLOUR
        if person.garments is not None:
            canvas[person.garments & person.mask] = CLOTHES_COLOUR
    return canvas


def _limb(canvas: Pixels, first: Array, last: Array, stick: int, colour: tuple[int, ...]) -> None:
    """A filled ellipse from joint to joint."""
    middle, span = (first + last) / 2, last - first
    length, angle = float(np.hypot(*span)) / 2, int(np.degrees(np.arctan2(span[1], span[0])))
    outline = cv2.ellipse2Poly((int(middle[0]), int(middle[1])), (int(length), stick), angle, 0, 360, 1)
    cv2.fillConvexPoly(canvas, outline, colour)
