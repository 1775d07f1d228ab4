"""Segmentations in all of COCO's forms."""

import json

import numpy as np
from pycocotools import mask as coco_mask

from hpefair.adapters import coco_masks


def test_all_forms_decode():
    """Polygons, compressed and uncompressed run lengths, and none."""
    mask = np.zeros((30, 40), bool)
    mask[5:20, 10:30] = True
    assert (coco_masks.decode(coco_masks.encode(mask), 30, 40) == mask).all()
    polygon = json.dumps([[10, 5, 30, 5, 30, 20, 10, 20]])
    assert (coco_masks.decode(polygon, 30, 40) == mask).all()
    flat = mask.flatten(order="F").astype(int)
    edges = np.flatnonzero(np.diff(np.r_[0, flat, 0]))
    counts = np.diff(np.r_[0, edges, flat.size]).tolist()
    assert (coco_masks.decode(json.dumps({"size": [30, 40], "counts": counts}), 30, 40) == mask).all()
    assert coco_masks.decode("", 30, 40) is None
    assert coco_masks.decode("[[1, 2]]", 30, 40) is None


def test_area_is_cocos():
    """As pycocotools counts it."""
    mask = np.random.default_rng(0).random((20, 20)) > 0.5
    assert coco_masks.area(mask) == coco_mask.area(coco_mask.encode(np.asfortranarray(mask.astype(np.uint8))))
