"""Generated people as rows of the images and people tables."""

import json
from typing import Any

import numpy as np
import pandas as pd

from hpefair.schema import GENERATED, PERCEIVED

MADE = ["keypoints", "bbox", "area", "segmentation"]


def images_of(kept: pd.DataFrame) -> pd.DataFrame:
    """Image rows of generated people."""
    return kept[["path", "width", "height", "license"]].assign(image_id=kept["person_id"])


def people_of(kept: pd.DataFrame, real: pd.DataFrame) -> pd.DataFrame:
    """People rows of those whom pictures were made for.

    Who was made from somebody counts as that person, and is what is said of the parent; who never existed counts as a
    new one, and is what they were made as, unless sources had to tell what was produced.

    Args:
        kept: Rows of accepted.parquet with person_id and exposure.
        real: Real people, whose columns are wanted.
    """
    name, parent = kept["person_id"], kept["parent_person"]
    roots = {f"root_{what}": kept[f"parent_{what}"].where(parent != "", name) for what in ("person", "image")}
    known = real.set_index("person_id")
    sources = {}
    for attribute in PERCEIVED:
        inherited = parent.map(known[f"{attribute}_source"]).astype(object)
        told = kept[f"{attribute}_source"].where(kept["backend"] == "diffusion", GENERATED)
        sources[f"{attribute}_source"] = inherited.where(parent != "", told).fillna("")
    others = [column for column in kept if column in real and column not in MADE and column not in sources]
    visible = [int((np.asarray(row, dtype=float)[2::3] > 0).sum()) for row in kept["keypoints"]]
    return kept[[*MADE, *dict.fromkeys([*others, "person_id", "exposure"])]].assign(
        image_id=name,
        iscrowd=False,
        split="train",
        synthetic=True,
        num_keypoints=np.array(visible, dtype="int64"),
        **roots,
        **sources,
    )


def shown_beside(kept: pd.DataFrame) -> pd.DataFrame:
    """Annotations of everybody else in generated pictures: real people, who get no exposures of their own by it."""
    rows: list[dict[str, Any]] = []
    for person in kept.itertuples():
        for number, other in enumerate(json.loads(person.others or "[]"), start=1):
            labelled = int((np.asarray(other["keypoints"], dtype=float)[2::3] > 0).sum())
            row = {key: other[key] for key in MADE} | {"person_id": f"{person.person_id}/{number}", "iscrowd": False}
            rows.append(row | {"image_id": person.person_id, "num_keypoints": labelled})
    columns = ["person_id", "image_id", *MADE, "num_keypoints", "iscrowd"]
    return pd.DataFrame(rows, columns=columns)
