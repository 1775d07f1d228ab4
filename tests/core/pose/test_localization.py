"""PCK, PDJ, PCKh, PCP and MPJPE: known answers from first principles, and MMEval on random people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmeval.metrics.keypoint_epe import keypoint_epe_accuracy
from mmeval.metrics.pck_accuracy import keypoint_pck_accuracy

from hpefair.core.pose.localization import (
    STICKS,
    correct_joints,
    correct_parts,
    joint_errors,
    mean_per_joint_error,
    pooled,
    row_mean,
)
from hpefair.core.pose.normalizers import Head, Torso, box_size, head_size, torso_length
from hpefair.core.pose.skeletons import COCO_17, FLIC_11, LSP_14, MPII_16


def person(skeleton, **places):
    """One person (1, K, 3) with the named joints labelled."""
    keypoints = np.zeros((1, skeleton.size, 3))
    for joint, place in places.items():
        keypoints[0, skeleton.index(joint)] = [*place, 2]
    return keypoints


def moved(keypoints, joint, skeleton, by):
    """A prediction that is right but for one joint."""
    predicted = keypoints[..., :2].copy()
    predicted[0, skeleton.index(joint)] += by
    return predicted


def test_pck_by_the_box():
    """Box 100 by 50, threshold .2: 20 px off is right (inclusive, as MPII's code has it), 20.1 px is wrong."""
    truth = person(COCO_17, nose=(10, 10), left_wrist=(50, 50))
    size = box_size(np.array([[0.0, 0, 50, 100]]))
    assert size[0] == 100
    for distance, expected in ((20.0, 1.0), (20.1, 0.0)):
        right = correct_joints(truth, moved(truth, "left_wrist", COCO_17, (0, distance)), size, 0.2)
        assert right[0, COCO_17.index("left_wrist")] == expected
        assert right[0, COCO_17.index("nose")] == 1
        assert np.isnan(np.delete(right[0], [0, 9])).all()


def test_pdj_by_the_torso_and_its_named_fallbacks():
    """Left shoulder (0, 0) to right hip (30, 40): 50 px."""
    whole = person(COCO_17, left_shoulder=(0, 0), right_hip=(30, 40), right_shoulder=(20, 0), left_hip=(20, 60))
    length, used = torso_length(whole, COCO_17)
    assert (length[0], used[0]) == (50, Torso.LEFT_SHOULDER_RIGHT_HIP.value)
    other = whole.copy()
    other[0, COCO_17.index("left_shoulder"), 2] = 0
    assert np.isnan(torso_length(other, COCO_17)[0][0])
    length, used = torso_length(other, COCO_17, fallback=True)
    assert (length[0], used[0]) == (60, Torso.RIGHT_SHOULDER_LEFT_HIP.value)
    other[0, COCO_17.index("left_hip"), 2] = 0
    length, used = torso_length(other, COCO_17, fallback=True)
    assert np.isnan(length[0])
    assert used[0] == ""


def test_head_sizes_by_name():
    """MPII: .6 of the head box diagonal. LSP: neck to head top. COCO: ear to ear. FHIBE: the whole diagonal."""
    boxes = np.array([[0.0, 0, 30, 40], [np.nan] * 4])
    nobody = np.zeros((2, 17, 3))
    np.testing.assert_allclose(head_size(nobody, COCO_17, Head.BOX, boxes), [30, np.nan])
    np.testing.assert_allclose(head_size(nobody, COCO_17, Head.FACE_BOX, boxes), [50, np.nan])
    lsp = person(LSP_14, neck=(0, 10), head_top=(0, 0))
    assert head_size(lsp, LSP_14, Head.SEGMENT)[0] == 10
    ears = person(COCO_17, left_ear=(8, 0), right_ear=(0, 6))
    assert head_size(ears, COCO_17, Head.EARS)[0] == 10
    assert np.isnan(head_size(ears, COCO_17, Head.SEGMENT)[0])
    with pytest.raises(ValueError, match="Expected boxes"):
        head_size(nobody, COCO_17, Head.BOX)


def test_pckh_known_answer():
    """Head size 30: at threshold .5, 15 px is right and 16 px is wrong."""
    truth = person(MPII_16, right_wrist=(100, 100))
    size = head_size(truth, MPII_16, Head.BOX, np.array([[0.0, 0, 30, 40]]))
    for distance, expected in ((15, 1.0), (16, 0.0)):
        right = correct_joints(truth, moved(truth, "right_wrist", MPII_16, (distance, 0)), size, 0.5)
        assert right[0, MPII_16.index("right_wrist")] == expected


def test_pcp_strict_and_relaxed():
    """A forearm of 40 px with one end 30 px off: strict says wrong (30 > 20), relaxed says right (15 <= 20)."""
    truth = person(LSP_14, left_elbow=(0, 0), left_wrist=(40, 0), neck=(0, 20), head_top=(0, 0))
    predicted = moved(truth, "left_wrist", LSP_14, (0, 30))
    for strict, expected in ((True, 0.0), (False, 1.0)):
        names, right = correct_parts(truth, predicted, LSP_14, strict)
        assert right[0, names.index("left_lower_arm")] == expected
        assert right[0, names.index("head")] == 1
        assert np.isnan(right[0, names.index("right_lower_leg")])


def test_sticks_follow_the_skeleton():
    """Ten sticks where all joints exist; COCO has no head or torso stick, FLIC only arms."""
    assert set(correct_parts(person(MPII_16), np.zeros((1, 16, 2)), MPII_16, True)[0]) == set(STICKS)
    assert set(correct_parts(person(LSP_14), np.zeros((1, 14, 2)), LSP_14, True)[0]) == set(STICKS)
    coco = correct_parts(person(COCO_17), np.zeros((1, 17, 2)), COCO_17, True)[0]
    assert set(STICKS) - set(coco) == {"head", "torso"}
    assert all("arm" in name for name in correct_parts(person(FLIC_11), np.zeros((1, 11, 2)), FLIC_11, True)[0])


def test_lsp_torso_runs_from_neck_to_the_middle_of_the_hips():
    """Neck (0, 0), hips (-10, 40) and (10, 40): 40 px; a hip 30 px off moves the middle by 15."""
    truth = person(LSP_14, neck=(0, 0), left_hip=(-10, 40), right_hip=(10, 40))
    for shift, expected in ((30, 1.0), (50, 0.0)):
        names, right = correct_parts(truth, moved(truth, "left_hip", LSP_14, (0, shift)), LSP_14, True)
        assert right[0, names.index("torso")] == expected


def test_people_who_were_not_found_have_no_error_and_nothing_right():
    """All their labelled joints are wrong; their distance is unknown."""
    truth = person(COCO_17, left_shoulder=(0, 0), left_elbow=(0, 10))
    lost = np.full((1, 17, 2), np.nan)
    assert np.isnan(joint_errors(truth, lost)).all()
    assert np.nansum(correct_joints(truth, lost, np.array([100.0]), 0.2)) == 0
    assert row_mean(correct_joints(truth, lost, np.array([100.0]), 0.2))[0] == 0
    names, right = correct_parts(truth, lost, COCO_17, strict=False)
    assert right[0, names.index("left_upper_arm")] == 0


def test_mpjpe_in_the_plane_and_about_a_root():
    """Everything shifted by (3, 4): 5 px; about the root: 0. In 3D a joint 2 off among two: 1."""
    truth = np.zeros((1, 3, 2))
    labelled = np.ones((1, 3), bool)
    shifted = truth + np.array([3, 4])
    assert mean_per_joint_error(truth, shifted, labelled)[0] == 5
    assert mean_per_joint_error(truth, shifted, labelled, root=0)[0] == 0
    solid = np.zeros((1, 2, 3))
    bent = solid.copy()
    bent[0, 1, 2] = 2
    assert mean_per_joint_error(solid, bent, np.ones((1, 2), bool), root=0)[0] == 1
    assert np.isnan(mean_per_joint_error(solid, bent, np.array([[False, True]]), root=0)[0])
    assert np.isnan(mean_per_joint_error(solid, bent, np.zeros((1, 2), bool))[0])


def test_three_means_of_one_table_differ():
    """Micro weighs joints, macro people or joints: .75, .833 and .75 here."""
    values = np.array([[1.0, 1.0, 0.0], [1.0, np.nan, np.nan]])
    means = pooled(values)
    assert means["micro"] == 0.75
    assert means["macro_people"] == pytest.approx((2 / 3 + 1) / 2)
    assert means["macro_joints"] == pytest.approx((1 + 1 + 0) / 3)


@given(st.integers(0, 10_000), st.floats(0.05, 0.6))
def test_pck_and_end_point_error_are_mmevals(seed, threshold):
    """Per joint, and its mean over joints; MMEval's means are macro over joints (PCK) and micro (EPE)."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate([rng.uniform(0, 100, (6, 17, 2)), rng.choice([0, 2], (6, 17, 1), p=[0.3, 0.7])], axis=2)
    truth[0, :, 2] = 2
    predicted = truth[..., :2] + rng.normal(0, 10, (6, 17, 2))
    size = rng.uniform(20, 80, 6)
    mask = truth[..., 2] > 0
    right = correct_joints(truth, predicted, size, threshold)
    each, mean, _ = keypoint_pck_accuracy(predicted, truth[..., :2], mask, threshold, np.stack([size, size], axis=1))
    np.testing.assert_allclose(row_mean(right.T), each)
    assert pooled(right)["macro_joints"] == pytest.approx(mean)
    errors = joint_errors(truth, predicted)
    assert np.nanmean(errors) == pytest.approx(keypoint_epe_accuracy(predicted, truth[..., :2], mask), rel=1e-5)
