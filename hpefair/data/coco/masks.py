"""COCO segmentations (polygons or run lengths) to masks and back."""

import json
import math
from typing import Any, Final

import numpy as np
from pycocotools import mask as coco_mask

from hpefair.arrays import Mask


FARTHEST: Final = 1e5  # pixels; coordinates beyond are drawn there: the library would overflow


def is_segmentation(value: object, size: tuple[int, int]) -> bool:
    """Whether a JSON value is nothing, a list of polygons, or run lengths that fill an image of this width and height.

    Run lengths of another size, or of more or fewer pixels, would be decoded into memory that is not theirs.
    """
    if not value:
        return True
    if isinstance(value, list):
        return all(isinstance(part, list) and len(part) % 2 == 0 and all(map(_is_number, part)) for part in value)
    if not isinstance(value, dict) or value.get("size") != [size[1], size[0]]:
        return False
    counts = value.get("counts")
    runs = run_lengths(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(type(run) is int and run >= 0 for run in runs):
        return False
    return sum(runs) == size[0] * size[1]


def run_lengths(text: str) -> list[int] | None:
    """Run lengths of their compressed form (rleFrString of the COCO API); None where the text is none."""
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        code = ord(letter) - 48
        if not 0 <= code < 64 or shift > 25:  # six letters hold any run; the library shifts 32 bits
            return None
        value |= (code & 0x1F) << shift
        shift += 5
        if code & 0x20:
            continue
        if code & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return None if shift else runs


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def decode(segmentation: str, height: int, width: int) -> Mask | None:
    """Mask (H, W) of a segmentation stored as JSON text.

    Args:
        segmentation: Polygons or run lengths; empty where the annotation has none.
        height: Image height in pixels.
        width: Image width in pixels.

    Returns:
        The mask, column-major, or None where there is no usable segmentation.
    """
    if not segmentation:
        return None
    shape: Any = json.loads(segmentation)
    if isinstance(shape, list):
        parts = [part for part in shape if isinstance(part, list) and len(part) >= 6]
        if not parts:
            return None
        if max(max(map(abs, part)) for part in parts) > FARTHEST:
            parts = [np.clip(part, -FARTHEST, FARTHEST).tolist() for part in parts]
        shape = coco_mask.merge(coco_mask.frPyObjects(parts, height, width))
    elif isinstance(shape.get("counts"), list):
        shape = coco_mask.frPyObjects(shape, height, width)
    mask: Mask = coco_mask.decode(shape).view(np.bool_)
    return mask if mask.shape == (height, width) else None


def decode_parts(parts: str, height: int, width: int) -> Mask | None:
    """Union (H, W) of named segmentations stored as one JSON object; None where there are none."""
    shapes = json.loads(parts) if parts else {}
    decoded = [decode(json.dumps(shape), height, width) for shape in shapes.values()]
    masks = [mask for mask in decoded if mask is not None]
    return np.logical_or.reduce(masks) if masks else None


def encode(mask: Mask) -> str:
    """Compressed run lengths of a mask (H, W) as JSON text."""
    runs = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return json.dumps({"size": [int(side) for side in runs["size"]], "counts": runs["counts"].decode("ascii")})


def box(mask: Mask) -> list[float]:
    """Box x, y, width, height of a mask (H, W); zeros where it is empty."""
    bounds: list[float] = coco_mask.toBbox(coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))).tolist()
    return bounds


def area(mask: Mask) -> float:
    """Area of a mask in square pixels, as COCO computes it."""
    return float(mask.sum())
