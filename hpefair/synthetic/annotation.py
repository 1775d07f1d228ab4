"""COCO annotations of a photograph, and the groups of everybody in it."""

import json
from typing import Any, Final

import cv2
import numpy as np

from hpefair.arrays import Mask
from hpefair.attributes.measured import contrast
from hpefair.attributes.measured.contrast import NO_LAB, Cutout
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data.coco import masks
from hpefair.synthetic.picture.photograph import Photograph

Record = dict[str, Any]

MOST_PEOPLE: Final = 10  # annotation ids are the image id times this, plus the person
CATEGORY: Final[Record] = {
    "id": 1,
    "name": "person",
    "supercategory": "person",
    "keypoints": list(COCO_17.joints),
    "skeleton": [[a + 1, b + 1] for a, b in COCO_17.limbs],
}
LICENCE: Final[Record] = {"id": 1, "name": "CC0-1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"}


def annotate(picture: Photograph, image_id: int) -> list[Record]:
    """COCO annotations of everybody who is seen.

    Beyond COCO's own keys: `polygons` (outlines of the mask), `amodal_segmentation` and `amodal_bbox` (as if nothing
    were in front), `garments` (masks of top and lower), `joints_m` (joints in the scene, metres), `attributes` (exact).

    Args:
        picture: The photograph.
        image_id: Its id in the dataset.

    Returns:
        One annotation per person with at least one visible pixel.
    """
    records: list[Record] = []
    for index, labels in enumerate(picture.people):
        if labels.mask.any():
            records.append(_annotation(picture, index, image_id, image_id * MOST_PEOPLE + len(records)))
    return records


def _annotation(picture: Photograph, index: int, image_id: int, annotation_id: int) -> Record:
    labels = picture.people[index]
    keypoints = [[round(float(x), 2), round(float(y), 2), int(v)] for x, y, v in labels.keypoints]
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "keypoints": [value for triple in keypoints for value in triple],
        "num_keypoints": sum(v > 0 for _, _, v in keypoints),
        "bbox": labels.bbox.tolist(),
        "area": masks.area(labels.mask),
        "segmentation": _runs(labels.mask),
        "polygons": polygons(labels.mask),
        "amodal_segmentation": _runs(labels.amodal),
        "amodal_bbox": masks.box(labels.amodal),
        "garments": {name: _runs(mask) for name, mask in labels.garments.items()},
        "joints_m": labels.joints.round(4).tolist(),
        "attributes": attributes(picture, index),
    }


def attributes(picture: Photograph, index: int) -> Record:
    """Exact attributes of one person; contrast is what the audit's own ruler measures in the finished picture."""
    person, labels = picture.scene.people[index], picture.people[index]
    measured = measured_contrast(picture, index)
    return {
        **person.labels,
        "age_years": round(person.age_years, 1),
        "stature_m": round(labels.stature_m, 3),
        "bmi": round(labels.bmi, 1),
        "pose": person.posture.kind,
        "facing_degrees": round((person.facing + 180) % 360 - 180, 1),
        "contrast_delta_e": None if isinstance(measured, str) else round(measured, 2),
    }


def measured_contrast(picture: Photograph, index: int) -> float | str:
    """Clothing-to-background contrast of one person in CIEDE2000 units, or why it cannot be measured."""
    labels = picture.people[index]
    others = np.zeros_like(labels.mask)
    for other, neighbour in enumerate(picture.people):
        if other != index:
            others |= neighbour.mask
    garments = np.logical_or.reduce(list(labels.garments.values())) if labels.garments else None
    person = Cutout(NO_LAB, labels.mask, others, labels.keypoints, garments)
    measured = contrast.of_person(picture.pixels, person, labels.bbox)
    return measured if isinstance(measured, str) else measured.outline


def polygons(mask: Mask) -> list[list[float]]:
    """Outlines of a mask (H, W) as COCO polygons; holes are not told, the run lengths are exact."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [(outline[:, 0] + 0.5).ravel().tolist() for outline in outlines if len(outline) >= 3]


def _runs(mask: Mask) -> Record:
    runs: Record = json.loads(masks.encode(mask))
    return runs
