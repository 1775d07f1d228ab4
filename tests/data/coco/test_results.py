"""Results files: of this dataset, with this skeleton, or not at all."""

import json

import numpy as np
import pytest

from hpefair.data.coco import results
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import InputError

GOOD = {"image_id": 1, "category_id": 1, "keypoints": [1.0] * 51, "score": 0.5}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([GOOD | {"image_id": 9}], "belongs to this dataset"),
        ([GOOD | {"keypoints": [1.0] * 42}], "42 keypoint numbers"),
        ([GOOD | {"score": None}], "finite numbers"),
        ([GOOD | {"score": float("nan")}], "finite numbers"),
        ([GOOD | {"image_id": "1"}], "image_id must be an integer"),
        ([GOOD | {"image_id": 10**30}], "at most 64 bits"),
        ([GOOD | {"image_id": True}], "image_id must be an integer"),
        ([GOOD | {"bbox": [0, 0, 5, 5]}, GOOD], "each needs one"),
        ([GOOD | {"bbox": [0, 0, 5, 5, 5]}], "four finite numbers"),
        ([GOOD | {"category_id": 2}], "only of other categories"),
        ({"images": []}, "must be a list"),
        ([], "no detections"),
    ],
)
def test_unusable_results_stop(tmp_path, rows, message):
    """With the detection's number where there is one."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(InputError, match=message):
        results.load(path, COCO_17, {1}, {1})


def test_good_results_keep_their_order(tmp_path):
    """Order decides ties, as in pycocotools."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps([GOOD | {"score": s} for s in (0.5, 0.9, 0.5)]))
    assert results.load(path, COCO_17, {1}).score.tolist() == [0.5, 0.9, 0.5]


def test_boxes_decide_the_area_as_in_pycocotools(tmp_path):
    """Where the first entry has a box; in a file of integers as well, and with other keys."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps([GOOD | {"bbox": [0, 0, 20, 30], "id": 7, "score": 1}] * 2))
    assert results.load(path, COCO_17, {1}).area.tolist() == [600, 600]
    path.write_text(json.dumps([GOOD]))
    assert np.isnan(results.load(path, COCO_17, {1}).area).all()


def test_other_categories_are_left_out(tmp_path):
    """As pycocotools does; entries without a category are people."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps([GOOD, GOOD | {"category_id": 2, "score": 0.9}, {**GOOD, "category_id": None}]))
    found = results.load(path, COCO_17, {1}, {1})
    assert (found.score.tolist(), found.left_out) == ([0.5, 0.5], 1)
    assert len(results.load(path, COCO_17, {1}).score) == 3
