"""A training person read from disk: window, mask, keypoints, and who else is in it."""

from pathlib import Path

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.generation.parents import awkward, margin_box
from hpefair.generation.protocol import AnnotatedPerson
from hpefair.generation.recompose.carrying import Window, cropped
from hpefair.generation.recompose.shot import Shot
from hpefair.schema import PERCEIVED


def read_shot(row: pd.Series, companions: pd.DataFrame, context: float) -> Shot:
    """A person in its window, and everybody who is in it as well.

    Args:
        row: The person.
        companions: All people of its image.
        context: Margin around the box, in box sizes.
    """
    pixels = images.read_rgb(Path(row["path"]))
    size = pixels.shape[:2]
    window = window_of(np.asarray(row["bbox"], dtype=float), size, context)
    person = cropped(read_person(row, size), window)
    near = companions[companions["person_id"] != row["person_id"]].sort_values("person_id")
    others = [cropped(read_person(other, size), window) for _, other in near[~awkward(near)].iterrows()]
    seen = tuple(other for other in others if other.mask.any())
    stretch = np.ascontiguousarray(pixels[window])
    return Shot(stretch, person, seen, (str(row["image_id"]),), (str(row["license"]),))


def read_person(row: pd.Series, size: tuple[int, int]) -> AnnotatedPerson:
    """A person of the table, in a picture of this height and width."""
    mask = masks.decode(row["segmentation"], *size)
    if mask is None:
        raise ValueError(f"Expected a segmentation for {row['person_id']} but got none")
    keypoints = np.asarray(row["keypoints"], dtype=float).reshape(-1, 3).copy()
    garments = masks.decode_parts(row.get("garments", ""), *size)
    labels = {name: str(row[name]) for name in PERCEIVED}
    bbox = np.asarray(row["bbox"], dtype=float)
    return AnnotatedPerson(keypoints, np.ascontiguousarray(mask), bbox, labels, garments, str(row["person_id"]))


def window_of(bbox: Array, shape: tuple[int, ...], context: float) -> Window:
    """Rows and columns of the grown box inside an image."""
    x, y, width, height = margin_box(bbox, context)
    return (
        slice(max(int(y), 0), min(int(np.ceil(y + height)), shape[0])),
        slice(max(int(x), 0), min(int(np.ceil(x + width)), shape[1])),
    )
