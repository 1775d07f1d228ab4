"""Generated people are judged from their files alone."""

import json
import types

import numpy as np
import pytest
from hpefair.attributes.screening import inspect

from hpefair.adapters import coco_masks, images
from tests.attributes.test_contrast import scene
from tests.attributes.test_measurement import SETTINGS


@pytest.fixture
def row(tmp_path):
    """A generated person in strongly contrasting clothes."""
    pixels, mask, joints = scene((230, 40, 40))
    images.write_png(tmp_path / "g.png", pixels)
    rows, columns = np.nonzero(mask)
    box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    return types.SimpleNamespace(
        item_id="x", path=str(tmp_path / "g.png"), width=260, height=260, age_band="child", bbox=np.array(box, float),
        keypoints=joints.ravel(), area=float(mask.sum()), segmentation=coco_masks.encode(mask), garments="",
        others="[]",
    )  # fmt: skip


def test_a_good_person_passes_and_is_measured(row):
    """No reason, and the measured attributes."""
    reason, found = inspect(row, {"contrast": "high", "age_band": "child"}, SETTINGS, 5)
    assert reason == ""
    assert found["contrast"] == "high"


def test_the_wanted_cell_must_really_be_filled(row):
    """What the generator claims is not believed."""
    assert inspect(row, {"contrast": "low"}, SETTINGS, 5)[0] == "measured contrast is high, wanted low"
    assert inspect(row, {"age_band": "teen"}, SETTINGS, 5)[0] == "age_band is child, wanted teen"


def test_everybody_in_the_picture_is_seen(row):
    """Somebody who fills half of the box makes it a crowd, and is no background of the one who is measured."""
    left, top, width, height = (float(value) for value in row.bbox)
    beside = np.zeros((260, 260), bool)
    beside[int(top) : int(top + height), int(left + width / 2) : int(left + width)] = True
    other = {
        "keypoints": [0.0] * 51,
        "bbox": [left + width / 2, top, width / 2, height],
        "area": float(beside.sum()),
        "segmentation": coco_masks.encode(beside),
        "garments": "",
    }
    crowded = types.SimpleNamespace(**{**vars(row), "others": json.dumps([other])})
    assert inspect(row, {}, SETTINGS, 5)[1]["crowding"] == "alone"
    assert inspect(crowded, {}, SETTINGS, 5)[1]["crowding"] == "crowded"


def test_shifted_annotations_and_broken_files_are_rejected(row, tmp_path):
    """Joints 150 px off; a file cut short."""
    shifted = row.keypoints.reshape(17, 3).copy()
    shifted[:, 0] += 150
    assert (
        "outside" in inspect(types.SimpleNamespace(**{**vars(row), "keypoints": shifted.ravel()}), {}, SETTINGS, 5)[0]
    )
    (tmp_path / "g.png").write_bytes(b"broken")
    assert "cannot be decoded" in inspect(row, {"contrast": "high", "age_band": "child"}, SETTINGS, 5)[0]
