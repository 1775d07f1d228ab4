"""Results of a model that ran elsewhere."""

import json

import numpy as np
import pytest

from hpefair.errors import InputError
from hpefair.judges.results_file import ResultsFile


def row(item, left, score=0.9):
    """Somebody a hundred pixels high."""
    joints = [[left + 2.0 * k, 10.0 + 6 * k, score] for k in range(17)]
    return {"image_id": item, "category_id": 1, "keypoints": np.ravel(joints).tolist(), "score": score}


def test_the_person_in_the_box_is_chosen(tmp_path):
    """Of two in a picture; scores above 1 are cut off; items and boxes without anybody give None."""
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([row("adult_00001", 0), row("adult_00001", 200, 7.5), row(12, 0)]))
    results = ResultsFile(path)
    seen = results.of("adult_00001", np.array([195.0, 5, 50, 110])).keypoints
    assert seen[0].tolist() == [200, 10, 1]
    assert results.of("adult_00001", np.array([0.0, 0, 40, 110])).keypoints[0, 0] == 0
    assert results.of("12", np.array([0.0, 0, 40, 110])) is not None
    assert results.of("adult_00001", np.array([500.0, 0, 40, 110])) is None
    assert results.of("child_00001", np.array([0.0, 0, 40, 110])) is None
    assert results.name == "mine"


@pytest.mark.parametrize(
    "rows",
    [{}, [], [3], [{**row("a", 0), "keypoints": [1, 2]}], [{**row("a", 0), "image_id": None}],
     [{**row("a", 0), "keypoints": [float("nan")] * 51}]],
)  # fmt: skip
def test_other_files_are_refused(tmp_path, rows):
    """With the file's name."""
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(InputError, match=r"mine\.json"):
        ResultsFile(path)
