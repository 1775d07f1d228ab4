"""The median of judges: one liar among three changes nothing, one judge alone says nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hpefair.core.balance.consensus import consensus

NUMBERS = st.floats(-1e4, 1e4)
JUDGES = st.integers(2, 5).flatmap(lambda judges: arrays(np.float64, (judges, 17, 3), elements=NUMBERS))


def test_known_answer():
    """Three judges at 0, 3 and 10 agree on 3, ten apart; two meet in the middle."""
    sightings = np.zeros((3, 2, 3))
    sightings[:, :, 0] = [[0, 0], [3, 4], [10, np.nan]]
    sightings[:, :, 2] = [[0.2, 0.2], [0.4, 0.4], [0.9, 0.9]]
    agreed, apart = consensus(sightings)
    np.testing.assert_allclose(agreed, [[3, 0, 0.4], [2, 0, 0.3]])
    np.testing.assert_allclose(apart, [10, 4])


def test_one_judge_alone_says_nothing():
    """Nor does none at all."""
    sightings = np.full((2, 3, 3), np.nan)
    sightings[0, 1] = sightings[0, 2] = 1.0
    sightings[1, 2] = [2.0, np.nan, 1.0]  # half a place is no place
    agreed, apart = consensus(sightings)
    assert np.isnan(agreed).all()
    assert np.isnan(apart).all()


@given(JUDGES, st.randoms(use_true_random=False))
def test_order_of_judges_does_not_matter(sightings, chance):
    """It is the same median."""
    order = list(range(len(sightings)))
    chance.shuffle(order)
    for one, other in zip(consensus(sightings), consensus(sightings[order]), strict=True):
        np.testing.assert_array_equal(one, other)


@given(arrays(np.float64, (17, 3), elements=NUMBERS), arrays(np.float64, (17, 3), elements=NUMBERS))
def test_one_liar_among_three_is_not_heard(truth, lie):
    """Two that agree carry it."""
    agreed, apart = consensus(np.stack([truth, lie, truth]))
    np.testing.assert_array_equal(agreed, truth)
    np.testing.assert_allclose(apart, np.linalg.norm(truth[:, :2] - lie[:, :2], axis=1))


def test_another_shape_is_refused():
    """With the shape it got."""
    with pytest.raises(ValueError, match=r"\(17, 3\)"):
        consensus(np.zeros((17, 3)))
