"""Recomposed people as the screen reads them: real COCO people, changed, recorded, and read back as rows."""

import json
from types import SimpleNamespace

import pandas as pd

from hpefair.attributes.measured.measurement import measure_image
from hpefair.data import tables
from hpefair.generation.protocol import Item
from hpefair.generation.recompose.recompose import Recompose
from hpefair.generation.records import record
from hpefair.schema import ATTRIBUTES, PERCEIVED, UNKNOWN


def photographed(folder, settings):
    """People and images of a folder with `images` and person_keypoints_pixels168.json, as `Recompose` takes them."""
    tree = json.loads((folder / "person_keypoints_pixels168.json").read_text())
    licences = {one["id"]: one["name"] for one in tree["licenses"]}
    images = pd.DataFrame(tree["images"]).rename(columns={"id": "image_id"})
    images = images.assign(
        image_id=images["image_id"].astype(str),
        path=[str(folder / "images" / name) for name in images["file_name"]],
        license=images["license"].map(licences),
    )
    people = pd.DataFrame(tree["annotations"]).rename(columns={"id": "person_id"})
    people = people.assign(
        person_id=people["person_id"].astype(str),
        image_id=people["image_id"].astype(str),
        segmentation=people["segmentation"].map(json.dumps),
        garments="",
        iscrowd=people["iscrowd"].astype(bool),
        **dict.fromkeys(PERCEIVED, UNKNOWN),
    )
    people = people.merge(images[["image_id", "path", "width", "height", "license"]], on="image_id")
    measured = pd.concat([measure_image(path, rows, settings.attribute) for path, rows in people.groupby("path")])
    return people.merge(measured[["person_id", "contrast"]], on="person_id"), images


def recomposed(people, images, settings, folder, number):
    """So many people of each contrast, as rows; their pictures lie in the folder."""
    maker = Recompose(people, images, settings.attribute.contrast, settings.generate)
    rows = []
    for group in ATTRIBUTES["contrast"]:
        items = [Item(f"{group}{n:03d}", {"contrast": group}, n + 500, n) for n in range(2 * number)]
        made = (record(item, maker.make([item])[0], folder, folder) for item in items)
        good = (one | {"backend": "recompose"} for one in made if one["made"])
        rows += [SimpleNamespace(**tables.plain(one)) for one, _ in zip(good, range(number), strict=False)]
    return rows
