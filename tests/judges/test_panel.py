"""A panel asks judges of three kinds: fetched ones, model files, results files."""

import json

import numpy as np
import pytest

from hpefair.errors import MissingArtifactError
from hpefair.judges.panel import Panel

BOX = np.array([10.0, 10, 60, 80])


def results(folder, name, at):
    rows = [{"image_id": "item", "score": 0.9, "keypoints": [v for k in range(17) for v in (at + k, at + 2 * k, 0.8)]}]
    (folder / name).mkdir()
    (folder / name / "results.json").write_text(json.dumps(rows))


def test_judges_answer_in_the_order_of_their_names(tmp_path):
    results(tmp_path, "one", 30.0)
    results(tmp_path, "other", 40.0)
    panel = Panel(["other", "one"], tmp_path)
    seen = panel.look("item", np.zeros((100, 80, 3), np.uint8), BOX)
    assert seen.shape == (2, 17, 3)
    assert seen[:, 0, 0].tolist() == [40.0, 30.0]
    assert panel.model_ids == ("results results.json", "results results.json")


def test_who_sees_nobody_says_nan(tmp_path):
    results(tmp_path, "one", 30.0)
    assert np.isnan(Panel(["one"], tmp_path).look("another item", np.zeros((9, 9, 3), np.uint8), BOX)).all()
    assert Panel([], tmp_path).look("item", np.zeros((9, 9, 3), np.uint8), BOX).shape == (0, 17, 3)


def test_a_judge_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingArtifactError, match="holds neither"):
        Panel(["nobody"], tmp_path)
    with pytest.raises(MissingArtifactError, match="hpefair judges fetch movenet"):
        Panel(["movenet"], tmp_path)
