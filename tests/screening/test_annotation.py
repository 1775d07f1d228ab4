"""Annotations and cells are judged from the files alone."""

import json
import types

import numpy as np
import pytest

from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.screening.annotation import attribute_fault, file_fault, measured, open_picture
from hpefair.settings.params import load
from tests.attributes.measured.test_contrast import scene
from tests.attributes.measured.test_measurement import SETTINGS


@pytest.fixture
def screen(project):
    return load(project / "params.yaml").screen


@pytest.fixture
def row(tmp_path):
    """A generated person in strongly contrasting clothes."""
    pixels, mask, joints = scene((230, 40, 40))
    images.write_png(tmp_path / "g.png", pixels)
    rows, columns = np.nonzero(mask)
    box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    return types.SimpleNamespace(
        item_id="x", path=str(tmp_path / "g.png"), width=260, height=260, age_band="child", bbox=np.array(box, float),
        keypoints=joints.ravel(), area=float(mask.sum()), segmentation=masks.encode(mask), garments="",
        others="[]",
    )  # fmt: skip


def test_a_good_person_is_measured(row, screen):
    assert file_fault(row, screen) == ("", "")
    assert measured(open_picture(row), SETTINGS)["contrast"] == "high"


def test_the_wanted_cell_must_really_be_filled(row):
    """What the generator claims of what can be measured is not believed."""
    found = measured(open_picture(row), SETTINGS)
    assert attribute_fault(row, found, {"contrast": "high", "age_band": "child"}) == ("", "")
    assert attribute_fault(row, found, {"contrast": "low"})[1] == "measured contrast is high, wanted low"
    assert attribute_fault(row, found, {"age_band": "teen"}) == ("attribute", "age_band is child, wanted teen")


def test_everybody_in_the_picture_is_seen(row):
    """Somebody who fills half of the box makes it a crowd, and is no background of the one who is measured."""
    left, top, width, height = (float(value) for value in row.bbox)
    beside = np.zeros((260, 260), bool)
    beside[int(top) : int(top + height), int(left + width / 2) : int(left + width)] = True
    other = {
        "keypoints": [0.0] * 51,
        "bbox": [left + width / 2, top, width / 2, height],
        "area": float(beside.sum()),
        "segmentation": masks.encode(beside),
        "garments": "",
    }
    crowded = types.SimpleNamespace(**{**vars(row), "others": json.dumps([other])})
    assert measured(open_picture(row), SETTINGS)["crowding"] == "alone"
    assert measured(open_picture(crowded), SETTINGS)["crowding"] == "crowded"


def test_faults_of_files_and_annotations_are_named(row, screen, tmp_path):
    """Joints 150 px off; an arm twice as long as the body has it; no mask; a file cut short."""
    shifted = row.keypoints.reshape(17, 3).copy()
    shifted[:, 0] += 150
    assert file_fault(types.SimpleNamespace(**{**vars(row), "keypoints": shifted.ravel()}), screen)[0] == "annotation"
    long = row.keypoints.reshape(17, 3).copy()
    long[9, :2] = long[7, :2] + 2.5 * (long[9, :2] - long[7, :2]) + [0, 60]
    wide = types.SimpleNamespace(**{**vars(row), "keypoints": long.ravel(), "bbox": np.array([0.0, 0.0, 260, 260])})
    assert file_fault(wide, screen)[0] in ("limbs", "annotation")
    assert file_fault(types.SimpleNamespace(**{**vars(row), "segmentation": ""}), screen)[0] == "annotation"
    (tmp_path / "g.png").write_bytes(b"broken")
    assert file_fault(row, screen)[0] == "file"
