"""People and predictions as a FiftyOne dataset, loaded in bulk and rebuilt at any time from DVC's files.

OKS is hpefair's own, stored as a label attribute: FiftyOne's keypoint similarity is not COCO's.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError
from hpefair.tools.fiftyone import documents

TRUTH: Final = "people"
# The same people: the App's grid of single people breaks where a skeleton lacks a joint; there they are boxes and lines
BOXES: Final = "boxes"
LIMBS: Final = "limbs"
LABELS: Final = (f"{TRUTH}.keypoints", f"{BOXES}.detections")
PLACE: Final = ("person_id", "image_id", "keypoints", "bbox", "tags")
PROJECT: Final = "project"  # in the info of every dataset that hpefair built
BATCH: Final = 2000  # documents a call


def make(
    name: str,
    images: pd.DataFrame,
    people: pd.DataFrame,
    predictions: Mapping[str, pd.DataFrame],
    skeleton: Skeleton,
) -> Any:
    """Build a persistent dataset; one of the same name that hpefair built is replaced.

    Args:
        name: Dataset name.
        images: image_id, path, width, height, split, synthetic, and any other text column.
        people: person_id, image_id, keypoints, bbox, tags where there are some, and attributes.
        predictions: Per model image_id, keypoints, score.
        skeleton: Joints and limbs.

    Returns:
        The FiftyOne dataset.

    Raises:
        InputError: If a dataset of that name is somebody else's.
    """
    import fiftyone as fo

    fo.config.show_progress_bars = False
    if fo.dataset_exists(name) and PROJECT not in fo.load_dataset(name).info:
        raise InputError(f"FiftyOne has a dataset {name} that hpefair did not build: pass another --name")
    attributes = ["person_id", *(column for column in people if column not in PLACE)]
    further = [column for column in images if column not in ("image_id", "path", "width", "height", "synthetic")]
    dataset = fo.Dataset(name, persistent=True, overwrite=True)
    dataset.info = {PROJECT: ""}  # at once: one that is never finished is known as hpefair's as well
    dataset.save()
    dataset.default_skeleton = fo.KeypointSkeleton(
        labels=list(skeleton.joints), edges=[[a, b] for a, b in skeleton.limbs]
    )
    _declare(dataset, fo, people, attributes, ["image_id", *further], predictions)
    size = _sizes(people, images)
    labels = {TRUTH: ("Keypoints", "keypoints", documents.keypoints(people, size, "person", attributes))}
    labels[BOXES] = ("Detections", "detections", documents.boxes(people, size, "person", attributes))
    labels[LIMBS] = ("Polylines", "polylines", documents.limbs(people, size, skeleton.limbs))
    for model, table in predictions.items():
        poses = documents.keypoints(table, _sizes(table, images), "pose", ["score"], everything=True)
        labels[model] = ("Keypoints", "keypoints", poses)
    if len(images):
        samples = _samples(dataset, fo, images, further, labels)
        while part := list(islice(samples, BATCH)):
            # A raw write of finished documents: an order of magnitude faster than building label objects one by one.
            dataset._sample_collection.insert_many(part, ordered=False)
    dataset.app_config.active_fields = fo.core.odm.ActiveFields(paths=[TRUTH, LIMBS, "split"])
    dataset.app_config.color_scheme = fo.ColorScheme(show_skeletons=True, color_by="instance", opacity=1.0)
    dataset.save()
    return dataset


def _sizes(table: pd.DataFrame, images: pd.DataFrame) -> np.ndarray:
    """Width and height of each row's image."""
    sizes: np.ndarray = images.set_index("image_id").loc[table["image_id"], ["width", "height"]].to_numpy(dtype=float)
    return sizes


def _samples(
    dataset: Any, fo: Any, images: pd.DataFrame, further: Sequence[str], labels: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """One document per image, in the form of one that FiftyOne itself has just written."""
    from bson import ObjectId

    metadata = fo.ImageMetadata(width=1, height=1)
    dataset.add_sample(fo.Sample(filepath=str(Path(images["path"].iloc[0]).resolve()), metadata=metadata))
    pattern = dataset._sample_collection.find_one()
    dataset._sample_collection.delete_one({"_id": pattern["_id"]})
    chance = random.Random(0)  # FiftyOne takes random samples by it
    for row in images.to_dict(orient="records"):
        yield {
            **pattern,
            "_id": ObjectId(),
            "_rand": chance.random(),
            "filepath": str(Path(row["path"]).resolve()),
            "metadata": {**pattern["metadata"], "width": int(row["width"]), "height": int(row["height"])},
            "image_id": row["image_id"],
            "synthetic": bool(row["synthetic"]),
            **{name: row[name] for name in further},
            **{
                name: {"_cls": kind, part: by_image.get(row["image_id"], [])}
                for name, (kind, part, by_image) in labels.items()
            },
        }


def _declare(
    dataset: Any,
    fo: Any,
    people: pd.DataFrame,
    attributes: Sequence[str],
    texts: Sequence[str],
    predictions: Mapping[str, Any],
) -> None:
    """Declare every field first: a raw write declares nothing, and an undeclared field cannot be loaded.

    All fields of a level at once: FiftyOne's public call for one field saves and loads the whole schema each time.
    """
    from fiftyone.core.odm import create_field

    kinds = {TRUTH: fo.Keypoints, BOXES: fo.Detections, LIMBS: fo.Polylines, **dict.fromkeys(predictions, fo.Keypoints)}
    outer = {name: create_field(name, fo.StringField) for name in texts}
    outer["synthetic"] = create_field("synthetic", fo.BooleanField)
    for name, kind in kinds.items():
        outer[name] = create_field(name, fo.EmbeddedDocumentField, embedded_doc_type=kind)
    inner = {f"{LIMBS}.polylines.person_id": create_field("person_id", fo.StringField)}
    for name in attributes:
        ftype = fo.FloatField if pd.api.types.is_float_dtype(people[name]) else fo.StringField
        inner |= {f"{labels}.{name}": create_field(name, ftype) for labels in LABELS}
    inner |= {f"{model}.keypoints.score": create_field("score", fo.FloatField) for model in predictions}
    for schema in (outer, inner):
        dataset._merge_sample_field_schema(schema)
