"""Skeletons are what their datasets say, and map to each other by name."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.cocoeval import Params

from hpefair.core.pose.geometry import mirror
from hpefair.core.pose.skeleton import convert, shared_joints
from hpefair.core.pose.skeletons import COCO_17, LSP_14, MPII_16, SKELETONS, skeleton

EVERY = pytest.mark.parametrize("one", SKELETONS.values(), ids=lambda one: one.name)


def test_sigmas_are_cocos():
    """The OKS constants of pycocotools."""
    np.testing.assert_array_equal(COCO_17.sigmas, Params("keypoints").kpt_oks_sigmas)


@EVERY
def test_parts_fit_together(one):
    """As many sigmas as joints, each joint once, limbs between joints that exist, the number in the name."""
    assert len(one.sigmas) == one.size == len(set(one.joints)) == int(one.name.rsplit("_", 1)[1])
    assert all(0 < sigma < 0.2 for sigma in one.sigmas)
    assert all(a != b for a, b in one.limbs)
    assert {joint for link in one.links for joint in link} <= set(one.joints)
    assert one.sigma_source


@EVERY
def test_flip_pairs_join_left_and_right(one):
    """Every side has its counterpart; flipping twice changes nothing; a pair shares its sigma but for feet and eyes."""
    for left, right in one.flip_pairs:
        assert one.joints[left].replace("left_", "right_") == one.joints[right]
    sided = [joint for joint in one.joints if joint.startswith(("left_", "right_"))]
    assert 2 * len(one.flip_pairs) == len(sided)
    order = one.flip_order()
    np.testing.assert_array_equal(order[order], np.arange(one.size))


def test_coco_mirrors_as_ever():
    """The pairs that every COCO tool lists."""
    assert COCO_17.flip_pairs == ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))


@given(st.sampled_from(list(SKELETONS)), st.sampled_from(list(SKELETONS)), st.integers(0, 99))
def test_conversion_keeps_shared_joints_and_guesses_none(first, second, seed):
    """There and back keeps what both have; what the target lacks a source for is unlabelled."""
    source, target = skeleton(first), skeleton(second)
    keypoints = np.random.default_rng(seed).uniform(1, 9, (3, source.size, 3))
    there = convert(keypoints, source, target)
    here, places = shared_joints(source, target)
    np.testing.assert_array_equal(there[:, places], keypoints[:, here])
    assert (np.delete(there, places, axis=1) == 0).all()
    np.testing.assert_array_equal(convert(there, target, source)[:, here], keypoints[:, here])
    with pytest.raises(ValueError, match="Expected keypoints"):
        convert(keypoints[..., :2], source, target)


def test_lsp_maps_to_coco_as_its_readme_says():
    """Twelve limb joints, by the numbers of the dataset."""
    here, there = shared_joints(LSP_14, COCO_17)
    expected = {5: 9, 6: 8, 7: 10, 8: 7, 9: 11, 10: 6, 11: 3, 12: 2, 13: 4, 14: 1, 15: 5, 16: 0}
    assert dict(zip(there.tolist(), here.tolist(), strict=True)) == expected


def test_mpii_people_stand_the_right_way_up(real_data):
    """On real MPII annotations the head top lies above the pelvis, and the ankles below it."""
    rows = json.loads((real_data / "mpii/mmpose_test_mpii.json").read_text())
    joints = np.array([row["joints"] for row in rows], float)
    labelled = np.array([row["joints_vis"] for row in rows], bool)
    top, pelvis, ankle = (MPII_16.index(name) for name in ("head_top", "pelvis", "left_ankle"))
    both = labelled[:, top] & labelled[:, pelvis]
    assert (joints[both, top, 1] < joints[both, pelvis, 1]).mean() >= 0.8
    both = labelled[:, ankle] & labelled[:, pelvis]
    assert (joints[both, ankle, 1] > joints[both, pelvis, 1]).mean() >= 0.8


def test_mirroring_by_name_is_mirroring_by_order():
    """`geometry.mirror` with the flip order moves left to right."""
    keypoints = np.random.default_rng(0).uniform(0, 50, (17, 3))
    flipped = mirror(keypoints, 100, COCO_17.flip_order())
    left, right = COCO_17.index("left_wrist"), COCO_17.index("right_wrist")
    assert flipped[right, 0] == 99 - keypoints[left, 0]


def test_unknown_names_are_refused():
    """With the names that exist."""
    with pytest.raises(ValueError, match="coco_17"):
        skeleton("mpii")
    with pytest.raises(ValueError, match="Expected a joint"):
        COCO_17.index("tail")
