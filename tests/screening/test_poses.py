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


AREA = 6400.0  # its root is 80 px


def seen_by(project, moves, **limits):
    """Verdict on a person whose left wrist two judges see moved: by moves[0] and moves[1] pixels to the right."""
    screen = load(project / "params.yaml").screen.model_copy(update=limits)
    points = place(100.0, 10.0, 2.0)
    points[:, 2] = 2
    seen = np.repeat(points[None], 2, axis=0)
    seen[:, COCO_17.index("left_wrist"), 0] += moves
    return judged(SimpleNamespace(keypoints=points.ravel(), area=AREA), seen, screen)


def test_a_limb_may_lie_so_far_off_and_no_farther(project):
    """32 of 80 pixels are .4; the joint is named."""
    assert seen_by(project, (32, 32), max_limb_error=0.401, min_oks=0).fault == ("", "")
    found = seen_by(project, (32, 32), max_limb_error=0.399, min_oks=0)
    assert found.fault == ("pose", "judges see the left wrist elsewhere")
    assert found.worst == pytest.approx(0.4)


def test_judges_have_to_agree_with_the_whole_by_so_much(project):
    """One joint of 17 is as good as lost: an OKS of a little more than 16 / 17."""
    wrist = np.exp(-(64**2) / (2 * AREA * (2 * 0.062) ** 2))
    oks = (16 + wrist) / 17
    assert seen_by(project, (64, 64), max_limb_error=9, min_oks=oks - 1e-6).fault == ("", "")
    found = seen_by(project, (64, 64), max_limb_error=9, min_oks=oks + 1e-6)
    assert found.fault == ("pose", f"judges agree with an OKS of {oks:.2f} only")
    assert found.oks == pytest.approx(oks)


def test_a_joint_that_judges_doubt_is_masked(project):
    """Two judges 20 px apart, where the root of the area is 80 px: .25. The person is still accepted."""
    wrist = COCO_17.index("left_wrist")
    for most, doubted in ((0.249, [wrist]), (0.251, [])):
        found = seen_by(project, (-10, 10), max_judge_distance=most)
        assert found.fault == ("", "")
        assert np.flatnonzero(found.doubted).tolist() == doubted
