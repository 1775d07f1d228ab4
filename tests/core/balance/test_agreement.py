"""Judges agree with an annotation where it is right; only what is visible is asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.balance.agreement import ON_LIMB, agreement, doubted
from hpefair.core.pose.skeletons import COCO_17
from tests import oracles

AREA = 5000.0


def person(rng, visibility=2.0):
    points = rng.uniform(20, 200, (17, 2))
    return np.column_stack([points, np.full(17, visibility)])


def judged(keypoints, by=0.0):
    return np.column_stack([keypoints[:, :2] + by, np.ones(17)])


@given(st.integers(0, 2**32), st.floats(0, 15))
def test_oks_is_cocos(seed, noise):
    """Over visible joints, against pycocotools."""
    rng = np.random.default_rng(seed)
    truth = person(rng)
    truth[rng.random(17) < 0.3, 2] = 1.0
    if not (truth[:, 2] == 2).any():
        return
    seen = judged(truth, rng.normal(0, noise, (17, 2)))
    labelled = truth.copy()
    labelled[truth[:, 2] < 2, 2] = 0
    expected = oracles.oks(labelled, AREA, seen[:, :2])
    assert agreement(truth, seen, AREA).oks == pytest.approx(expected, abs=1e-9)


def test_the_worst_limb_joint_is_named_and_faces_are_left_out():
    truth = person(np.random.default_rng(0))
    seen = judged(truth)
    seen[COCO_17.index("nose"), :2] += 90
    seen[COCO_17.index("left_knee"), :2] += [30, 40]
    found = agreement(truth, seen, AREA)
    assert found.joint == COCO_17.index("left_knee")
    assert found.worst == pytest.approx(50 / np.sqrt(AREA))
    assert ON_LIMB.sum() == 12


def test_hidden_joints_are_not_asked():
    """However far off they are; and where nothing is visible, nothing is said."""
    truth = person(np.random.default_rng(1))
    truth[7, 2] = 1
    seen = judged(truth)
    seen[7, :2] += 100
    assert agreement(truth, seen, AREA).oks == 1
    assert agreement(truth, seen, AREA).worst == 0
    assert agreement(person(np.random.default_rng(1), 1.0), seen, AREA).seen == 0
    nobody = np.full((17, 3), np.nan)
    assert np.isnan(agreement(truth, nobody, AREA).oks)


def test_unseen_joints_count_against():
    truth = person(np.random.default_rng(2))
    seen = judged(truth)
    seen[:5] = np.nan
    assert agreement(truth, seen, AREA).oks == pytest.approx(12 / 17)


def test_joints_that_judges_dispute_are_doubted():
    """Far apart, or seen by fewer than two; hidden ones are not."""
    truth = person(np.random.default_rng(3))
    truth[5, 2] = 1
    apart = np.zeros(17)
    apart[[5, 6]] = 0.3 * np.sqrt(AREA)
    apart[7] = np.nan
    assert np.flatnonzero(doubted(truth, apart, AREA, 0.25)).tolist() == [6, 7]
