"""Limbs may look short, never long."""

import gzip
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.pose.limb_lengths import limb_lengths, longest_limb
from hpefair.core.pose.skeletons import COCO_17
from tests.synthetic.scenes import picture

STANDING = picture(13, 256, (1.0,), pose="stand").people[0].keypoints


def test_a_body_is_as_long_as_a_body():
    """A rendered person who stands, whole."""
    length, _ = longest_limb(STANDING)
    assert 0.9 < length < 1.4


@given(st.floats(0.2, 30), st.floats(-3, 3), st.floats(-500, 500))
def test_size_turn_and_place_do_not_matter(scale, angle, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = STANDING.copy()
    moved[:, :2] = scale * STANDING[:, :2] @ turn.T + shift
    assert np.isclose(longest_limb(moved)[0], longest_limb(STANDING)[0])


def test_a_torn_arm_is_named():
    """A wrist half a picture away."""
    wrist, elbow = COCO_17.index("left_wrist"), COCO_17.index("left_elbow")
    torn = STANDING.copy()
    torn[wrist, :2] = torn[elbow, :2] + [200.0, 0.0]
    length, limb = longest_limb(torn)
    assert length > 1.75
    assert limb == (elbow, wrist)


def test_few_limbs_tell_nothing():
    few = STANDING.copy()
    few[11:, 2] = 0
    few[[9, 10], 2] = 0
    assert longest_limb(few)[0] == 0
    assert len(limb_lengths()) == 12


def test_hardly_any_real_person_is_longer(real_data):
    """At least 99.5 % of annotated people in COCO stay below the screen's default."""
    with gzip.open(real_data / "coco_kp/person_keypoints_annonly1284.json.gz", "rt") as file:
        people = [one for one in json.load(file)["annotations"] if one.get("num_keypoints", 0) >= 6]
    found = np.array([longest_limb(np.array(one["keypoints"], float).reshape(17, 3))[0] for one in people])
    assert (found > 0).sum() > 1500
    assert (found[found > 0] < 1.75).mean() > 0.995
