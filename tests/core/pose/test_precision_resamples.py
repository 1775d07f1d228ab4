"""Every bootstrap cell is what evaluating the literally repeated images gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.core.pose.candidates import candidates
from hpefair.core.pose.matching import match
from hpefair.core.pose.precision import RECALL_POINTS, Weights, mean_precision, precision_recall
from hpefair.core.pose.precision_lanes import LATE
from hpefair.core.pose.precision_resamples import resampled_precision
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.pose.subgroup_precision import Rule, average_precisions
from hpefair.core.uncertainty.intervals import resample
from tests import oracles
from tests.core.pose.test_precision import expanded, random_dataset, rewritten


@pytest.fixture(scope="module")
def case():
    """Thirty images without ties of scores, so that the order among copies is immaterial."""
    tree, results = random_dataset(n_images=30)
    for position, row in enumerate(results):
        row["score"] += position * 1e-9
    people, detections, n_images = oracles.arrays(tree, results)
    return tree, results, people, candidates(people, detections, COCO_17.variances, n_images)


def test_cells_equal_pycocotools_on_the_expanded_list(case):
    """Rule ignore, three groups and six resamples, to 1e-12."""
    tree, results, people, found = case
    member = np.random.default_rng(0).random((len(people.image), 3)) < np.array([0.1, 0.4, 1.0])
    counts = resample(np.arange(30), 6, 2)
    cells = resampled_precision(people, found, member, counts, Rule.IGNORE)
    for b, count in enumerate(counts):
        for g in range(3):
            truth = oracles.coco_eval(*expanded(rewritten(tree, member[:, g]), results, count))
            precision = truth.eval["precision"][:, :, 0, 0, 0]
            expected = precision.mean() if precision[0, 0] > -1 else np.nan
            np.testing.assert_allclose(cells[b, g], expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), n_images=st.integers(1, 60), rule=st.sampled_from(list(Rule)))
def test_cells_equal_one_evaluation_per_resample(seed, n_images, rule):
    """Both rules, sizes at which recall hits the points that lie an ulp above i / 100, more resamples than lanes."""
    rng = np.random.default_rng(seed)
    tree, results = random_dataset(seed, n_images)
    people, detections, _ = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    member = (rng.random((len(people.image), 2)) < rng.random(2)).astype(float)
    counts = resample(np.arange(n_images), 70, seed).astype(int)
    cells = resampled_precision(people, found, member, counts, rule)
    for b in (0, 63, 64, 69):
        each = counts[b][found.image].astype(float)
        for g in range(2):
            positives = (member[:, g] * ~people.ignored) @ counts[b][people.image]
            share, weight, ignored = 1.0, counts[b][people.image] * 1.0, people.ignored | (member[:, g] == 0)
            if rule is Rule.SHARED:
                share = positives / (~people.ignored @ counts[b][people.image])
                weight, ignored = weight * member[:, g], people.ignored
            matches = match(people, found, ignored)
            expected = mean_precision(precision_recall(found, matches, Weights(weight, each, share))[0])
            np.testing.assert_allclose(cells[b, g], expected if positives else np.nan, atol=1e-12)


def test_drawing_every_image_once_gives_the_estimate_itself(case):
    """Both rules, and probabilities of membership."""
    _, _, people, found = case
    rng = np.random.default_rng(1)
    once = np.ones((1, 30), np.uint8)
    hard = rng.random((len(people.image), 4)) < 0.5
    for rule in Rule:
        cells = resampled_precision(people, found, hard, once, rule)
        np.testing.assert_allclose(cells[0], average_precisions(people, found, hard, rule), atol=1e-12)
    soft = rng.random((len(people.image), 4))
    # Single precision carries fractional weights; a recall next to a recall point may fall on either side of it.
    np.testing.assert_allclose(
        resampled_precision(people, found, soft, once)[0], average_precisions(people, found, soft), atol=2e-3
    )


def test_groups_not_drawn_are_nan(case):
    """Neither zero nor one."""
    _, _, people, found = case
    member = (people.image == 0)[:, None]
    counts = np.ones((2, 30), np.uint8)
    counts[1, 0] = 0
    cells = resampled_precision(people, found, member, counts)
    assert np.isfinite(cells[0, 0])
    assert np.isnan(cells[1, 0])


def test_late_points_are_those_that_numpy_puts_above_the_decimal():
    """The reference's recall points come from linspace; ten of them lie above i / 100."""
    assert [r for r in range(101) if RECALL_POINTS[r] > r / 100] == LATE.tolist()
    assert len(LATE) == 10


@pytest.mark.parametrize("chance", [0.1, 0.3, 0.7])
def test_perfect_detections_are_perfect_whatever_the_probabilities(chance):
    """AP 1, in the estimate and in every resample: rounding must not cost the last recall point."""
    tree, _ = random_dataset(n_images=50)
    results = [
        {"image_id": row["image_id"], "category_id": 1, "keypoints": row["keypoints"], "score": 0.5 + row["id"] / 1e4}
        for row in tree["annotations"]
    ]
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    member = np.full((len(people.image), 1), chance)
    assert average_precisions(people, found, member)[0] == pytest.approx(1, abs=1e-12)
    cells = resampled_precision(people, found, member, resample(np.arange(n_images), 20, 0))
    np.testing.assert_allclose(cells, 1, atol=1e-6)
