"""What is measured from one image: contrast and the context of each person."""

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Mask
from hpefair.attributes.measured import context, contrast
from hpefair.attributes.measured.contrast import Contrast, Cutout
from hpefair.attributes.measured.lab import to_lab
from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.measured.pose_kind import pose_kind
from hpefair.attributes.measured.sharpness import blur
from hpefair.attributes.measured.trunk import view
from hpefair.schema import UNKNOWN
from hpefair.settings.params import Attribute, ContrastBins

MEASUREMENT_VERSION: Final = "measured:3"
COLUMNS: Final = (
    "contrast", "contrast_delta_e", "contrast_whole", "contrast_lightness", "contrast_reason", "scale", "scale_px2",
    "visibility", "visible_joints", "truncation", "truncation_contact", "crowding", "crowding_iou", "brightness",
    "brightness_l", "blur", "blur_px", "posture", "trunk_tilt", "view", "pose", "measured_by",
)  # fmt: skip
NO_CONTRAST: Final = Contrast(float("nan"), float("nan"), float("nan"))


def measure_image(path: str, people: pd.DataFrame, settings: Attribute) -> pd.DataFrame:
    """Measured attributes of all people of one image file; see `measure`."""
    return pd.DataFrame(measure(Picture.read(path, people), settings), columns=["person_id", *COLUMNS])


def measure(picture: Picture, settings: Attribute) -> list[dict[str, Any]]:
    """Measured attributes of all people of one image.

    Args:
        picture: The image and its people.
        settings: The attribute section of params.yaml.

    Returns:
        One record per person: person_id; a group column for each of `schema.MEASURED`; the numbers behind them
        contrast_delta_e, contrast_whole, contrast_lightness, scale_px2, visible_joints, truncation_contact,
        crowding_iou, brightness_l, blur_px, trunk_tilt; contrast_reason where contrast is unknown; measured_by.
    """
    overlaps = context.largest_overlap(picture.people)
    tilts = context.trunk_tilt(picture.keypoints)
    return [
        {"person_id": person.person_id}
        | _of_pixels(picture, index, person, settings)
        | _of_mask(picture, index, person)
        | _of_annotation(person, picture.keypoints[index], float(overlaps[index]), float(tilts[index]))
        for index, person in enumerate(picture.people.itertuples())
    ]


def contrast_group(delta_e: float, bins: ContrastBins) -> str:
    """Contrast group of a measured value; unknown for NaN."""
    if np.isnan(delta_e):
        return UNKNOWN
    if delta_e < bins.low_below:
        return "low"
    return "high" if delta_e >= bins.high_from else "mid"


def _of_pixels(picture: Picture, index: int, person: Any, settings: Attribute) -> dict[str, Any]:
    rows, columns = picture.window(np.asarray(person.bbox, dtype=float))
    lab = to_lab(picture.pixels[rows, columns])
    lightness = float(lab[..., 0].mean(dtype=float)) if lab.size else float("nan")
    whole, softness = picture.masks[index], float("nan")
    outcome: Contrast | str = _obstacle(person, whole, settings.min_area_px) if lab.size else "outside the picture"
    if not outcome and whole is not None:
        mask, parsed = np.ascontiguousarray(whole[rows, columns]), picture.garments[index]
        garments = None if parsed is None else np.ascontiguousarray(parsed[rows, columns])
        keypoints = picture.keypoints[index] - np.array([columns.start, rows.start, 0.0])
        others = picture.others(index, (rows, columns))
        cutout = contrast.shrink(Cutout(lab, mask, others, keypoints, garments))
        outcome, softness = contrast.measure(cutout), blur(cutout.lab[..., 0], cutout.mask)
    values, reason = (NO_CONTRAST, outcome) if isinstance(outcome, str) else (outcome, "")
    return {
        "contrast": contrast_group(values.outline, settings.contrast),
        "contrast_delta_e": values.outline,
        "contrast_whole": values.whole,
        "contrast_lightness": values.lightness,
        "contrast_reason": reason,
        "brightness": context.brightness(lightness),
        "brightness_l": lightness,
        "blur": context.blur(softness),
        "blur_px": softness,
    }


def _obstacle(person: Any, mask: Mask | None, min_area: float) -> str:
    """Why contrast cannot be measured, as far as the annotation tells; empty where it can."""
    if person.iscrowd:
        return "a crowd, not a person"
    if person.area < min_area:
        return "smaller than attribute.min_area_px"
    return "no segmentation" if mask is None else ""


def _of_mask(picture: Picture, index: int, person: Any) -> dict[str, Any]:
    mask = picture.masks[index]
    if person.iscrowd or mask is None or not mask.any():
        return {"truncation": UNKNOWN, "truncation_contact": float("nan")}
    group, contact = picture.cut(index)
    return {"truncation": group, "truncation_contact": contact}


def _of_annotation(person: Any, keypoints: NDArray[np.float64], overlap: float, tilt: float) -> dict[str, Any]:
    return {
        "scale": context.scale(person.area),
        "scale_px2": float(person.area),
        "visibility": context.visibility(person.num_keypoints),
        "visible_joints": int(person.num_keypoints),
        "crowding": context.crowding(overlap),
        "crowding_iou": overlap,
        "posture": context.posture(tilt),
        "trunk_tilt": tilt,
        "view": view(keypoints),
        "pose": pose_kind(keypoints),
        "measured_by": MEASUREMENT_VERSION,
    }
