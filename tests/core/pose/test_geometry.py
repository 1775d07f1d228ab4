"""Crops, flips and boxes keep one coordinate convention."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from hpefair.core.pose.geometry import box_overlap, crop_affine, crop_window, invert, mirror, transform
from hpefair.core.pose.skeletons import COCO_17

finite = st.floats(-50, 300)
positive = st.floats(5, 200)


@given(finite, finite, positive, positive, st.floats(-3, 3))
def test_crop_maps_round_trip(x, y, width, height, rotation):
    """Into the crop and back is the identity."""
    matrix = crop_affine(crop_window(np.array([x, y, width, height]), 0.75), (96, 128), rotation)
    points = np.array([[x, y], [x + width, y + height], [0.0, 0.0]])
    np.testing.assert_allclose(transform(transform(points, matrix), invert(matrix)), points, atol=1e-6)


def test_crop_of_the_whole_image_is_the_identity():
    """A window that is the image maps every pixel centre to itself."""
    matrix = crop_affine(np.array([48.0, 64.0, 96.0, 128.0]), (96, 128))
    np.testing.assert_allclose(matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-12)


def test_warped_pixels_and_points_agree():
    """A bright dot lands where `transform` says, rotation and scale included."""
    image = np.zeros((120, 160), np.float32)
    image[70, 90] = 1
    matrix = crop_affine(np.array([90.5, 70.5, 48.0, 64.0]), (96, 128), 0.4)
    warped = cv2.warpAffine(image, matrix, (96, 128), flags=cv2.INTER_LINEAR)
    rows, columns = np.nonzero(warped)
    weight = warped[rows, columns]
    seen = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    np.testing.assert_allclose(seen, transform(np.array([90.0, 70.0]), matrix), atol=0.05)


def test_mirroring_twice_is_the_identity_and_swaps_sides():
    """Left and right change places, and the flipped image's pixels agree."""
    keypoints = np.random.default_rng(0).uniform(0, 90, (17, 3))
    flipped = mirror(keypoints, 96, COCO_17.flip_order())
    np.testing.assert_allclose(mirror(flipped, 96, COCO_17.flip_order()), keypoints)
    left, right = COCO_17.index("left_wrist"), COCO_17.index("right_wrist")
    assert flipped[right, 0] == 95 - keypoints[left, 0]


@given(st.lists(st.tuples(finite, finite, positive, positive), min_size=1, max_size=5))
def test_box_overlap_equals_pycocotools(boxes):
    """Intersection over union of every pair."""
    array = np.array(boxes)
    np.testing.assert_allclose(box_overlap(array, array), coco_mask.iou(array, array, [0] * len(array)), atol=1e-9)
