"""COCO segmentations (polygons or run lengths) to masks and back."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

Mask = NDArray[np.bool_]


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
        shape = coco_mask.merge(coco_mask.frPyObjects(parts, height, width))
    elif isinstance(shape.get("counts"), list):
        shape = coco_mask.frPyObjects(shape, height, width)
    mask: Mask = coco_mask.decode(shape).view(np.bool_)
    return mask if mask.shape == (height, width) else None


def decode_parts(parts: str, height: int, width: int) -> Mask | None:
    """Union (H, W) of named segmentations stored as one JSON object; None where there are none."""
    shapes = json.loads(parts) if parts else {}
    found = [decode(json.dumps(shape), height, width) for shape in shapes.values()]
    masks = [mask for mask in found if mask is not None]
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
