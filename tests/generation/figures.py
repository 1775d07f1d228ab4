"""A person of rectangles, with joints where they belong: what hides what can be told by counting pixels."""

import numpy as np

from hpefair.core.pose.skeletons import COCO_17
from hpefair.generation.protocol import AnnotatedPerson
from hpefair.schema import PERCEIVED
from tests.tiny_dataset import place


def block(size, left, top, right, bottom):
    """A rectangle of pixels."""
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return mask


def standing(size, left, top, unit=1.0, name="someone"):
    """Somebody 100 units tall and 40 wide who fills a rectangle."""
    width, height = round(40 * unit), round(100 * unit)
    mask = block(size, left, top, left + width, top + height)
    keypoints = place(left + width / 2, top, unit)
    return AnnotatedPerson(
        keypoints,
        mask,
        np.array([left, top, width, height], float),
        dict.fromkeys(PERCEIVED, "unknown"),
        None,
        name,
    )


def joint(person, name):
    """One keypoint."""
    return person.keypoints[COCO_17.index(name)]
