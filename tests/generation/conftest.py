"""The drawn dataset as the generate stage hands it over, and random pipelines; nothing is asked of a hub."""

import json
import os

import pandas as pd
import pytest

from hpefair.attributes.measured.measurement import measure_image
from hpefair.schema import PERCEIVED
from hpefair.settings.params import Attribute, load

os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def attribute_settings(project) -> Attribute:
    """Default settings of the measurement."""
    return load(project / "params.yaml").attribute


@pytest.fixture(scope="session")
def training(tiny_coco, attribute_settings):
    """People with measured contrast, and images."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    images = pd.DataFrame(tree["images"]).rename(columns={"id": "image_id"})
    images["image_id"] = images["image_id"].astype(str)
    images["path"] = [str(tiny_coco / "images" / name) for name in images["file_name"]]
    images["license"] = "free"
    people = pd.DataFrame(tree["annotations"]).rename(columns={"id": "person_id"})
    people["person_id"] = people["person_id"].map("{:03d}".format)
    people["image_id"] = people["image_id"].astype(str)
    people["segmentation"] = people["segmentation"].map(json.dumps)
    people["garments"] = ""
    people["iscrowd"] = False
    people = people.merge(images[["image_id", "path", "width", "height", "license"]], on="image_id")
    measured = [measure_image(path, rows, attribute_settings) for path, rows in people.groupby("path")]
    people = people.merge(pd.concat(measured)[["person_id", "contrast"]], on="person_id")
    labels = dict.fromkeys(PERCEIVED, "unknown")
    return people.assign(**labels), images


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory):
    """Folder with random pipelines: control, refine, inpaint, and a ControlNet `net`."""
    import torch

    from tests.generation.diffusion import tiny_pipelines

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pipelines")
    tiny_pipelines.build(folder)
    return folder
