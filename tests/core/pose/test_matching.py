"""Matching keeps pycocotools' rules (values are compared in test_precision)."""

import numpy as np
import pytest

from hpefair.core.pose.candidates import Detections, People, candidates
from hpefair.core.pose.matching import match
from hpefair.core.pose.skeletons import COCO_17


def one_image(n_people: int, n_found: int) -> tuple[People, Detections]:
    """People far apart, each detected exactly, with equal scores."""
    pose = np.concatenate([np.random.default_rng(0).uniform(0, 50, (17, 2)), np.full((17, 1), 2.0)], axis=1)
    shifted = np.stack([pose + np.array([300.0 * k, 0, 0]) for k in range(max(n_people, n_found))])
    people = People(
        image=np.zeros(n_people, np.int64),
        keypoints=shifted[:n_people],
        area=np.full(n_people, 5000.0),
        bbox=np.tile([0, 0, 50.0, 50.0], (n_people, 1)),
        crowd=np.zeros(n_people, bool),
        num_keypoints=np.full(n_people, 17),
    )
    return people, Detections(np.zeros(n_found, np.int64), shifted[:n_found], np.full(n_found, 0.5))


def test_only_twenty_detections_count():
    """The 21st is dropped before matching."""
    people, detections = one_image(25, 25)
    found = candidates(people, detections, COCO_17.variances, 1)
    assert len(found.rows) == 20
    assert (match(people, found, people.ignored).person[0] == np.arange(20)).all()


def test_a_person_is_taken_once():
    """Two identical detections: one hit, one unmatched."""
    people, detections = one_image(1, 1)
    twice = Detections(*(np.concatenate([a, a]) for a in (detections.image, detections.keypoints, detections.score)))
    result = match(people, candidates(people, twice, COCO_17.variances, 1), people.ignored)
    assert sorted(result.person[0].tolist()) == [-1, 0]


def test_similarities_that_matching_needs_cannot_be_left_out():
    """A floor above the first threshold would hide matches."""
    people, detections = one_image(1, 1)
    with pytest.raises(ValueError, match="Expected least"):
        candidates(people, detections, COCO_17.variances, 1, least=0.6)


def test_contenders_come_in_score_order_with_their_rank():
    """Whoever fits nobody is no contender; rank counts everybody."""
    people, detections = one_image(3, 5)
    scored = Detections(detections.image, detections.keypoints, np.array([0.1, 0.5, 0.3, 0.9, 0.2]))
    found = candidates(people, scored, COCO_17.variances, 1)
    assert found.score[found.contenders].tolist() == [0.5, 0.3, 0.1]
    assert found.rank.tolist() == [1, 2, 4]
