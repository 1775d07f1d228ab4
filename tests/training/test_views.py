"""What is shown in training: pixels and annotations move together, in crops and in pictures."""

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.pose.geometry import crop_affine, invert, letterbox, move_boxes, transform
from hpefair.core.pose.skeletons import COCO_17
from hpefair.prediction.inputs import fitted, normalize
from hpefair.training.augmentation import Augmentation, shown_window
from hpefair.training.crops import CropView
from hpefair.training.scenes import SceneView

NOTHING = Augmentation(0, 0, 0, 0)
MUCH = Augmentation(40, 0.3, 0, 0.5)
DOT = (255, 0, 0)


@pytest.fixture
def dotted(tmp_path):
    """One picture with a red dot at every labelled joint, on grey; a crowd lies in its corner."""
    pixels = np.full((200, 240, 3), 120, np.uint8)
    keypoints = np.zeros((17, 3))
    rng = np.random.default_rng(3)
    for k in range(17):
        x, y = 60 + 20 * (k % 5), 50 + 30 * (k // 5)
        x, y = x + int(rng.integers(4)), y + int(rng.integers(4))
        keypoints[k] = (x, y, 2)
        cv2.circle(pixels, (x, y), 3, DOT, -1)
    cv2.imwrite(str(tmp_path / "a.png"), pixels[..., ::-1])
    person = {
        "path": str(tmp_path / "a.png"), "keypoints": keypoints.ravel().tolist(), "bbox": [50.0, 40.0, 110.0, 120.0],
        "area": 6000.0, "exposure": 1.0, "synthetic": False, "iscrowd": False,
    }  # fmt: skip
    crowd = {**person, "keypoints": [0.0] * 51, "bbox": [180.0, 10.0, 50.0, 40.0], "exposure": 0.0, "iscrowd": True}
    return pd.DataFrame([person, crowd])


def on_dots(shown, keypoints):
    """Share of labelled joints inside the input that lie on a dot."""
    height, width = shown.pixels.shape[:2]
    inside = (keypoints[:, 2] > 0) & (keypoints[:, :2] >= 2).all(axis=1)
    inside &= (keypoints[:, 0] < width - 3) & (keypoints[:, 1] < height - 3)
    columns, rows = np.rint(keypoints[inside, :2]).astype(int).T
    colours = shown.pixels[rows, columns].astype(int)
    return (colours[:, 0] - colours[:, 2] > 60).mean(), int(inside.sum())


@pytest.mark.parametrize("how", [NOTHING, MUCH])
def test_joints_of_a_crop_stay_on_their_dots(how, dotted, tmp_path):
    """Turned, scaled, halved or mirrored; a mirrored person's left is the other dot."""
    (tmp_path / "s").mkdir()
    view = CropView(dotted.head(1), (96, 128), COCO_17, tmp_path / "s")
    shares, seen = zip(*(on_dots(one, one.sample.keypoints[0]) for one in shows(view, how)), strict=True)
    assert np.mean(shares) > 0.97
    assert sum(seen) > 300


@pytest.mark.parametrize("how", [NOTHING, MUCH])
def test_joints_of_a_picture_stay_on_their_dots(how, dotted, tmp_path):
    """Scaled, moved or mirrored; the crowd is a region about which nothing is known, and nobody else is one."""
    (tmp_path / "s").mkdir()
    view = SceneView(dotted, (160, 160), COCO_17, tmp_path / "s")
    assert view.exposure.tolist() == [1.0]
    for shown in shows(view, how):
        share, seen = on_dots(shown, shown.sample.keypoints[0])
        assert share > 0.95
        assert seen > 8
        assert shown.rows.tolist() == [0]
        assert len(shown.sample.ignored) == 1
        x, y, _, height = shown.sample.bbox[0]
        inside = shown.sample.keypoints[0][shown.sample.keypoints[0, :, 2] > 0]
        assert (inside[:, 0] >= x - 1).all()
        assert (inside[:, 1] <= y + height + 1).all()


def shows(view, how):
    """A unit, forty times."""
    return [view.show(0, how, np.random.default_rng(seed)) for seed in range(40)]


def test_half_bodies_show_half(dotted):
    """Either the joints from the hips down or the others, where enough are labelled."""
    person = dotted.iloc[0]
    keypoints, box = np.array(person["keypoints"]).reshape(17, 3), np.array(person["bbox"])
    windows = [shown_window(box, keypoints, COCO_17, 1.0, np.random.default_rng(seed)) for seed in range(20)]
    middles = {round(window[1] + window[3] / 2) for window in windows}
    assert len(middles) == 2
    assert (shown_window(box, keypoints, COCO_17, 0.0, np.random.default_rng(0)) == box).all()
    few = keypoints.copy()
    few[5:, 2] = 0
    assert (shown_window(box, few, COCO_17, 1.0, np.random.default_rng(0)) == box).all()


@given(st.integers(20, 900), st.integers(20, 900), st.floats(-3, 3))
def test_boxes_move_with_what_they_hold(width, height, rotation):
    """A box of one pixel holds that pixel's centre after any map, and comes back."""
    matrix = crop_affine(np.array([width / 2, height / 2, width, height], float), (96, 128), rotation)
    moved = move_boxes(np.array([[7.0, 9.0, 1.0, 1.0]]), matrix)[0]
    centre = transform(np.array([7.0, 9.0]), matrix) + 0.5
    np.testing.assert_allclose(moved[:2] + moved[2:] / 2, centre, atol=1e-9)
    straight = letterbox(width, height, (96, 128))
    there = move_boxes(np.array([[0.0, 0, width, height]]), straight)
    assert (there[0, :2] >= -1e-9).all()
    assert (there[0, :2] + there[0, 2:] <= np.array([96, 128]) + 1e-9).all()
    np.testing.assert_allclose(move_boxes(there, invert(straight))[0], [0, 0, width, height], atol=1e-6)


def test_a_letterboxed_picture_keeps_points_where_the_map_says():
    """A bright square is where the map takes its middle, whether the picture shrinks or grows."""
    for side in (40, 300):
        pixels = np.zeros((side, side * 2, 3), np.uint8)
        at, half = side // 2, max(side // 20, 1)
        pixels[at - half : at + half + 1, at - half : at + half + 1] = 255
        small, matrix = fitted(pixels, (128, 128))
        rows, columns = np.nonzero(small[..., 0] > 200)
        found = np.array([columns[np.abs(rows - 64) < 40].mean(), rows.mean()])
        np.testing.assert_allclose(found, transform(np.array([at, at], float), matrix), atol=0.6)


def test_normalization_is_that_of_imagenet():
    """The mean colour becomes zero, a deviation one; channels stay last in memory."""
    import torch

    from hpefair.prediction.inputs import DEVIATION, MEAN

    pixels = torch.tensor([[[[MEAN[0] + DEVIATION[0], MEAN[1], MEAN[2] - DEVIATION[2]]]]])
    torch.testing.assert_close(normalize(pixels).flatten(), torch.tensor([1.0, 0.0, -1.0]), atol=1e-5, rtol=0)
    assert normalize(torch.zeros(2, 8, 8, 3, dtype=torch.uint8)).is_contiguous(memory_format=torch.channels_last)
