"""Everything measured from one image."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpefair.attributes.measured.measurement import contrast_group, measure_image
from hpefair.schema import MEASURED
from hpefair.settings import params

SETTINGS = params.load(Path(__file__).parents[3] / "params.yaml").attribute


def test_every_person_gets_every_value_or_a_reason(tiny_coco):
    """On a drawn image of two people and a crowd."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    rows = [a for a in tree["annotations"] if a["image_id"] == 3]
    crowd = rows[0] | {"id": 999, "iscrowd": 1}
    people = pd.DataFrame(
        [
            {
                **{key: row[key] for key in ("keypoints", "num_keypoints", "bbox", "area")},
                "person_id": str(row["id"]),
                "image_id": "3",
                "iscrowd": bool(row["iscrowd"]),
                "segmentation": json.dumps(row["segmentation"]),
            }
            for row in (*rows, crowd)
        ]
    )
    found = measure_image(str(tiny_coco / "images/000003.jpg"), people, SETTINGS).set_index("person_id")
    assert len(found) == 3
    assert found.loc["999", "contrast_reason"] == "a crowd, not a person"
    for row in found.itertuples():
        assert (row.contrast == "unknown") == bool(row.contrast_reason) == np.isnan(row.contrast_delta_e)
    assert found[list(MEASURED)].notna().all(axis=None)


def test_whoever_is_smaller_than_the_setting_has_no_contrast(tiny_coco):
    """By the annotated area; somebody of exactly that size has one."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    row = next(a for a in tree["annotations"] if a["image_id"] == 3)
    people = pd.DataFrame(
        [
            {key: row[key] for key in ("keypoints", "num_keypoints", "bbox", "area")}
            | {"person_id": "1", "image_id": "3", "iscrowd": False, "segmentation": json.dumps(row["segmentation"])}
        ]
    )
    for least, reason in ((row["area"], ""), (row["area"] + 1, "smaller than attribute.min_area_px")):
        settings = SETTINGS.model_copy(update={"min_area_px": least})
        found = measure_image(str(tiny_coco / "images/000003.jpg"), people, settings).iloc[0]
        assert found["contrast_reason"] == reason
        assert (found["contrast"] == "unknown") == bool(reason)


@pytest.mark.parametrize(("value", "group"), [(np.nan, "unknown"), (9.9, "low"), (10, "mid"), (25, "high")])
def test_contrast_groups(value, group):
    """Edges belong to the upper group."""
    assert contrast_group(value, SETTINGS.contrast) == group


def test_real_people_look_as_measured(real_data):
    """A skier in black on snow is high, a man in a dark suit before a dark wall is low."""
    tree = json.loads((real_data / "coco_kp/person_keypoints_pixels168.json").read_text())
    people = [a for a in tree["annotations"] if not a["iscrowd"] and a["num_keypoints"] > 8 and a["area"] > 5000]
    names = {image["id"]: image["file_name"] for image in tree["images"]}
    values = []
    for row in people[:60]:
        table = pd.DataFrame(
            [{**row, "person_id": "p", "image_id": "i", "segmentation": json.dumps(row["segmentation"])}]
        )
        path = real_data / "coco_kp/images" / names[row["image_id"]]
        values.append(measure_image(str(path), table, SETTINGS)["contrast_delta_e"].iloc[0])
    values = np.array(values)
    assert np.isnan(values).mean() < 0.25
    assert np.nanpercentile(values, 10) < 10 < 20 < np.nanpercentile(values, 90)
