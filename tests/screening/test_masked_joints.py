"""Joints that judges doubt are masked in what is trained on, where the settings say so, and counted."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.pose.skeletons import COCO_17
from hpefair.machine import worker_pool
from hpefair.screening import screener
from hpefair.screening.annotation import joints
from hpefair.screening.table import screen_all
from tests.screening.rows import changed, rendered, settings

WRIST = COCO_17.index("left_wrist")


class Doubting:
    """Two judges who see everything where it is drawn, but one of them the left wrist far away."""

    def __init__(self, points):
        self._points = points

    def look(self, name, pixels, bbox):
        """Joints (2, 17, 3)."""
        seen = np.repeat(self._points[None], 2, axis=0)
        seen[0, WRIST, 0] += 60
        seen[1, WRIST, 0] -= 60
        return seen


@pytest.mark.parametrize(("masked", "number"), [(("recompose",), 1), (("diffusion",), 0), ((), 0)])
def test_a_doubted_joint_is_not_learnt(project, tmp_path, monkeypatch, masked, number):
    """Of the backends that are named; all other joints stay as they were."""
    row = changed(rendered(tmp_path, {}, 5), backend="recompose")
    points = joints(row).copy()
    points[WRIST, 2] = 2
    row = changed(row, keypoints=points.ravel().tolist(), parent_person="x")
    monkeypatch.setattr(screener, "Panel", lambda names: Doubting(points))
    monkeypatch.setattr(worker_pool, "run", lambda function, items, workers, what: map(function, items))
    everything = settings(project, judges=("one", "two"), masked=masked, max_limb_error=9.0, min_oks=0.1)
    everything = everything.model_copy(update={"plan": everything.plan.model_copy(update={"attributes": ()})})
    (found,) = screen_all(pd.DataFrame([vars(row)]), everything, tmp_path).to_dict("records")
    assert found["fault"] == ""
    assert found["masked_joints"] == number
    kept = np.asarray(found["keypoints"]).reshape(17, 3)
    expected = points.copy()
    expected[[WRIST] * number] = 0
    np.testing.assert_array_equal(kept, expected)
