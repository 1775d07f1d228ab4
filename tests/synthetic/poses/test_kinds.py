"""Postures stay within the range of motion, are as often left as right, and cover what sports photographs show."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from hpefair.synthetic.body.body import load_body
from hpefair.synthetic.body.figure import build_figure
from hpefair.synthetic.body.posture import LIMITS, Arm, Leg
from hpefair.synthetic.body.rotations import turn, two_bone, unit
from hpefair.synthetic.poses.kinds import KINDS, SHARES, draw_posture
from tests.synthetic.scenes import scene

DRAWN = [draw_posture(np.random.default_rng(seed)) for seed in range(1500)]


@given(st.integers(0, 2**32), st.sampled_from(sorted(KINDS)))
def test_angles_are_anatomical(seed, kind):
    posture = draw_posture(np.random.default_rng(seed), kind)
    assert posture.kind == kind
    for name, degrees in posture.angles().items():
        low, high = LIMITS[name.split(".")[1]]
        assert low <= degrees <= high, name


def test_out_of_range_angles_are_clipped():
    assert Leg(knee_flexion=200).knee_flexion == 150
    assert Arm(elbow_flexion=-5).elbow_flexion == 0


def test_mirroring_twice_changes_nothing():
    for posture in DRAWN[:200]:
        assert posture.mirrored().mirrored() == posture


@pytest.mark.parametrize("angle", ["shoulder_flexion", "elbow_flexion", "shoulder_abduction"])
def test_left_and_right_are_drawn_alike(angle):
    left, right = ([p.angles()[f"{side}_arm.{angle}"] for p in DRAWN] for side in ("left", "right"))
    assert ks_2samp(left, right).pvalue > 0.01


def test_sides_turn_both_ways():
    for name in ("trunk.spine_twist", "trunk.neck_twist", "trunk.spine_side"):
        values = np.array([p.angles()[name] for p in DRAWN])
        assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


def test_every_kind_comes_up():
    counts = Counter(posture.kind for posture in DRAWN)
    assert set(counts) == set(KINDS) == set(SHARES)
    assert 0.08 < np.mean([abs(p.pitch) > 60 or abs(p.roll) > 60 for p in DRAWN]) < 0.3


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="Expected a kind of pose"):
        draw_posture(np.random.default_rng(0), "fly")


@given(st.integers(0, 2**32))
def test_two_bones_reach_their_target(seed):
    rng = np.random.default_rng(seed)
    lengths = tuple(rng.uniform(0.2, 0.4, 2))
    origin, target = rng.normal(size=3), None
    target = origin + unit(rng.normal(size=3)) * rng.uniform(
        abs(lengths[0] - lengths[1]) * 1.1 + 0.02, sum(lengths) * 0.99
    )
    pole = rng.normal(size=3)
    upper, lower = two_bone(origin, target, pole, lengths)
    elbow = origin + upper * lengths[0]
    np.testing.assert_allclose(elbow + lower * lengths[1], target, atol=1e-9)
    straight = origin + (target - origin) * ((elbow - origin) @ (target - origin)) / (
        (target - origin) @ (target - origin)
    )
    assert (elbow - straight) @ pole > -1e-9


def test_turns_are_rotations():
    rotation = turn([1, 2, 3], 77)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turn([0, 1, 0], 90) @ [0, 0, 1], [1, 0, 0], atol=1e-12)


def test_limbs_keep_their_length():
    """Posing turns bones; it does not stretch them."""
    body = load_body()
    for number in range(8):
        person = scene(number).people[0]
        figure, fit = build_figure(person), person.fitted()
        rest = body.rest(fit.phenotype, fit.sliders)
        joints = body.regressor @ rest[: body.n_vertices]
        for a, b in ((7, 9), (8, 10), (13, 15), (14, 16)):
            posed, resting = (np.linalg.norm(p[a] - p[b]) for p in (figure.joints, joints))
            assert posed == pytest.approx(resting, rel=0.12)


def test_nobody_sinks_into_the_floor():
    for number in range(12):
        for person in scene(number).people:
            if person.posture.support == "floor":
                assert build_figure(person).points()[:, 1].min() == pytest.approx(0, abs=1e-4)
            if person.posture.support == "air":
                assert build_figure(person).points()[:, 1].min() > 0.02
