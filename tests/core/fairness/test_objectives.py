"""Objectives as weights: the published updates, exact gradients, probabilities as well as certainty."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.fairness.objectives import Choice, balanced_exposures, effective_weights, objective
from hpefair.core.labels.membership import membership, membership_rows


def world(seed, n=40, groups=3, certain=True):
    """Losses and membership of people; the last column is what is unknown."""
    rng = np.random.default_rng(seed)
    member = np.eye(groups + 1)[rng.integers(0, groups + 1, n)]
    if not certain:
        member = rng.dirichlet(np.ones(groups + 1), n)
    return rng.exponential(1, n), member


@given(st.integers(0, 2**31))
def test_group_dro_follows_the_published_update(seed):
    """Sagawa et al.'s LossComputer, written out in torch from their loss.py, over a trace of ten steps."""
    sizes = np.array([50.0, 20.0, 5.0, 25.0])
    ours = objective(Choice("group_dro", step=0.05, adjustment=1.0), sizes)
    q = torch.ones(4, dtype=torch.float64) / 4
    adjustment = 1.0 / torch.sqrt(torch.from_numpy(sizes))
    for step in range(10):
        losses, member = world([seed, step])
        group = torch.from_numpy(member.argmax(axis=1))
        group_map = (group == torch.arange(4).unsqueeze(1)).double()
        count = group_map.sum(1)
        group_loss = (group_map @ torch.from_numpy(losses)) / (count + (count == 0).double())
        q = q * torch.exp(0.05 * (group_loss + adjustment))
        q = q / q.sum()
        weights = ours.weights(losses, member)
        np.testing.assert_allclose(ours.state, q.numpy(), rtol=1e-9)
        assert weights @ losses == pytest.approx(float(group_loss @ q), rel=1e-9)


def test_group_dro_gives_nothing_to_groups_that_nobody_belongs_to():
    """However long it runs: all of the weight stays with people."""
    ours = objective(Choice("group_dro", step=0.1, adjustment=1.0), np.array([500.0, 500.0, 0.0]))
    for step in range(300):
        losses, member = world([1, step], groups=1)
        weights = ours.weights(losses, np.hstack([member, np.zeros((len(member), 1))]))
    assert weights.sum() == pytest.approx(1)
    assert ours.state[2] == 0


@given(st.integers(0, 2**31), st.booleans(), st.floats(0, 3))
def test_the_variance_penalty_has_the_objectives_gradient(seed, certain, penalty):
    """Against automatic differentiation of mean + penalty * variance of group means."""
    losses, member = world(seed, certain=certain)
    x = torch.from_numpy(losses).requires_grad_()
    m = torch.from_numpy(member[:, member.sum(axis=0) > 0])
    means = (x @ m) / m.sum(0)
    (x.mean() + penalty * means.var(correction=0)).backward()
    ours = objective(Choice("variance", penalty=penalty), member.sum(axis=0)).weights(losses, member)
    np.testing.assert_allclose(ours, x.grad.numpy(), atol=1e-12)


@given(st.integers(0, 2**31), st.floats(0.01, 1))
def test_cvar_is_the_mean_of_the_worst_part(seed, share):
    """Against its dual: the least over t of t + mean(loss - t)+ / share (Rockafellar and Uryasev)."""
    losses, member = world(seed)
    weights = objective(Choice("cvar", share=share), member.sum(axis=0)).weights(losses, member)
    dual = min(t + np.maximum(losses - t, 0).mean() / share for t in losses)
    assert weights.sum() == pytest.approx(1)
    assert weights @ losses == pytest.approx(dual, rel=1e-9)


def test_class_balanced_weights_are_cuis():
    """(1 - beta) / (1 - beta^n); beta 0 counts everybody alike, beta near 1 by inverse size."""
    sizes = np.array([100.0, 10.0])
    weight = effective_weights(sizes, 0.99)
    assert weight[1] / weight[0] == pytest.approx((1 - 0.99**100) / (1 - 0.99**10))
    assert effective_weights(sizes, 0.0).tolist() == [1, 1]
    near = effective_weights(sizes, 1 - 1e-9)
    assert near[1] / near[0] == pytest.approx(10, rel=1e-4)
    ours = objective(Choice("reweighting", beta=0.99), sizes).weights(np.ones(4), np.eye(2)[[0, 0, 0, 1]])
    assert ours.sum() == pytest.approx(1)
    assert ours[3] / ours[0] == pytest.approx(weight[1] / weight[0])


@given(st.integers(0, 2**31))
def test_balanced_exposures_show_known_groups_alike(seed):
    """Equal expected exposure of every known group, the same total, the unknown part untouched."""
    _, member = world(seed, certain=False)
    exposure = np.random.default_rng(seed).uniform(0.5, 3, len(member))
    balanced = balanced_exposures(exposure, member[:, :-1])
    assert balanced.sum() == pytest.approx(exposure.sum())
    certain = np.eye(4)[member.argmax(axis=1)]
    shown = balanced_exposures(exposure, certain[:, :3]) @ certain
    there = certain[:, :3].sum(axis=0) > 0
    assert np.ptp(shown[:3][there]) < 1e-9
    assert shown[3] == pytest.approx(exposure @ certain[:, 3])


def test_membership_takes_probabilities_where_values_are_unknown():
    """A known value is certain, a doubtful one as calibrated, an absent one unknown; intersections multiply."""
    import pandas as pd

    people = pd.DataFrame(
        {
            "person_id": ["a", "b", "c"],
            "gender_presentation": ["feminine", "unknown", "unknown"],
            "contrast": ["low", "high", "unknown"],
        }
    )
    inferred = pd.DataFrame(
        {
            "person_id": ["a", "b", "c"],
            "attribute": "gender_presentation",
            "probabilities": [(0.1, 0.9), (0.3, 0.7), ()],
        }
    )
    rows = membership_rows(people, inferred, ["gender_presentation", "contrast"])
    names, values = membership(rows, people["person_id"], "gender_presentation")
    assert names == ("gender_presentation/feminine", "gender_presentation/masculine", "gender_presentation/unknown")
    np.testing.assert_allclose(values, [[1, 0, 0], [0.3, 0.7, 0], [0, 0, 1]], atol=1e-12)
    names, values = membership(rows, people["person_id"], "gender_presentation.contrast")
    assert len(names) == 7
    np.testing.assert_allclose(values.sum(axis=1), 1)
    assert values[1, names.index("gender_presentation.contrast/masculine.high")] == pytest.approx(0.7)
    assert values[2, -1] == 1
