"""Check a generated person from its files alone: is its annotation valid, and is the wanted cell really filled?"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair.adapters import coco_masks, images
from hpefair.attributes.measurement import measure_image
from hpefair.core.balance.screening import annotation_fault
from hpefair.params import Attribute
from hpefair.schema import MEASURED


def inspect(row: Any, wanted: Mapping[str, str], settings: Attribute, min_keypoints: int) -> tuple[str, dict[str, Any]]:
    """First fault of a generated person, or an empty string, and what was measured of it.

    The picture is read back from disk and measured by the same code that measures photographs; of what can be measured,
    nothing the generator says about its own work is believed.

    Args:
        row: A row of generated.parquet.
        wanted: Group that was asked for, by planned attribute.
        settings: The attribute section of params.yaml.
        min_keypoints: Labelled joints an annotation needs.

    Returns:
        A reason or "", and the measured attributes; empty where the picture could not be measured.
    """
    path = Path(row.path)
    reason = images.fault(path, int(row.width), int(row.height), max_pixels=2**31)
    if reason:
        return reason, {}
    mask = coco_masks.decode(row.segmentation, int(row.height), int(row.width))
    if mask is None:
        return "no segmentation", {}
    keypoints = np.asarray(row.keypoints, dtype=float).reshape(-1, 3)
    reason = annotation_fault(keypoints, mask, np.asarray(row.bbox, dtype=float), min_keypoints)
    if reason:
        return reason, {}
    found: dict[str, Any] = (
        measure_image(row.path, as_people(row), settings).drop(columns="person_id").iloc[0].to_dict()
    )
    for attribute, group in wanted.items():
        is_measured = attribute in MEASURED
        value = found[attribute] if is_measured else getattr(row, attribute)
        if value != group:
            return f"{'measured ' if is_measured else ''}{attribute} is {value}, wanted {group}", found
    return "", found


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
