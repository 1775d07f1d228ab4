"""Crops of a dataset's own people with the conditions that the pose pipeline learns to paint them from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import crop_affine, crop_window, mirror, transform
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.generation.diffusion import conditions
from hpefair.generation.diffusion.conditions import Shape
from hpefair.machine import progress

SMALLEST: Final = 0.5  # larger box side, in crop sides: blurred people are not worth learning


@dataclass(frozen=True)
class Crops:
    """People to learn from.

    Attributes:
        pixels: Crops (N, S, S, 3).
        conditions: Skeleton and parts (N, S, S, 6).
        mirrored: The same of the mirror images, left and right swapped.
    """

    pixels: Pixels
    conditions: Pixels
    mirrored: Pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def rows(self, which: NDArray[np.int64]) -> "Crops":
        """Some of the people."""
        return Crops(self.pixels[which], self.conditions[which], self.mirrored[which])


def cut(people: pd.DataFrame, side: int) -> Crops:
    """Square crops of everybody large enough, everybody else in them conditioned as well.

    Args:
        people: Rows path, bbox, keypoints, segmentation, garments, iscrowd, wanted (whether to cut this person out).
        side: Pixels a side.

    Returns:
        The crops, image by image.
    """
    crops: list[tuple[Pixels, Pixels, Pixels]] = []
    for path, rows in progress.track(list(people.groupby("path", sort=True)), "cutting out people"):
        pixels = images.read_rgb(Path(str(path)))
        shapes = [_shape(row, pixels.shape[:2]) for row in rows.to_dict("records")]
        known = [shape for shape in shapes if shape is not None]
        for row, shape in zip(rows.to_dict("records"), shapes, strict=True):
            box = np.asarray(row["bbox"], dtype=float)
            if shape is not None and row["wanted"] and not row["iscrowd"] and max(box[2:]) >= SMALLEST * side:
                crops.append(_cut(pixels, box, [shape, *(one for one in known if one is not shape)], side))
    empty = [np.zeros((0, side, side, channels), np.uint8) for channels in (3, 6, 6)]
    return Crops(*(np.stack(column) for column in zip(*crops, strict=True))) if crops else Crops(*empty)


def _shape(row: dict[str, object], size: tuple[int, int]) -> Shape | None:
    mask = masks.decode(str(row["segmentation"] or ""), *size)
    if mask is None:
        return None
    garments = row["garments"] if isinstance(row["garments"], str) else ""
    keypoints = np.asarray(row["keypoints"], dtype=float).reshape(-1, 3)
    return Shape(keypoints, mask, masks.decode_parts(garments, *size))


def _cut(pixels: Pixels, box: Array, people: list[Shape], side: int) -> tuple[Pixels, Pixels, Pixels]:
    window = _inside(crop_window(box, 1.0), box, pixels.shape[:2])
    # Cut finely, then averaged: a sparse look at a large picture would alias.
    fine = side * max(1, int(window[2] // side))
    matrix = crop_affine(window, (fine, fine))

    def averaged(values: NDArray[np.uint8], border: int) -> NDArray[np.uint8]:
        cropped = cv2.warpAffine(values, matrix, (fine, fine), flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(cv2.resize(cropped, (side, side), interpolation=cv2.INTER_AREA), np.uint8)

    def masked(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return averaged(255 * mask.astype(np.uint8), cv2.BORDER_CONSTANT) > 127

    moved = []
    for person in people:
        keypoints = person.keypoints.copy()
        keypoints[:, :2] = transform(keypoints[:, :2], crop_affine(window, (side, side)))
        garments = None if person.garments is None else masked(person.garments)
        moved.append(Shape(keypoints, masked(person.mask), garments))
    return averaged(pixels, cv2.BORDER_REPLICATE), _stacked(moved), _stacked([_mirrored(one, side) for one in moved])


def _inside(window: Array, box: Array, size: tuple[int, int]) -> Array:
    """A square window (4,) shrunk and moved into the picture, as far as the box allows: beyond is nothing to learn."""
    height, width = size
    side = max(float(box[2:].max()), min(float(window[2]), float(height), float(width)))
    centre = [
        float(np.clip(middle, side / 2, length - side / 2)) if side <= length else length / 2
        for middle, length in zip(window[:2], (width, height), strict=True)
    ]
    return np.array([*centre, side, side])


def _mirrored(person: Shape, side: int) -> Shape:
    garments = None if person.garments is None else person.garments[:, ::-1]
    return Shape(mirror(person.keypoints, side, COCO_17.flip_order()), person.mask[:, ::-1], garments)


def _stacked(people: list[Shape]) -> Pixels:
    drawn = conditions.of_people(people)
    return np.concatenate([drawn["skeleton"], drawn["parts"]], axis=2)
