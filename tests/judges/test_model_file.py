"""A model file of one's own is fed and read as its description says."""

import json
import sys

import numpy as np
import pytest

from hpefair.core.pose.codecs import gaussian_targets
from hpefair.errors import SettingsError, ToolError
from hpefair.judges.model_file import Description, ModelFile, feed, read
from tests.judges.tiny_onnx import red_finder

HEATMAPS = {"model": "red.onnx", "size": [48, 64], "deviation": [255, 255, 255], "output": "heatmaps", "sigma": 1.0}


def description(**changes):
    """Of a network that gives coordinates."""
    return Description(**{"model": "m.onnx", "size": (64, 48), "output": "coordinates", **changes})


def write(folder, **changes):
    """A judge of heatmaps, and its description."""
    (folder / "red.onnx").write_bytes(red_finder())
    path = folder / "mine.json"
    path.write_text(json.dumps({**HEATMAPS, **changes}))
    return path


def spotted(at):
    """A picture with a soft red spot."""
    y, x = np.mgrid[:120, :100] + 0.5
    pixels = np.full((120, 100, 3), 60.0)
    pixels[..., 0] += 190 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * 5.0**2))
    return pixels.astype(np.uint8)


def test_an_onnx_file_finds_the_spot(tmp_path):
    """Through window, layout and heatmaps, to a fraction of a pixel."""
    judge = ModelFile(write(tmp_path))
    sighting = judge.look(spotted((61.3, 44.8)), np.array([20.0, 10, 60, 80]))
    np.testing.assert_allclose(sighting.keypoints[:, :2], np.tile([61.3, 44.8], (17, 1)), atol=0.25)
    assert judge.name == "mine"
    assert judge.model_id.startswith("red.onnx ")
    assert judge.look(spotted((-90, -90)), np.array([20.0, 10, 60, 80])) is None


def test_colours_come_in_the_described_order(tmp_path):
    """A network that wants BGR sees a red spot as a blue one."""
    judge = ModelFile(write(tmp_path, colours="bgr"))
    assert judge.look(spotted((61.3, 44.8)), np.array([20.0, 10, 60, 80])) is None


def test_a_tflite_file_is_run_too(tmp_path, judges):
    """BlazePose as such a file: it runs, and its outputs are not the described ones."""
    (tmp_path / "b.tflite").write_bytes((judges / "blazepose" / "pose_landmark_full.tflite").read_bytes())
    how = {"model": "b.tflite", "size": [256, 256], "layout": "nhwc", "output": "coordinates"}
    (tmp_path / "b.json").write_text(json.dumps(how))
    with pytest.raises(ToolError, match=r"0 outputs of coordinates.*\(1, 195\)"):
        ModelFile(tmp_path / "b.json").look(np.zeros((50, 50, 3), np.uint8), np.array([0.0, 0, 50, 50]))


def test_feeding():
    """Mean and deviation go with the channels in the described order."""
    crop = np.zeros((2, 3, 3), np.uint8)
    crop[...] = [10, 20, 30]
    fed = feed(crop, description(colours="bgr", mean=(30, 0, 0), deviation=(1, 2, 5)))
    assert fed.shape == (1, 3, 2, 3)
    np.testing.assert_array_equal(fed[0, :, 0, 0], [0, 10, 2])
    assert feed(crop, description(layout="nhwc")).shape == (1, 2, 3, 3)


def test_reading_coordinates():
    """y before x, shares of the input; or as described."""
    rows = np.column_stack([np.full(17, 0.25), np.full(17, 0.5), np.full(17, 0.9)])
    points, score = read([rows.reshape(1, 1, 17, 3)], description())
    np.testing.assert_allclose(points, np.tile([32, 12], (17, 1)))
    np.testing.assert_allclose(score, 0.9)
    points, _ = read([rows, np.zeros(4)], description(axes="xy", unit="pixels"))
    np.testing.assert_allclose(points, np.tile([0.25, 0.5], (17, 1)))


def test_reading_heatmaps():
    """A joint comes back half a pixel on: the codec counts from pixel centres."""
    joints = np.random.default_rng(0).uniform(36, 60, (17, 2))  # far from the borders, where smoothing shifts
    maps = gaussian_targets(joints, (32, 24), 4, 2.0)[None]
    points, score = read([maps], description(output="heatmaps", size=(128, 96)))
    np.testing.assert_allclose(points, joints + 0.5, atol=0.1)
    assert (score > 0.8).all()


def test_outputs_that_do_not_fit():
    """None, two, or maps of another shape."""
    rows = np.zeros((17, 3))
    for outputs in ([], [rows, rows], [np.zeros((1, 17, 2))]):
        with pytest.raises(ToolError, match="outputs of coordinates"):
            read(outputs, description())
    with pytest.raises(ToolError, match="shape of its input"):
        read([np.zeros((1, 17, 12, 12))], description(output="heatmaps"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": [0, 64]}, "size"),
        ({"output": "simcc"}, "output"),
        ({"width": 3}, "width"),
        ({"model": "x.onnx"}, "x.onnx"),
    ],
)
def test_a_description_that_cannot_be_used(tmp_path, changes, said):
    """The fault is named."""
    with pytest.raises(SettingsError, match=said):
        ModelFile(write(tmp_path, **changes))


def test_files_that_cannot_be_run(tmp_path, monkeypatch):
    """Another kind, broken ones, and a runtime that is not installed."""
    for name, error in (("x.pt", SettingsError), ("x.onnx", ToolError), ("x.tflite", ToolError)):
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(error, match=r"x\."):
            ModelFile(write(tmp_path, model=name))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ToolError, match="needs onnxruntime: pip install"):
        ModelFile(write(tmp_path))
