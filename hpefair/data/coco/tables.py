"""Checked COCO records as tables, and tables as COCO datasets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair.data import label_files
from hpefair.data.coco.records import Checked, Record
from hpefair.data.coco.people import People
from hpefair.core.pose.skeleton import Skeleton
from hpefair.schema import IMAGES, PERCEIVED


def image_rows(records: list[Record], tree: Record, dataset: str, raw: Path) -> pd.DataFrame:
    """Image table of accepted records.

    Args:
        records: Accepted image records.
        tree: The whole COCO file, for licence names.
        dataset: Dataset name.
        raw: Folder that holds the datasets.

    Returns:
        Rows with the columns of `schema.IMAGES`; `subject_id` is the record's own one or empty.
    """
    listed = [entry for entry in tree.get("licenses") or [] if isinstance(entry, dict)]
    licenses = {str(entry.get("id")): str(entry.get("name", "")) for entry in listed}
    folder = (raw / dataset / "images").as_posix()
    columns: dict[str, list[Any]] = {
        "image_id": [f"{dataset}/{record['id']}" for record in records],
        "dataset": [dataset] * len(records),
        "coco_image_id": [record["id"] for record in records],
        "path": _below(folder, [record["file_name"] for record in records]),
        "width": [record["width"] for record in records],
        "height": [record["height"] for record in records],
        "license": [licenses.get(str(record.get("license")), "not stated") for record in records],
        "subject_id": [
            "" if (subject := record.get("subject_id")) in (None, "") else f"{dataset}/{subject}" for record in records
        ],
        "content": [record["content"] for record in records],
    }
    return pd.DataFrame(columns, columns=list(IMAGES)).sort_values("coco_image_id", ignore_index=True)


def _below(folder: str, names: list[str]) -> list[str]:
    """Paths of files below a folder, as pathlib writes them; plain names, as nearly all are, need no pathlib."""
    return [
        f"{folder}/{name}" if "/" not in name and name != "." else (Path(folder) / name).as_posix() for name in names
    ]


def attribute_rows(people: People, dataset: str, checked: Checked) -> pd.DataFrame:
    """Labels that lie in the annotations themselves, under `attributes`; others than perceived ones are left alone.

    Args:
        people: Accepted people.
        dataset: Dataset name.
        checked: Receives what holds no names, and values outside the vocabulary.

    Returns:
        Long table person_id, image_id (empty), attribute, group, source.
    """
    rows = []
    for row in sorted(people.attributes):
        number = int(people.annotation_id[row])
        values = people.attributes[row]
        if not isinstance(values, dict):
            checked.reject("label", number, "attributes are not named values")
            continue
        given: Record = {label_files.COLUMN_ALIASES.get(name, name): value for name, value in values.items()}
        for attribute in PERCEIVED:
            if given.get(attribute) is None:
                continue
            group = label_files.group_of(attribute, str(given[attribute]))
            if group is None:
                checked.reject("label", number, f"{attribute} has no group {given[attribute]!r}")
            else:
                rows.append((f"{dataset}/{number}", "", attribute, group, "coco:attributes"))
    return pd.DataFrame(rows, columns=["person_id", "image_id", "attribute", "group", "source"], dtype=str)


def label_rows(labels: pd.DataFrame, people: pd.DataFrame, dataset: str, source: str, checked: Checked) -> pd.DataFrame:
    """Labels of the people at hand; values outside the vocabulary are quarantined.

    Args:
        labels: From `label_files.load`.
        people: People table of the dataset.
        dataset: Dataset name.
        source: Name of the label file.
        checked: Receives the rejects.

    Returns:
        Long table person_id (empty for an image-level label), image_id, attribute, group, source. Labels of people and
        images that the dataset does not hold are left out: one label file may serve several datasets.
    """
    for row in labels[labels["group"].isna()].itertuples():
        checked.reject("label", row.source_id, f"{row.attribute} has no group {row.given!r}")
    known = _without_contradictions(labels.dropna(subset=["group"]), checked)
    key = known["source_id"].map(lambda number: f"{dataset}/{number}")
    person_level = known["level"] == "person"
    table = pd.DataFrame(
        {
            "person_id": key.where(person_level, ""),
            "image_id": key.where(~person_level, ""),
            "attribute": known["attribute"],
            "group": known["group"],
            "source": f"labels:{source}",
        }
    )
    here = table["person_id"].isin(people["person_id"]) | table["image_id"].isin(people["image_id"])
    return table[here].reset_index(drop=True)


def _without_contradictions(labels: pd.DataFrame, checked: Checked) -> pd.DataFrame:
    """Labels that say one thing about each person; where two rows differ, neither can be trusted."""
    key = ["level", "source_id", "attribute"]
    if not labels.duplicated(key).any():
        return labels
    differing = labels.groupby(key)["group"].transform("nunique") > 1
    for row in labels[differing].drop_duplicates(key).itertuples():
        checked.reject("label", row.source_id, f"{row.attribute} is given more than once, with different values")
    return labels[~differing]


def coco_dataset(images: pd.DataFrame, people: pd.DataFrame, skeleton: Skeleton, root: str = "") -> Record:
    """COCO keypoints dataset that pycocotools and FiftyOne load.

    Args:
        images: Image rows.
        people: People rows.
        skeleton: Skeleton of the keypoints.
        root: Put before every `file_name`.

    Returns:
        The dataset tree; ids count from 1, `hpefair_id` keeps ours.
    """
    image_ids = {name: number for number, name in enumerate(images["image_id"], start=1)}
    category: dict[str, Any] = {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.joints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs],
    }
    return {
        "info": {"description": "written by hpefair"},
        "licenses": [],
        "categories": [category],
        "images": [
            {
                "id": image_ids[row.image_id],
                "file_name": f"{root}{row.path}",
                "width": int(row.width),
                "height": int(row.height),
                "license_name": row.license,
                "hpefair_id": row.image_id,
            }
            for row in images.itertuples()
        ],
        "annotations": [
            {
                "id": number,
                "image_id": image_ids[row.image_id],
                "category_id": 1,
                "bbox": np.asarray(row.bbox, dtype=float).tolist(),
                "area": float(row.area),
                "iscrowd": int(row.iscrowd),
                "keypoints": np.asarray(row.keypoints, dtype=float).tolist(),
                "num_keypoints": int(row.num_keypoints),
                "segmentation": json.loads(row.segmentation) if row.segmentation else [],
                "hpefair_id": row.person_id,
            }
            for number, row in enumerate(people.itertuples(), start=1)
        ],
    }
