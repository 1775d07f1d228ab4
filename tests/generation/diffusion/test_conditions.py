"""Condition images: known answers on drawn and on rendered people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpefair.generation.diffusion import conditions
from hpefair.generation.diffusion.conditions import CLOTHES_COLOUR, COLOURS, PERSON_COLOUR, Shape
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams

# Where OpenPose's 18 points come from, by COCO's names: body_25's documentation lists them in this order.
ORDER = [
    "nose", None, "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
]  # fmt: skip


def spread(visibility=2.0):
    """Joints on a grid, far enough from each other not to overlap."""
    places = [(60 + 100 * (k % 4), 60 + 95 * (k // 4)) for k in range(17)]
    return np.array([[x, y, visibility] for x, y in places], float)


def test_joints_are_drawn_where_the_keypoints_are_in_openpose_colours():
    from hpefair.core.pose.skeletons import COCO_17

    keypoints = spread()
    canvas = conditions.skeleton([Shape(keypoints, np.zeros((512, 512), bool))], (512, 512))
    for name, colour in zip(ORDER, COLOURS, strict=True):
        joints = ["left_shoulder", "right_shoulder"] if name is None else [name]
        x, y = keypoints[[COCO_17.joints.index(joint) for joint in joints], :2].mean(axis=0)
        assert tuple(canvas[int(y), int(x)]) == colour
        assert tuple(canvas[int(y) + 3, int(x)]) == colour


def test_limbs_join_joints_in_darker_colours():
    """The right upper arm, the third limb: 0.6 times the third colour at its middle."""
    keypoints = spread(0.0)
    keypoints[[6, 8]] = [[100, 100, 2], [200, 100, 2]]
    canvas = conditions.skeleton([Shape(keypoints, np.zeros((512, 512), bool))], (512, 512))
    assert tuple(canvas[100, 150]) == (153, 102, 0)
    assert not canvas[110:].any()


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=17, max_size=17))
def test_only_seen_joints_are_drawn_and_the_neck_needs_both_shoulders(visibility):
    keypoints = spread()
    keypoints[:, 2] = visibility
    points = conditions.openpose(keypoints)
    assert points[:, 2].sum() == (keypoints[:, 2] == 2).sum() + (visibility[5] == visibility[6] == 2)
    np.testing.assert_allclose(points[1, :2], keypoints[5:7, :2].mean(axis=0))


def test_nearer_is_brighter_and_nothing_is_black():
    metres = np.array([[1.0, 2.0, 4.0, np.inf]], np.float32)
    grey = conditions.depth(metres)[0, :, 0]
    assert grey.tolist() == [255, 128, 64, 0]
    assert not conditions.depth(np.full((2, 2), np.inf, np.float32)).any()


@pytest.fixture(scope="module")
def picture():
    return photograph(stage(Streams(4, "conditions"), Setting(size=128, crowds=(1.0,)), {"pose": "stand"}))


def test_conditions_of_a_rendered_person(picture):
    """Parts equal the masks; depth is bright where somebody stands; the skeleton lies on the person."""
    found, labels = conditions.of_photograph(picture), picture.people[0]
    worn = np.logical_or.reduce(list(labels.garments.values()))
    np.testing.assert_array_equal((found["parts"] == CLOTHES_COLOUR).all(axis=2), worn)
    np.testing.assert_array_equal((found["parts"] == PERSON_COLOUR).all(axis=2), labels.mask & ~worn)
    assert found["depth"][labels.mask].min() > 0
    drawn = found["skeleton"].any(axis=2)
    assert (drawn & labels.mask).sum() > 0.7 * drawn.sum() > 0
