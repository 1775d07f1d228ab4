"""ONNX: the same people as the model, for any batch, and a file that says how to feed and read it."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from hpefair.core.pose.skeletons import COCO_17
from hpefair.estimators.protocol import make
from hpefair.prediction.export import export, metadata, plain
from hpefair.prediction.prediction import TestTime

HOW = TestTime(score_threshold=0.0099, most=6)  # an untrained cell says about .01: some of them are let through
KINDS = [
    ("heatmap", {}, True),
    ("heatmap", {"net": "resnet50", "decoding": "quarter", "loss": "mse"}, True),
    ("deeppose", {}, True),
    ("yolo_pose", {"side": 64}, True),
    ("yolo_pose", {"side": 64}, False),
]


@pytest.mark.parametrize(("name", "options", "suppressed"), KINDS)
def test_onnxruntime_says_what_the_model_says(name, options, suppressed, tmp_path):
    """Joints within 1e-4 px in the median, for batches of one, three and four."""
    torch.manual_seed(0)
    model = make(name, (64, 64), COCO_17, options).eval()
    path = tmp_path / "model.onnx"
    names = export(model, path, {"estimator": name}, COCO_17, HOW, suppressed)
    onnx.checker.check_model(str(path))
    session = onnxruntime.InferenceSession(path)
    module, _ = plain(model, HOW, suppressed)
    for batch in (1, 3, 4):
        pixels = torch.rand(batch, 3, 64, 64) * 255
        with torch.no_grad():
            ours = dict(zip(names, module(pixels), strict=True))
        theirs = dict(zip(names, session.run(None, {"pixels": pixels.numpy()}), strict=True))
        assert ours["keypoints"].shape == theirs["keypoints"].shape
        assert ours["keypoints"].numel()
        distance = np.abs(ours["keypoints"].numpy() - theirs["keypoints"])
        assert np.median(distance[..., :2]) <= 1e-4
        np.testing.assert_allclose(ours["score"].numpy(), theirs["score"], atol=1e-5)
        if suppressed and name == "yolo_pose":
            assert (ours["image_index"].numpy() == theirs["image_index"]).all()
            assert len(set(theirs["image_index"])) == batch
    stored = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert stored == metadata(model, {"estimator": name}, COCO_17)
    assert json.loads(stored["hpefair.joints"]) == list(COCO_17.joints)
    assert json.loads(stored["hpefair.input"])["values"] == [0, 255]
