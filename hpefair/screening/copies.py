"""Generated people who look like each other, or like somebody photographed: nothing new, or something memorized."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd
from skimage.color import rgb2lab

from hpefair.arrays import Array, Pixels
from hpefair.core.balance.screening import near_duplicates, nearest
from hpefair.data import images
from hpefair.machine import progress
from hpefair.screening.faults import COPY, DUPLICATE, NONE, Fault
from hpefair.settings.params import Screen

SIDE: Final = 16
ROOM: Final = 1.1  # of the box: a copy that was cropped a little tighter is still seen as one


def copy_faults(made: pd.DataFrame, real: pd.DataFrame, held_out: Sequence[str], settings: Screen) -> list[Fault]:
    """Fault of every generated person.

    Args:
        made: path and bbox of generated people, in the order in which they would be accepted.
        real: path and bbox of real people of the training split.
        held_out: Image files outside the training split, which no generated picture may resemble.
        settings: The screen section of params.yaml.

    Returns:
        A fault or none for each: `copy` for a person like a real one or a picture like a held-out one, mirrored or not;
        `duplicate` for a picture like an earlier one.
    """
    if made.empty:
        return []
    wholes = np.stack([thumbnail(_whole(path)) for path in made["path"]])
    people = np.stack([thumbnail(_crop(path, box)) for path, box in zip(made["path"], made["bbox"], strict=True)])
    faults: list[Fault] = [NONE] * len(made)
    others = np.array([thumbnail(_whole(path)) for path in held_out]).reshape(-1, SIDE, SIDE, 3)
    for row in np.flatnonzero(_least(wholes, others) < settings.duplicate_delta_e).tolist():
        faults[row] = (COPY, "looks like a held-out picture")
    looked_at = progress.track(list(zip(real["path"], real["bbox"], strict=True)), "looking for copies", len(real))
    known = np.array([thumbnail(_crop(path, box)) for path, box in looked_at]).reshape(-1, SIDE, SIDE, 3)
    for row in np.flatnonzero(_least(people, known) < settings.copy_delta_e).tolist():
        faults[row] = (COPY, "looks like a photographed person")
    # What is rejected anyway cannot be repeated by anybody.
    fresh = np.array([row for row, fault in enumerate(faults) if fault == NONE], dtype=int)
    for row in near_duplicates(wholes[fresh], np.zeros((0, SIDE, SIDE, 3)), settings.duplicate_delta_e):
        faults[fresh[row]] = (DUPLICATE, "looks like another accepted picture")
    return faults


def thumbnail(pixels: Pixels) -> Array:
    """CIELAB thumbnail (16, 16, 3) of RGB pixels (H, W, 3)."""
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab: Array = rgb2lab(small)
    return lab


def _least(thumbnails: Array, others: Array) -> Array:
    """Distance (N,) of each thumbnail to the nearest of others, mirrored or not."""
    return np.minimum(nearest(thumbnails, others), nearest(thumbnails[:, :, ::-1], others))


def _crop(path: str, bbox: Sequence[float]) -> Pixels:
    pixels = _whole(path)
    x, y, width, height = (float(value) for value in bbox)
    left, top = x - (ROOM - 1) / 2 * width, y - (ROOM - 1) / 2 * height
    rows = slice(max(round(top), 0), max(round(top + ROOM * height), round(top) + 1, 1))
    columns = slice(max(round(left), 0), max(round(left + ROOM * width), round(left) + 1, 1))
    crop = pixels[rows, columns]
    return np.ascontiguousarray(crop) if crop.size else np.zeros((SIDE, SIDE, 3), np.uint8)


@lru_cache(maxsize=4)
def _whole(path: str) -> Pixels:
    return images.read_rgb(Path(path))
