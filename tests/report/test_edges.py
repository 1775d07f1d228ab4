"""The report and the dataset on rows that are rare: groups that may be shown only afterwards, names twice, nobody."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.pose.skeletons import COCO_17
from hpefair.report import figures, page
from hpefair.report.comparison import _labels
from hpefair.report.data import _beside
from hpefair.tools.fiftyone import documents


def shares(people):
    """Share rows of the training split."""
    total = sum(people)
    return pd.DataFrame(
        {
            "attribute": "contrast",
            "scope": "train",
            "group": ["low", "mid", "high"],
            "n_people": people,
            "basis": "bounds",
            "share_known": [number / total for number in people],
            "reference": 1 / 3,
        }
    ).assign(low=0.0, high=1.0, corrected=np.nan, corrected_low=np.nan, corrected_high=np.nan)


@pytest.mark.parametrize(("before", "shown"), [((3, 40, 60), ["high"]), ((30, 40, 60), ["low", "mid", "high"])])
def test_a_group_is_drawn_where_it_may_be_shown_both_before_and_after(before, shown):
    """A rare group that balancing has made large must not appear only afterwards."""
    pair = _beside(shares(before), shares((50, 50, 60)), "contrast", 5)
    assert [list(table["group"]) for table in pair] == [shown, shown]
    assert figures.shares(*pair).startswith("<svg")


def test_groups_of_the_same_name_are_told_apart():
    """Both builds and scales have a group `large`."""
    rows = pd.DataFrame(
        {"attribute": ["all", "build", "scale", "scale"], "group": ["all", "large", "large", "small"], "model": "m"}
    ).assign(value=0.1, low=0.0, high=0.2)
    assert _labels(rows) == ["everybody", "build large", "scale large", "small"]
    assert figures.intervals(rows.assign(group=_labels(rows)), "x").startswith("<svg")


def test_a_model_that_found_nobody_has_no_labels():
    """Empty tables are tables as well."""
    nobody = pd.DataFrame({"image_id": [], "keypoints": [], "bbox": [], "person_id": [], "score": []})
    size = np.zeros((0, 2))
    assert documents.keypoints(nobody, size, "pose", ["score"], everything=True) == {}
    assert documents.boxes(nobody, size, "person", ["person_id"]) == {}
    assert documents.limbs(nobody, size, COCO_17.limbs) == {}


def test_other_peoples_words_stay_words_in_a_card():
    """A licence name that is markup, or breaks the line."""
    assert page._cell("a | b\n<img src=x> `c`") == "a \\| b &lt;img src=x&gt; 'c'"
