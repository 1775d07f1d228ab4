"""People of the drawn dataset as training rows, and settings small enough for a test."""

import json

import pandas as pd
import pytest

from hpefair.settings.training import TrainEngine


@pytest.fixture(scope="session")
def people(tiny_coco) -> pd.DataFrame:
    """Training rows of the drawn dataset."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    names = {image["id"]: image["file_name"] for image in tree["images"]}
    rows = pd.DataFrame(tree["annotations"])
    rows["path"] = [str(tiny_coco / "images" / names[i]) for i in rows["image_id"]]
    return rows.assign(exposure=1.0, synthetic=False, iscrowd=False, image_id=rows["image_id"].astype(str))


@pytest.fixture(scope="session")
def settings() -> TrainEngine:
    """A dozen steps on small crops."""
    return TrainEngine(
        input_width=64, input_height=96, steps=12, batch=4, learning_rate=0.004, weight_decay=0.01, clip_norm=5.0,
        average=0.9, precision="fp32", checkpoint_every=4, validate_every=6, keep="worst_group", min_support=3,
        rotation_degrees=10, scale_jitter=0.1, colour_jitter=0.1, half_body=0.3,
    )  # fmt: skip
