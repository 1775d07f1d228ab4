"""OKS as a loss: the evaluation engine's OKS, and a gradient where it has none."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.pose import similarity as engine
from hpefair.core.pose.skeletons import COCO_17
from hpefair.networks.similarity import l1_loss, oks_loss, scaled_distance_loss

VARIANCES = torch.from_numpy(COCO_17.variances)


@given(st.integers(0, 2**31))
def test_equals_one_less_the_evaluation_engines_oks(seed):
    """For people of any size and visibility."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate([rng.uniform(0, 200, (6, 17, 2)), rng.integers(0, 3, (6, 17, 1))], axis=2)
    found = truth[..., :2] + rng.normal(0, 8, (6, 17, 2))
    area = rng.uniform(50, 40_000, 6)
    terms = engine.keypoint_similarity(truth, area, found, COCO_17.variances)
    with np.errstate(invalid="ignore"):
        expected = 1 - np.nan_to_num(np.nanmean(terms, axis=1), nan=1.0)
    loss = oks_loss(*(torch.from_numpy(a) for a in (found, truth, area)), VARIANCES)
    np.testing.assert_allclose(loss.numpy(), expected, atol=1e-9)


def test_the_warm_up_pulls_where_oks_does_not():
    """A hundred pixels from a small person OKS is flat; the distance in OKS units is not, and is zero on the joint."""
    truth = torch.tensor([[[50.0, 50.0, 2.0]]])
    far = torch.tensor([[[150.0, 50.0]]], requires_grad=True)
    area = torch.tensor([400.0])
    oks_loss(far, truth, area, VARIANCES[:1]).sum().backward()
    assert far.grad.abs().max() < 1e-12
    far.grad = None
    scaled_distance_loss(far, truth, area, VARIANCES[:1]).sum().backward()
    assert far.grad[0, 0, 0] > 0.1
    assert scaled_distance_loss(truth[..., :2], truth, area, VARIANCES[:1]).item() == 0
    assert l1_loss(truth[..., :2] + 20, truth, area).item() == 2  # 20 + 20 px over 20 px
