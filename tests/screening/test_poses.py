"""Judges that see the joints where the annotation has those of the other side."""

from types import SimpleNamespace

import numpy as np
import pytest

from hpefair.core.pose.skeletons import COCO_17
from hpefair.screening.poses import judged
from hpefair.settings.params import load
from tests.tiny_dataset import place


@pytest.mark.parametrize("narrow", [1.0, 0.15])
def test_swapped_sides_are_found_from_any_side(project, narrow):
    """From the side left and right lie close together: every joint is nearly right, and the other way round better."""
    screen = load(project / "params.yaml").screen
    points = place(100.0, 10.0, 2.0)
    points[:, 2] = 2
    points[:, 0] = 100 + narrow * (points[:, 0] - 100)
    seen = np.repeat(points[None], 2, axis=0)
    row = SimpleNamespace(keypoints=points.ravel(), area=6000.0)
    swapped = SimpleNamespace(keypoints=points[COCO_17.flip_order()].ravel(), area=6000.0)
    assert judged(row, seen, screen).fault == ("", "")
    fault, reason = judged(swapped, seen, screen).fault
    assert fault == "pose"
    if narrow < 1:
        assert reason == "judges see left and right the other way round"
