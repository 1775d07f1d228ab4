"""Which training people may be recomposed, and which stretches of background hold nobody."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.adapters import coco_masks, images
from hpefair.adapters.licences import contains_any
from hpefair.schema import UNKNOWN

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Window = tuple[slice, slice]

MINORS: Final = ("child", "teen")
FEWEST_JOINTS: Final = 8  # visible ones; a person who is mostly hidden makes a poor source


@dataclass(frozen=True)
class Cutout:
    """A person with its surroundings, alone in the window.

    Attributes:
        person_id: The person.
        group: Its present group.
        pixels: Window (H, W, 3).
        mask: Mask (H, W) in the window.
        keypoints: Keypoints (17, 3) in window coordinates.
        bbox: Box (4,) in window coordinates.
        garments: Clothing (H, W) by garment parsing; None where there is none.
    """

    person_id: str
    group: str
    pixels: Pixels
    mask: Mask
    keypoints: Array
    bbox: Array
    garments: Mask | None = None


def eligible(people: pd.DataFrame, attribute: str, context: float, forbid_licenses: tuple[str, ...]) -> pd.DataFrame:
    """Training people that may be altered.

    Args:
        people: All people of the training split, joined with their image (path, width, height, license) and attribute.
        attribute: The planned attribute.
        context: Margin around the box, in box sizes.
        forbid_licenses: Substrings of licence names whose images are never altered.

    Returns:
        People with a known group, enough joints, an alterable licence, and nobody else in their window. Known minors
        are never altered: their remedy is repetition, and rendered people.
    """
    lonely = pd.Series(False, index=people.index)
    for _, rows in people.groupby("image_id"):
        boxes = np.stack(rows["bbox"].to_list()).astype(float)
        for position, index in enumerate(rows.index):
            others = np.delete(boxes, position, axis=0)
            lonely[index] = not _touches(margin_box(boxes[position], context), others)
    allowed = ~people["license"].map(lambda name: contains_any(name, forbid_licenses))
    visible = people["keypoints"].map(lambda values: int((np.asarray(values)[2::3] == 2).sum()))
    enough = (visible >= FEWEST_JOINTS) & ~people["iscrowd"] & (people["segmentation"] != "")
    grown = ~people["age_band"].isin(MINORS)
    return people[lonely & allowed & enough & grown & (people[attribute] != UNKNOWN)].sort_values("person_id")


def cut_out(person: pd.Series, attribute: str, context: float) -> Cutout:
    """Read a person's window from its image."""
    pixels = images.read_rgb(Path(person["path"]))
    mask = coco_masks.decode(person["segmentation"], *pixels.shape[:2])
    if mask is None:
        raise ValueError(f"Expected a segmentation for {person['person_id']} but got none")
    bbox = np.asarray(person["bbox"], dtype=float)
    rows, columns = window_of(bbox, pixels.shape, context)
    shift = np.array([columns.start, rows.start], dtype=float)
    keypoints = np.asarray(person["keypoints"], dtype=float).reshape(-1, 3).copy()
    keypoints[keypoints[:, 2] > 0, :2] -= shift
    moved = np.array([*(bbox[:2] - shift), *bbox[2:]])
    parsed = coco_masks.decode_parts(person.get("garments", ""), *pixels.shape[:2])
    garments = None if parsed is None else np.ascontiguousarray(parsed[rows, columns])
    window, own = np.ascontiguousarray(pixels[rows, columns]), np.ascontiguousarray(mask[rows, columns])
    return Cutout(person["person_id"], person[attribute], window, own, keypoints, moved, garments)


def empty_background(
    image: pd.Series, boxes: Array, size: tuple[int, int], rng: np.random.Generator, tries: int = 20
) -> Pixels | None:
    """A stretch of an image that no person's box touches, of the wanted height and width; None if none is found.

    Args:
        image: Image row.
        boxes: Boxes (N, 4) of all people of the image, crowds included.
        size: Wanted height and width.
        rng: Randomness.
        tries: Places to try.

    Returns:
        Pixels (height, width, 3).
    """
    height, width = size
    if image["height"] < height or image["width"] < width:
        return None
    for _ in range(tries):
        top = int(rng.integers(0, image["height"] - height + 1))
        left = int(rng.integers(0, image["width"] - width + 1))
        if not _touches(np.array([left, top, width, height], dtype=float), boxes):
            return images.read_rgb(Path(image["path"]))[top : top + height, left : left + width]
    return None


def margin_box(bbox: Array, context: float) -> Array:
    """Box (4,) grown on every side by `context` of its larger side."""
    margin = context * max(bbox[2], bbox[3]) + 8
    return np.array([bbox[0] - margin, bbox[1] - margin, bbox[2] + 2 * margin, bbox[3] + 2 * margin])


def window_of(bbox: Array, shape: tuple[int, ...], context: float) -> Window:
    """Rows and columns of the grown box inside an image."""
    x, y, width, height = margin_box(bbox, context)
    return (
        slice(max(int(y), 0), min(int(np.ceil(y + height)), shape[0])),
        slice(max(int(x), 0), min(int(np.ceil(x + width)), shape[1])),
    )


def _touches(box: Array, others: Array) -> bool:
    if not len(others):
        return False
    apart = (
        (others[:, 0] >= box[0] + box[2])
        | (others[:, 0] + others[:, 2] <= box[0])
        | (others[:, 1] >= box[1] + box[3])
        | (others[:, 1] + others[:, 3] <= box[1])
    )
    return bool((~apart).any())
