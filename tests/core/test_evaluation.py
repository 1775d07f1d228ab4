"""A model's accuracy by group: composition of matching, precision and intervals."""

import numpy as np

from hpefair.core.evaluation import Uncertainty, evaluate, person_scores
from hpefair.core.fairness.groups import Group
from hpefair.core.pose.matching import candidates
from hpefair.core.pose.precision import coco_statistics
from hpefair.core.pose.skeletons import COCO_17
from tests import oracles
from tests.core.pose.test_precision import random_dataset


def test_mean_of_per_person_recall_is_cocos_recall():
    """AR over people equals pycocotools' AR where every person is detected at most once."""
    tree, results = random_dataset(n_images=40)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    scores = person_scores(people, found)
    assert np.isclose(scores["ar"].mean(), coco_statistics(people, found)["AR"])
    assert (scores["oks"] >= scores["ar"].gt(0) * 0.5).all()


def test_a_planted_gap_is_found_and_random_labels_show_none():
    """Half of the people are predicted worse; their group's interval lies below the other's."""
    tree, results = random_dataset(n_images=60)
    rng = np.random.default_rng(0)
    worse = np.arange(120) % 2 == 0
    for number, row in enumerate(tree["annotations"]):
        exact = np.array(row["keypoints"], float).reshape(17, 3)
        exact[:, :2] += rng.normal(0, 14 if worse[number] else 4, (17, 2))
        results[number]["keypoints"] = exact.ravel().tolist()
        results[number] |= {"image_id": row["image_id"], "score": 0.9}
    people, detections, n_images = oracles.arrays(tree, results[:120])
    listed = [Group("planted", "worse", worse), Group("planted", "better", ~worse)]
    shuffled = rng.permutation(worse)
    listed += [Group("random", "one", shuffled), Group("random", "two", ~shuffled)]
    found = evaluate(people, detections, COCO_17.variances, n_images, listed, Uncertainty(300, 50, 0.95, 10, 0))
    table = found.by_group[found.by_group["metric"] == "ar"].set_index("group")
    assert table.loc["worse", "high"] < table.loc["better", "low"]
    gap = found.gaps[found.gaps["metric"] == "ar"].set_index("attribute")
    assert gap.loc["planted", "low"] > gap.loc["planted", "null_floor"]
    assert gap.loc["random", "low"] < gap.loc["random", "null_floor"]
