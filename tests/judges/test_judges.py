"""The fetched judges see a built-in person where it is, and nobody where nobody is."""

import numpy as np
import pytest

from hpefair.core.balance.consensus import consensus
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.judges.catalogue import CATALOGUE
from hpefair.judges.opening import open_counter, open_judge
from tests.synthetic.scenes import picture

NAMES = [one.name for one in CATALOGUE.values() if "judge" in one.kinds]


def someone():
    """Somebody who stands and looks at the viewer."""
    return picture(13, 256, (1.0,), pose="stand")


def oks(labels, keypoints):
    """Similarity over visible joints."""
    visible = labels.keypoints[:, 2] == 2
    squared = ((keypoints[:, :2] - labels.keypoints[:, :2]) ** 2).sum(axis=1)
    return np.exp(-squared / (2 * labels.mask.sum() * COCO_17.variances))[visible].mean()


@pytest.mark.parametrize("name", NAMES)
def test_a_person_is_seen_where_it_is(judges, name):
    """Scores are scores, and moving the picture moves the joints."""
    photo, judge = someone(), open_judge(name, judges)
    labels = photo.people[0]
    seen = judge.look(photo.pixels, labels.bbox).keypoints
    assert judge.name == name
    assert seen.shape == (17, 3)
    assert ((seen[:, 2] >= 0) & (seen[:, 2] <= 1)).all()
    assert oks(labels, seen) > 0.7
    larger = np.zeros((300, 320, 3), np.uint8)
    larger[30:286, 50:306] = photo.pixels
    moved = judge.look(larger, labels.bbox + np.array([50, 30, 0, 0])).keypoints
    assert oks(labels, moved - [50, 30, 0]) > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_seen_in_an_even_picture(judges, name):
    """None, not a guess."""
    grey = np.full((200, 150, 3), 128, np.uint8)
    assert open_judge(name, judges).look(grey, np.array([20.0, 20, 100, 160])) is None


def test_the_consensus_is_near_the_truth(judges):
    """And far from the truth with left and right swapped."""
    photo = someone()
    labels = photo.people[0]
    looks = [open_judge(name, judges).look(photo.pixels, labels.bbox) for name in NAMES]
    agreed, apart = consensus(np.stack([look.keypoints for look in looks]))
    assert oks(labels, agreed) > 0.85
    assert oks(labels, agreed[COCO_17.flip_order()]) < 0.5
    assert np.isfinite(apart).all()


def test_people_are_counted(judges):
    """One, and nobody."""
    counter, photo = open_counter(folder=judges), someone()
    (found,) = counter.count(photo.pixels)
    box = photo.people[0].bbox
    np.testing.assert_allclose(found.bbox[:2] + found.bbox[2:] / 2, box[:2] + box[2:] / 2, atol=0.1 * box[2:].max())
    assert 0 < found.score <= 1
    assert counter.count(np.full((200, 150, 3), 128, np.uint8)) == []


def test_of_two_people_the_one_in_the_box_is_seen(judges):
    """By the judge that sees them both."""
    photo = someone()
    labels, judge = photo.people[0], open_judge("movenet_multipose", judges)
    both = np.concatenate([photo.pixels, photo.pixels], axis=1)
    for shift in (0, 256):
        seen = judge.look(both, labels.bbox + np.array([shift, 0, 0, 0])).keypoints
        assert oks(labels, seen - [shift, 0, 0]) > 0.7


def test_names_lead_to_judges_or_to_what_to_do(tmp_path):
    """Three ways to go wrong."""
    with pytest.raises(MissingArtifactError, match="hpefair judges fetch posenet"):
        open_judge("posenet", tmp_path)
    with pytest.raises(SettingsError, match="judge 'openpose' not found"):
        open_judge("openpose", tmp_path)
    with pytest.raises(SettingsError, match="posenet is not a counter but a"):
        open_counter("posenet", tmp_path)


def test_the_same_picture_gives_the_same_bytes(judges):
    """From a network that was loaded anew."""
    photo = someone()
    one, other = (open_judge("movenet", judges).look(photo.pixels, photo.people[0].bbox) for _ in range(2))
    np.testing.assert_array_equal(one.keypoints, other.keypoints)
