"""Heatmaps and back without quantization error."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.pose.codecs import biased_targets, gaussian_targets
from hpefair.networks.peaks import decode, smoothed, taylor_step

STRIDE, SIGMA, SIZE = 4, 1.25, (24, 32)


def found(maps, how="dark", sigma=SIGMA):
    """Points and scores of maps (K, H, W)."""
    points, score = decode(torch.from_numpy(np.asarray(maps))[None], STRIDE, sigma, how)
    return points[0].numpy(), score[0].numpy()


@pytest.mark.parametrize("how", ["dark", "dark_adjacent"])
@given(st.floats(14, 80), st.floats(14, 110))
def test_round_trip_is_exact_inside(how, x, y):
    """An unbiased Gaussian decodes to the point it was made from, within a hundredth of a pixel."""
    maps = gaussian_targets(np.array([[x, y]]), SIZE, STRIDE, SIGMA)
    points, score = found(maps, how)
    np.testing.assert_allclose(points[0], [x, y], atol=0.01)
    assert score[0] == maps.max()


@given(st.integers(0, 2**31))
def test_decoders_err_as_published(seed):
    """On exact maps DARK is exact, a quarter offset at most a quarter cell off an axis, argmax at most half a cell."""
    points = np.random.default_rng(seed).uniform([16, 16], [80, 110], (17, 2))
    maps = gaussian_targets(points, SIZE, STRIDE, SIGMA)
    worst = {how: np.abs(found(maps, how)[0] - points).max() for how in ("dark", "quarter", "argmax")}
    assert worst["dark"] < 0.02
    assert worst["quarter"] <= STRIDE / 4 + 1e-6
    assert worst["argmax"] <= STRIDE / 2 + 1e-6


@given(st.integers(0, 2**31))
def test_agrees_with_transformers_on_random_maps(seed):
    """The Taylor step with adjacent differences is that of transformers' ViTPose, map by map, to float precision."""
    from transformers.models.vitpose.image_processing_pil_vitpose import post_dark_unbiased_data_processing

    rng = np.random.default_rng(seed)
    maps = gaussian_targets(rng.uniform([24, 24], [70, 100], (17, 2)), SIZE, STRIDE, 1.5).astype(np.float64)
    maps = maps * rng.uniform(0.3, 1, (17, 1, 1)) + rng.uniform(0.01, 0.15, maps.shape)
    peak = np.stack([(m.argmax() % SIZE[0], m.argmax() // SIZE[0]) for m in maps])
    theirs = post_dark_unbiased_data_processing(peak[None].astype(float), maps[None].copy(), kernel=3)[0]
    log = torch.log(smoothed(torch.from_numpy(maps), 0.8, radius=1).clamp(0.001, 50))
    step = taylor_step(log, torch.from_numpy(peak), spacing=1).numpy()
    inner = (peak > 2).all(axis=1) & (peak < np.array(SIZE) - 3).all(axis=1)
    trusted = inner & (step != 0).any(axis=1)
    assert trusted.sum() > 5
    np.testing.assert_allclose(peak[trusted] + step[trusted], theirs[trusted], atol=1e-4)


def test_unbiased_encoding_with_dark_beats_biased_encoding_with_a_quarter():
    """The figures of the DARK paper's argument, at stride 4 and sigma 2: under a hundredth against about a pixel."""
    points = np.random.default_rng(0).uniform([20, 20], [170, 230], (200, 2))
    ours = found(gaussian_targets(points, (48, 64), STRIDE, 2.0), sigma=2.0)[0]
    theirs = found(biased_targets(points, (48, 64), STRIDE, 2.0), "quarter", 2.0)[0]
    assert np.linalg.norm(ours - points, axis=1).mean() < 0.01
    assert 0.5 < np.linalg.norm(theirs - points, axis=1).mean() < 2


def test_biased_targets_sit_on_cells_and_end():
    """A peak of exactly 1 in the nearest cell, zero beyond three deviations."""
    maps = biased_targets(np.array([[41.0, 62.0]]), SIZE, STRIDE, SIGMA)[0]
    assert maps.max() == 1
    assert np.unravel_index(maps.argmax(), maps.shape) == (15, 10)  # centres at 4 k + 1.5: 61.5 and 41.5
    assert (maps > 0).sum() < 50


@pytest.mark.parametrize("how", ["argmax", "quarter", "dark", "dark_adjacent"])
def test_any_map_stays_finite(how):
    """No map, however useless, gives NaN or leaves the crop."""
    maps = np.zeros((5, 32, 24), np.float32)
    maps[1] = 0.5
    maps[2, 0, 0] = 1
    maps[3, 16, 12] = 1  # a single cell: its logarithm is singular around it
    maps[4] = np.random.default_rng(0).uniform(size=(32, 24))
    points, score = found(maps, how)
    assert np.isfinite(points).all()
    assert (points >= -1).all()
    assert (points <= [96, 128]).all()
    assert points[0].tolist() == [47.5, 63.5]
    assert score.tolist() == [0, 0.5, 1, 1, pytest.approx(maps[4].max())]
