"""Segmentations in all of COCO's forms."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from hpefair.data.coco import masks


def test_all_forms_decode():
    """Polygons, compressed and uncompressed run lengths, and none."""
    mask = np.zeros((30, 40), bool)
    mask[5:20, 10:30] = True
    assert (masks.decode(masks.encode(mask), 30, 40) == mask).all()
    polygon = json.dumps([[10, 5, 30, 5, 30, 20, 10, 20]])
    assert (masks.decode(polygon, 30, 40) == mask).all()
    flat = mask.flatten(order="F").astype(int)
    edges = np.flatnonzero(np.diff(np.r_[0, flat, 0]))
    counts = np.diff(np.r_[0, edges, flat.size]).tolist()
    assert (masks.decode(json.dumps({"size": [30, 40], "counts": counts}), 30, 40) == mask).all()
    assert masks.decode("", 30, 40) is None
    assert masks.decode("[[1, 2]]", 30, 40) is None


def test_area_is_cocos():
    """As pycocotools counts it."""
    mask = np.random.default_rng(0).random((20, 20)) > 0.5
    assert masks.area(mask) == coco_mask.area(coco_mask.encode(np.asfortranarray(mask.astype(np.uint8))))


@pytest.mark.parametrize(
    "value",
    [
        {"size": ["a", "b"], "counts": [4]},
        {"size": [2, 2], "counts": [3, -1, 2]},
        {"size": [2, 2], "counts": [10**9, 5]},
        {"size": [10**9, 10**9], "counts": [5]},
        {"size": [2, 2], "counts": [1.5, 2.5]},
        {"size": [2, 2], "counts": ""},
        {"size": [2, 2], "counts": "x"},
        {"size": [2, 2], "counts": "oooooooooooooooooooo"},
        {"size": [1, 4], "counts": "doooooo0"},
        {"size": [3, 2], "counts": [6]},
        {"size": [2, 2]},
        [[1, 2, "x", 4]],
        "polygon",
    ],
)
def test_run_lengths_that_do_not_fill_the_picture_are_none(value):
    """They would be decoded into memory that is not theirs."""
    assert not masks.is_segmentation(value, (2, 2))


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_run_lengths_equal_the_mask(height, width, seed, share):
    """Decoded by us, and counted in the mask itself, column by column."""
    mask = np.random.default_rng(seed).random((height, width)) < share
    shape = json.loads(masks.encode(mask))
    runs = masks.run_lengths(shape["counts"])
    values = np.repeat(np.arange(len(runs)) % 2, runs).reshape(width, height).T
    assert (values == mask).all()
    assert masks.is_segmentation(shape, (width, height))
    assert masks.is_segmentation({"size": [height, width], "counts": runs}, (width, height))


def test_absurd_coordinates_are_drawn_at_the_horizon():
    """And end."""
    mask = masks.decode("[[-1e300, -1e300, 1e300, -1e300, 1e300, 1e300, -1e300, 1e300]]", 5, 7)
    assert mask.all()
