"""OKS by first principles and against pycocotools, to the last bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.cocoeval import Params

from hpefair.core.pose.candidates import candidates
from hpefair.core.pose.similarity import Truth, _means, keypoint_similarity, pairwise_oks
from hpefair.core.pose.skeletons import COCO_17
from tests import oracles
from tests.strategies import coco_datasets


def one_pair(truth, area, predicted):
    """Similarity of one prediction with one person."""
    pair = np.zeros(1, np.int64), np.zeros(1, np.int64)
    return pairwise_oks(Truth(truth, np.array([area]), np.zeros((1, 4))), predicted, pair, COCO_17.variances)[0]


def test_known_answer():
    """A joint off by sqrt(area) (2 sigma) has similarity exp(-1/2)."""
    area = 2500.0
    truth = np.concatenate([np.zeros((17, 2)), np.full((17, 1), 2.0)], axis=1)[None]
    shift = np.sqrt(area * COCO_17.variances)
    predicted = np.stack([shift, np.zeros(17)], axis=1)[None]
    np.testing.assert_allclose(keypoint_similarity(truth, np.array([area]), predicted, COCO_17.variances), np.exp(-0.5))
    np.testing.assert_allclose(one_pair(truth, area, predicted), np.exp(-0.5))


def test_unlabelled_joints_do_not_count():
    """They are NaN; a person without any, by keypoint similarity, is NaN throughout."""
    truth = np.zeros((2, 17, 3))
    truth[0, 0, 2] = 1
    predicted = np.full((2, 17, 2), 1000.0)
    predicted[:, 0] = 0
    values = keypoint_similarity(truth, np.full(2, 100.0), predicted, COCO_17.variances)
    assert values[0, 0] == 1
    assert np.isnan(values[0, 1:]).all()
    assert np.isnan(values[1]).all()
    assert one_pair(truth[:1], 100.0, predicted[:1]) == 1


def test_people_who_were_not_found_have_similarity_zero():
    """No prediction is no similarity, not an unknown one."""
    truth = np.ones((1, 17, 3))
    found = keypoint_similarity(truth, np.array([9.0]), np.full((1, 17, 2), np.nan), COCO_17.variances)
    assert (found == 0).all()


@settings(max_examples=40, deadline=None)
@given(coco_datasets())
def test_every_similarity_has_pycocotools_bits(case):
    """Of all pairs of all images: no last-bit difference can then tip a threshold or a tie."""
    tree, results = case
    if not tree["annotations"] or not results:
        return
    expected = oracles.coco_eval(tree, results).ious
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    for image in range(n_images):
        ours = found.oks[found.pair_starts[image] : found.pair_starts[image + 1]]
        np.testing.assert_array_equal(ours, np.ravel(expected[image + 1, 1]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_terms_are_added_in_numpys_order(terms):
    """A sum in another order differs in the last bit."""
    out = np.zeros(1)
    _means(np.array(terms), np.array([len(terms)]), out)
    assert out[0] == np.sum(np.array(terms)) / len(terms)


def test_hopeless_pairs_are_skipped_and_no_others():
    """With `least` everything at or above it is unchanged, everything below is 0 or unchanged."""
    rng = np.random.default_rng(0)
    truth = np.concatenate([rng.uniform(0, 100, (50, 17, 2)), rng.choice([0, 2], (50, 17, 1))], axis=2)
    predicted = truth[:, :, :2] + rng.normal(0, 1, (50, 17, 2)) * rng.uniform(0, 60, (50, 1, 1))
    pairs = np.arange(50), np.arange(50)
    arguments = Truth(truth, np.full(50, 2500.0), np.zeros((50, 4))), predicted, pairs, COCO_17.variances
    every, some = pairwise_oks(*arguments), pairwise_oks(*arguments, least=0.5)
    np.testing.assert_array_equal(some[every >= 0.5], every[every >= 0.5])
    assert np.isin(some, np.r_[0.0, every]).all()
    assert (some[every < 0.3] == 0).any()


def test_variances_are_pycocotools():
    """(2 sigma)^2."""
    np.testing.assert_array_equal(COCO_17.variances, (Params("keypoints").kpt_oks_sigmas * 2) ** 2)
