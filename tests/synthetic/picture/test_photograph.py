"""Same description, same bytes; and pictures that can be told apart."""

from dataclasses import replace

import numpy as np
import pytest

from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams
from tests.synthetic.scenes import scene


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("samples", [1, 2])
def test_back_ends_draw_the_same_picture(number, samples):
    one, other = (photograph(scene(number), samples, name) for name in ("numba", "numpy"))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.depth, other.depth)
    for mine, theirs in zip(one.people, other.people, strict=True):
        np.testing.assert_array_equal(mine.keypoints, theirs.keypoints)
        np.testing.assert_array_equal(mine.mask, theirs.mask)
        np.testing.assert_array_equal(mine.amodal, theirs.amodal)


def test_same_seed_same_picture_and_other_seed_another():
    one, again, other = (photograph(stage(Streams(seed, "x"), Setting(size=96))).pixels for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.3


def test_depth_tells_people_from_background():
    shot = photograph(scene(2))
    assert np.isfinite(shot.depth[shot.people[0].mask]).all()
    assert np.isinf(shot.depth).any()


def test_a_picture_of_nobody():
    """Everybody out of sight: a picture all the same, and labels that say so."""
    base = scene(0, 96, (1.0,))
    away = replace(base, props=(), people=(replace(base.people[0], place=(80.0, 0.0)),))
    labels = photograph(away).people[0]
    assert not labels.mask.any()
    assert labels.bbox.sum() == 0
    assert labels.keypoints.sum() == 0


def test_views_crowds_and_sizes_vary():
    scenes = [stage(Streams(9, str(number)), Setting(size=64)) for number in range(150)]
    facing = np.array([(person.facing + 180) % 360 - 180 for s in scenes for person in s.people])
    assert 0.15 < (np.abs(facing) > 120).mean() < 0.5  # seen from behind
    crowds = np.array([len(s.people) for s in scenes])
    assert crowds.max() >= 3
    assert 0.1 < (crowds > 1).mean() < 0.45
    assert {s.backdrop.kind for s in scenes} == {"room", "outdoor", "studio"}


def test_background_photographs_are_used(tmp_path):
    from hpefair.data import images

    stripes = np.zeros((90, 120, 3), np.uint8)
    stripes[::2, :, 0] = 255
    images.write_png(tmp_path / "stripes.png", stripes)
    setting = Setting(size=64, photos=(tmp_path / "stripes.png",))
    scenes = [stage(Streams(9, str(number)), setting) for number in range(30)]
    used = [s for s in scenes if s.backdrop.kind == "photo"]
    assert 5 <= len(used) <= 25
    shot = photograph(used[0])
    background = ~np.isfinite(shot.depth)
    assert shot.pixels[background][:, 1].mean() < 60 < shot.pixels[background][:, 0].mean()
    silent = replace(used[0], lens=replace(used[0].lens, read_noise=0.0, shot_noise=0.0, motion=0.0, defocus=0.0))
    one, other = photograph(silent), photograph(silent.mirrored())
    both = ~np.isfinite(one.depth) & ~np.isfinite(other.depth[:, ::-1])
    np.testing.assert_array_equal(one.pixels[both], other.pixels[:, ::-1][both])


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_somebody_in_the_upper_corner_is_dressed(samples):
    """Whatever the samples, and wherever in the picture the person is."""
    base = scene(0, 96, (1.0,), pose="stand")
    half = base.camera.eye[2] * np.tan(np.radians(base.camera.field_of_view) / 2)
    camera = replace(base.camera, eye=(0.6 * half, 0.3, base.camera.eye[2]), roll=0.0)
    camera = replace(camera, target=(0.6 * half, 0.9 - 0.6 * half, 0.0))
    shot = photograph(replace(base, camera=camera, props=()), samples)
    assert shot.scene.people[0].palette is not None
    rows, columns = np.nonzero(shot.people[0].mask)
    assert rows.mean() < 48
    assert columns.mean() < 48
