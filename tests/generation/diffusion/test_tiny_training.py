"""The small diffusion model: it learns, goes on where it stopped, and loads like any other pipeline."""

import numpy as np
import pytest
import torch
from PIL import Image

from hpefair.generation.diffusion.pose_pipeline import fold, unfold, untrained
from hpefair.generation.diffusion.tiny_data import Crops
from hpefair.generation.diffusion.tiny_training import Recipe, draw, fit, picture_loss

RECIPE = Recipe(steps=150, rate=5e-3)


def blocks(number=24, side=16):
    """Pictures that are their condition: white where the parts are white."""
    rng = np.random.default_rng(0)
    shown = np.zeros((number, side, side, 6), np.uint8)
    for one in shown:
        x, y = rng.integers(0, side // 2, 2)
        one[y : y + side // 2, x : x + side // 2] = 255
    return Crops(shown[..., 3:].copy(), shown, shown[:, :, ::-1].copy())


def small(seed=0):
    torch.set_num_threads(1)
    return untrained(16, seed, widths=(32, 32))


def weights(pipeline):
    return torch.cat([value.ravel() for value in pipeline.unet.state_dict().values()])


def error(pipeline, crops, shift=0):
    pictures, _ = draw(crops, RECIPE, 0)
    shown = draw(crops, RECIPE, 0)[1].roll(shift, dims=0)
    with torch.inference_mode():
        return float(
            picture_loss(pipeline.unet, pipeline.scheduler, (pictures, shown), torch.Generator().manual_seed(9), "cpu")
        )


def test_training_learns_to_look_at_the_condition(tmp_path):
    crops, pipeline = blocks(), small()
    before = error(pipeline, crops)
    assert fit(pipeline, crops, RECIPE, tmp_path / "c.pt", lambda *_: None) == 150
    assert error(pipeline, crops) < 0.3 * before
    assert error(pipeline, crops) < 0.3 * error(pipeline, crops, shift=1)


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path):
    """Also when it is killed between two checkpoints."""
    crops, whole, first, second = blocks(), small(), small(), small()
    recipe = Recipe(steps=12, batch=4, checkpoint_every=5)

    def killed(step, loss, done):
        if step == 8:
            raise KeyboardInterrupt

    fit(whole, crops, recipe, tmp_path / "whole.pt", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        fit(first, crops, recipe, tmp_path / "parts.pt", killed)
    seen = []
    fit(second, crops, recipe, tmp_path / "parts.pt", lambda step, *_: seen.append(step))
    assert seen[0] == 6
    assert torch.equal(weights(whole), weights(second))


def test_minutes_end_a_training(tmp_path):
    steps = fit(small(), blocks(), Recipe(steps=10**6, minutes=0.005, batch=4), tmp_path / "c.pt", lambda *_: None)
    assert 1 <= steps < 10**5


def test_pictures_are_seeded_each_by_itself():
    """One person alone, or alongside another, gives the same picture up to rounding."""
    pipeline = small()
    pipeline.set_progress_bar_config(disable=True)
    shown = [Image.fromarray(blocks().conditions[k, ..., :3]) for k in (0, 0, 1, 1)]
    seeded = [torch.Generator().manual_seed(seed) for seed in (3, 4)]
    together = pipeline(shown, 3, generator=seeded).images
    alone = pipeline(shown[:2], 3, generator=[torch.Generator().manual_seed(3)]).images
    assert together.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(together[0], alone[0], atol=1e-4)
    assert np.abs(together[0] - together[1]).max() > 0.05


def test_folding_loses_nothing():
    pictures = torch.arange(2 * 3 * 16 * 16).view(2, 3, 16, 16).float()
    folded = fold(pictures)
    assert folded.shape == (2, 48, 4, 4)
    assert torch.equal(unfold(folded), pictures)
