"""What is measured from one image: contrast, scale, visibility, crowding, brightness and posture of each person."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.adapters import coco_masks, images
from hpefair.attributes import context, contrast
from hpefair.params import Attribute, ContrastBins
from hpefair.schema import UNKNOWN

Mask = NDArray[np.bool_]

MEASUREMENT_VERSION = "measured:2"
COLUMNS = (
    "contrast", "contrast_delta_e", "contrast_reason", "scale", "scale_px2", "visibility", "visible_joints", "crowding",
    "crowding_iou", "brightness", "brightness_l", "posture", "trunk_tilt", "measured_by",
)  # fmt: skip


def measure_image(path: str, people: pd.DataFrame, settings: Attribute) -> pd.DataFrame:
    """Measured attributes of all people of one image.

    Args:
        path: Image file.
        people: People rows of this image.
        settings: The attribute section of params.yaml.

    Returns:
        One row per person: person_id; group columns contrast, scale, visibility, crowding, brightness, posture; the
        numbers behind them contrast_delta_e, scale_px2, visible_joints, crowding_iou, brightness_l, trunk_tilt;
        contrast_reason where contrast is unknown; measured_by.
    """
    lab = contrast.to_lab(images.read_rgb(Path(path)))
    height, width = lab.shape[:2]
    masks = [coco_masks.decode(text, height, width) for text in people["segmentation"]]
    overlap = context.largest_overlap(people)
    rows = []
    for index, person in enumerate(people.itertuples()):
        others = _union([mask for other, mask in enumerate(masks) if other != index], (height, width))
        delta_e, reason = _contrast(lab, person, masks[index], others, settings.min_area_px)
        window = contrast.window(np.asarray(person.bbox, dtype=float), lab.shape)
        lightness = float(lab[(*window, 0)].mean())
        tilt = float(context.trunk_tilt(np.asarray(person.keypoints, dtype=float).reshape(1, -1, 3))[0])
        rows.append(
            {
                "person_id": person.person_id,
                "contrast": contrast_group(delta_e, settings.contrast),
                "contrast_delta_e": delta_e,
                "contrast_reason": reason,
                "scale": context.scale(person.area),
                "scale_px2": float(person.area),
                "visibility": context.visibility(person.num_keypoints),
                "visible_joints": int(person.num_keypoints),
                "crowding": context.crowding(overlap[index]),
                "crowding_iou": float(overlap[index]),
                "brightness": context.brightness(lightness),
                "brightness_l": lightness,
                "posture": context.posture(tilt),
                "trunk_tilt": tilt,
                "measured_by": MEASUREMENT_VERSION,
            }
        )
    return pd.DataFrame(rows, columns=["person_id", *COLUMNS])


def contrast_group(delta_e: float, bins: ContrastBins) -> str:
    """Contrast group of a measured value; unknown for NaN."""
    if np.isnan(delta_e):
        return UNKNOWN
    if delta_e < bins.low_below:
        return "low"
    return "high" if delta_e >= bins.high_from else "mid"


def _contrast(
    lab: NDArray[np.float64], person: Any, mask: Mask | None, others: Mask, min_area: float
) -> tuple[float, str]:
    """Contrast and an empty reason, or NaN and why."""
    if person.iscrowd:
        return np.nan, "a crowd, not a person"
    if person.area < min_area:
        return np.nan, "smaller than attribute.min_area_px"
    if mask is None:
        return np.nan, "no segmentation"
    keypoints = np.asarray(person.keypoints, dtype=float).reshape(-1, 3)
    bbox = np.asarray(person.bbox, dtype=float)
    found = contrast.measure_person(lab, mask, others, keypoints, bbox)
    return (np.nan, found) if isinstance(found, str) else (found, "")


def _union(masks: list[Mask | None], shape: tuple[int, int]) -> Mask:
    union = np.zeros(shape, dtype=bool)
    for mask in masks:
        if mask is not None:
            union |= mask
    return union
