"""Is the annotation of a generated person valid, and is the wanted cell really filled? Seen from the files alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.attributes.measured.measurement import measure
from hpefair.attributes.measured.picture import Picture
from hpefair.core.balance.screening import annotation_fault
from hpefair.core.pose.limb_lengths import longest_limb
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.schema import MEASURED
from hpefair.screening.faults import ANNOTATION, ATTRIBUTE, FILE, LIMBS, NONE, Fault
from hpefair.settings.params import Attribute, Screen


def file_fault(row: Any, settings: Screen) -> Fault:
    """Fault of a picture's file or of the annotation's own geometry.

    Args:
        row: A row of generated.parquet.
        settings: The screen section of params.yaml.
    """
    reason = images.fault(Path(row.path), int(row.width), int(row.height), max_pixels=2**31)
    if reason:
        return FILE, reason
    mask = masks.decode(row.segmentation, int(row.height), int(row.width))
    if mask is None:
        return ANNOTATION, "no segmentation"
    keypoints = joints(row)
    problem = annotation_fault(keypoints, mask, np.asarray(row.bbox, dtype=float), settings.min_keypoints)
    if problem:
        return ANNOTATION, problem
    length, limb = longest_limb(keypoints)
    if length > settings.max_limb_length:
        ends = " to ".join(COCO_17.joints[joint].replace("_", " ") for joint in limb)
        return LIMBS, f"{ends} is {length:.1f} times as long as the other limbs allow"
    return NONE


def attribute_fault(row: Any, found: Mapping[str, Any], wanted: Mapping[str, str]) -> Fault:
    """Fault of a person who does not belong to the wanted cell.

    Args:
        row: A row of generated.parquet.
        found: Measured attributes.
        wanted: Group that was asked for, by planned attribute.
    """
    for attribute, group in wanted.items():
        measured = attribute in MEASURED
        value = found[attribute] if measured else getattr(row, attribute)
        if value != group:
            return ATTRIBUTE, f"{'measured ' if measured else ''}{attribute} is {value}, wanted {group}"
    return NONE


def measured(picture: Picture, settings: Attribute) -> dict[str, Any]:
    """Measured attributes of the person whom a picture was made for, among everybody else in it.

    The picture is measured by the same code that measures photographs; of what can be measured, nothing the generator
    says about its own work is believed.
    """
    about = measure(picture, settings)[0]
    return {name: value for name, value in about.items() if name != "person_id"}


def open_picture(row: Any) -> Picture:
    """The picture of a generated row, the person whom it was made for first."""
    return Picture.read(row.path, as_people(row))


def as_people(row: Any) -> pd.DataFrame:
    """A generated row as a people table: who was asked for, and everybody else in the picture."""
    wanted = {name: getattr(row, name) for name in ("keypoints", "bbox", "area", "segmentation", "garments")}
    return pd.DataFrame(
        [
            {
                **person,
                "person_id": f"generated/{row.item_id}/{number}",
                "image_id": f"generated/{row.item_id}",
                "num_keypoints": int((np.asarray(person["keypoints"])[2::3] > 0).sum()),
                "iscrowd": False,
            }
            for number, person in enumerate([wanted, *json.loads(row.others or "[]")])
        ]
    )


def joints(row: Any) -> Array:
    """Keypoints (17, 3) of a generated row."""
    return np.asarray(row.keypoints, dtype=float).reshape(-1, 3)
