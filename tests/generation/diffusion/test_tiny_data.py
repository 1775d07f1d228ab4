"""Crops and conditions that the small model learns from."""

import json

import numpy as np
import pandas as pd
import pytest

from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.generation.diffusion.conditions import COLOURS
from hpefair.generation.diffusion.tiny_data import cut

SIDE = 32


@pytest.fixture
def scene(tmp_path):
    """A red person of 40 x 80 in a green picture of 100 x 200, and a second one at the edge."""
    pixels = np.zeros((200, 100, 3), np.uint8)
    pixels[..., 1] = 200
    first, second = np.zeros((2, 200, 100), bool)
    first[60:140, 30:70] = True
    second[0:40, 0:30] = True
    pixels[first] = (220, 0, 0)
    pixels[second] = (0, 0, 220)
    images.write_png(tmp_path / "a.png", pixels)
    keypoints = np.zeros((17, 3))
    keypoints[COCO_17.joints.index("right_wrist")] = [32, 90, 2]
    keypoints[COCO_17.joints.index("left_wrist")] = [67, 90, 2]
    rows = [(first, [30, 60, 40, 80], keypoints), (second, [0, 0, 30, 40], np.zeros((17, 3)))]
    return pd.DataFrame(
        [
            {
                "path": str(tmp_path / "a.png"), "bbox": box, "keypoints": points.ravel().tolist(), "iscrowd": False,
                "segmentation": masks.encode(mask), "garments": "", "wanted": True,
            }
            for mask, box, points in rows
        ]
    )  # fmt: skip


def test_crops_and_conditions_lie_on_each_other(scene):
    """Parts are drawn where the person is red, and the wrists on either side."""
    crops = cut(scene, SIDE)
    assert len(crops) == 2
    red = crops.pixels[0, ..., 0] > 110
    drawn = (crops.conditions[0, ..., 3:] == (150, 5, 61)).all(axis=-1)
    assert (red != drawn).mean() < 0.02
    assert 0.15 < drawn.mean() < 0.4
    wrists = [np.argwhere((crops.conditions[0, ..., :3] == COLOURS[k]).all(axis=-1)).mean(axis=0) for k in (4, 7)]
    assert wrists[0][1] < wrists[1][1]
    mirrored = [np.argwhere((crops.mirrored[0, ..., :3] == COLOURS[k]).all(axis=-1)).mean(axis=0) for k in (4, 7)]
    np.testing.assert_allclose(mirrored, wrists, atol=1.5)  # left and right are swapped, so a mirrored pose looks alike
    np.testing.assert_array_equal(crops.mirrored[0, ..., 3:], crops.conditions[0, :, ::-1, 3:])


def test_nothing_beyond_the_picture_is_learnt(scene):
    """The window of the person in the corner is moved inside: no repeated pixels."""
    crops = cut(scene.assign(wanted=[False, True]), SIDE)
    assert len(crops) == 1
    blue = crops.pixels[0, ..., 2] > 110
    assert blue[0, 0]
    assert not blue[:, -1].any()
    assert not blue[-1].any()


def test_small_crowds_and_unsegmented_people_are_left_out(scene):
    assert len(cut(scene, 256)) == 0
    assert len(cut(scene.assign(iscrowd=True), SIDE)) == 0
    assert len(cut(scene.assign(segmentation=""), SIDE)) == 0
    assert cut(scene.assign(garments=json.dumps({})), SIDE).conditions.shape == (2, SIDE, SIDE, 6)
