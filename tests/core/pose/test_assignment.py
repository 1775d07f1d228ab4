"""One detection per person, the best together."""

import itertools

import numpy as np
from hypothesis import given, settings

from hpefair.core.pose.assignment import FOUND_FROM, assign, assigned_keypoints, recall_hits
from hpefair.core.pose.candidates import candidates
from hpefair.core.pose.skeletons import COCO_17
from tests import oracles
from tests.core.pose.test_precision import random_dataset
from tests.strategies import coco_datasets


@settings(max_examples=40, deadline=None)
@given(coco_datasets())
def test_total_similarity_is_the_largest_possible(case):
    """Against every way to hand out detections, image by image; nobody who is ignored gets one."""
    tree, results = case
    if not tree["annotations"] or not results:
        return
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    assigned = assign(people, found)
    assert (assigned.oks[people.ignored] == 0).all()
    assert (assigned.detection[people.ignored] == -1).all()
    given_out = assigned.detection[assigned.detection >= 0]
    assert len(set(given_out)) == len(given_out)
    for image in range(n_images):
        who = found.people[found.people_starts[image] : found.people_starts[image + 1]]
        flat = found.oks[found.pair_starts[image] : found.pair_starts[image + 1]].reshape(-1, len(who) or 1)
        counted = np.flatnonzero(~people.ignored[who])
        if not len(counted) or not len(flat):
            continue
        similarity = np.sort(flat[:, counted], axis=0)[-4:] if len(counted) == 1 else flat[:, counted]
        if len(similarity) > 6:
            continue
        padded = np.concatenate([similarity, np.zeros((len(counted), len(counted)))])
        best = max(
            sum(padded[row, column] for column, row in enumerate(rows))
            for rows in itertools.permutations(range(len(padded)), len(counted))
        )
        assert np.isclose(assigned.oks[who[counted]].sum(), best)


def test_people_below_the_floor_are_not_found():
    """Their similarity stays, their detection does not, and their keypoints are unknown."""
    tree, results = random_dataset(n_images=20)
    people, detections, n_images = oracles.arrays(tree, results[2::4])  # stray detections only
    found = candidates(people, detections, COCO_17.variances, n_images)
    assigned = assign(people, found)
    assert ((assigned.oks >= FOUND_FROM) == (assigned.detection >= 0)).all()
    keypoints = assigned_keypoints(assigned, detections, 17)
    assert np.isnan(keypoints[assigned.detection < 0]).all()


def test_mean_of_hits_is_cocos_recall():
    """AR over people equals pycocotools' AR where every person is detected at most once."""
    tree, results = random_dataset(n_images=40)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    assert np.isclose(recall_hits(people, found).mean(), oracles.coco_eval(tree, results).stats[5])
