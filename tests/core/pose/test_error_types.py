"""Jitter, inversion, swap and miss, by hand and against the matrix form of coco-analyze."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.core.pose.candidates import People
from hpefair.core.pose.error_types import NAMES, error_types
from hpefair.core.pose.skeletons import COCO_17
from tests import oracles

AREA = 10_000.0
WRIST, OTHER_WRIST = COCO_17.index("left_wrist"), COCO_17.index("right_wrist")


def two_people():
    """Two people of 100 px, 300 px apart, in one image."""
    pose = np.concatenate([np.random.default_rng(0).uniform(0, 100, (17, 2)), np.full((17, 1), 2.0)], axis=1)
    pose[WRIST, :2], pose[OTHER_WRIST, :2] = (5, 50), (95, 50)
    keypoints = np.stack([pose, pose + np.array([300, 0, 0])])
    return People(
        image=np.zeros(2, np.int64),
        keypoints=keypoints,
        area=np.full(2, AREA),
        bbox=np.zeros((2, 4)),
        crowd=np.zeros(2, bool),
        num_keypoints=np.full(2, 17),
    )


def type_of_wrist(place, people=None):
    """Type of the first person's left wrist when it is predicted at `place`."""
    people = people or two_people()
    predicted = people.keypoints[..., :2].copy()
    predicted[0, WRIST] = place
    types = error_types(people, predicted, COCO_17)
    others = np.delete(types, WRIST, axis=1)
    assert (others[people.keypoints[:, [k for k in range(17) if k != WRIST], 2] > 0] == NAMES.index("good")).all()
    return NAMES[types[0, WRIST]]


def at(similarity):
    """Distance at which the wrist's keypoint similarity has this value."""
    return np.sqrt(-np.log(similarity) * 2 * AREA * COCO_17.variances[WRIST])


def test_each_type_by_hand():
    """Own place, nearly, the other wrist, somebody else's wrists, nowhere."""
    home, mirror = two_people().keypoints[0, WRIST, :2], two_people().keypoints[0, OTHER_WRIST, :2]
    assert type_of_wrist(home) == "good"
    assert type_of_wrist(home + np.array([0, at(0.86)])) == "good"
    assert type_of_wrist(home + np.array([0, at(0.84)])) == "jitter"
    assert type_of_wrist(home + np.array([0, at(0.51)])) == "jitter"
    assert type_of_wrist(home + np.array([0, at(0.49)])) == "miss"
    assert type_of_wrist(mirror) == "inversion"
    assert type_of_wrist(home + np.array([300, 0])) == "swap"
    assert type_of_wrist(mirror + np.array([300, 0])) == "swap"
    assert type_of_wrist(home + np.array([0, 150])) == "miss"


def test_unlabelled_joints_and_lost_people_have_their_own_types():
    """-1 and not_found; an unlabelled joint of somebody else attracts nothing."""
    people = two_people()
    people.keypoints[1, [WRIST, OTHER_WRIST], 2] = 0
    assert type_of_wrist(people.keypoints[0, WRIST, :2] + np.array([300, 0]), people) == "miss"
    predicted = people.keypoints[..., :2].copy()
    predicted[1] = np.nan
    types = error_types(people, predicted, COCO_17)
    assert types[1, WRIST] == -1
    assert (np.delete(types[1], [WRIST, OTHER_WRIST]) == NAMES.index("not_found")).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 4))
def test_types_equal_the_published_code(seed, n):
    """Crowded images with random errors, joint by joint."""
    rng = np.random.default_rng(seed)
    keypoints = np.concatenate([rng.uniform(0, 60, (n, 17, 2)), rng.choice([0, 1, 2], (n, 17, 1))], axis=2)
    people = People(
        image=np.zeros(n, np.int64),
        keypoints=keypoints,
        area=rng.uniform(500, 4000, n),
        bbox=np.zeros((n, 4)),
        crowd=np.zeros(n, bool),
        num_keypoints=(keypoints[..., 2] > 0).sum(axis=1),
    )
    predicted = keypoints[..., :2] + rng.normal(0, 6, (n, 17, 2))
    types = error_types(people, predicted, COCO_17)
    for one in range(n):
        expected = oracles.coco_analyze_types(people, one, predicted[one], COCO_17)
        for k in np.flatnonzero(keypoints[one, :, 2] > 0):
            assert NAMES[types[one, k]] == expected[k]
