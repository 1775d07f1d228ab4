"""Boxes: overlap by hand, suppression as ONNX does it, cells that answer for people."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hpefair.networks.boxes import complete_overlap, overlap, suppress
from hpefair.networks.cells import NEAREST, assign, centres, inside_any


def test_overlap_by_hand():
    """A quarter shared of two equal squares: 1 / 7; complete overlap also counts distance, and shape."""
    one, other = torch.tensor([0.0, 0, 2, 2]), torch.tensor([1.0, 1, 3, 3])
    assert overlap(one, other).item() == pytest.approx(1 / 7)
    assert complete_overlap(one, other).item() == pytest.approx(1 / 7 - 2 / 18)
    assert complete_overlap(one, one).item() == 1
    wide = torch.tensor([0.0, 0.5, 2, 1.5])
    assert complete_overlap(wide, one) < overlap(wide, one)


@given(st.integers(0, 2**31))
def test_suppression_leaves_the_best_of_everybody(seed):
    """Nobody who stays overlaps a better one by more; everybody who goes does, or has too low a score."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 60, (2, 30, 2))
    boxes = torch.from_numpy(np.concatenate([low, low + rng.uniform(5, 40, (2, 30, 2))], axis=2)).float()
    scores = torch.from_numpy(rng.uniform(0, 1, (2, 1, 30))).float()
    kept = suppress(boxes, scores, 0.5, 0.2, 30)
    for image in range(2):
        stays = kept[kept[:, 0] == image, 2].tolist()
        assert scores[image, 0, stays].tolist() == sorted(scores[image, 0, stays].tolist(), reverse=True)
        for k in range(30):
            better = [j for j in stays if scores[image, 0, j] > scores[image, 0, k]]
            covered = any(overlap(boxes[image, j], boxes[image, k]) > 0.5 for j in better)
            assert (k in stays) == (bool(scores[image, 0, k] > 0.2) and not covered)
    assert len(suppress(boxes, scores, 0.5, 0.2, 1)) == 2


def test_cells_answer_for_people_of_their_size():
    """Nine cells of the right map around each person's middle; shared cells belong to the nearer one; nobody, none."""
    places, steps = centres((256, 256), (8, 16, 32))
    assert len(places) == 32**2 + 16**2 + 8**2
    assert places[0].tolist() == [3.5, 3.5]
    boxes = torch.tensor([[[100.0, 100, 140, 150], [20, 20, 240, 240], [0, 0, 0, 0]]])
    answers = assign(boxes, torch.tensor([[True, True, False]]), places, steps)[0]
    assert answers.sum(dim=1).tolist() == [NEAREST, NEAREST, 0]
    assert set(steps[answers[0]].tolist()) == {8.0}
    assert set(steps[answers[1]].tolist()) == {32.0}
    assert (places[answers[0]] - torch.tensor([120.0, 125.0])).abs().max() <= 16
    close = torch.tensor([[[100.0, 100, 140, 140], [108, 100, 148, 140]]])
    shared = assign(close, torch.ones(1, 2, dtype=torch.bool), places, steps)[0]
    assert shared.sum(dim=0).max() == 1
    assert (shared.sum(dim=1) > 0).all()


def test_ignored_regions_hold_the_cells_inside():
    """By cell centre; padding holds nothing."""
    places, _ = centres((64, 64), (32,))
    assert inside_any(places, torch.tensor([[[0.0, 0, 32, 32], [0, 0, 0, 0]]])).tolist() == [
        [True, False, False, False]
    ]
