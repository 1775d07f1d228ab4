"""People, predictions and groups as a FiftyOne dataset, loaded in bulk and rebuilt at any time from DVC's files.

OKS is hpefair's own, stored as a label attribute: FiftyOne's keypoint similarity is not COCO's.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair.core.pose.skeleton import Skeleton

TRUTH = "people"


def build(
    name: str,
    images: pd.DataFrame,
    people: pd.DataFrame,
    predictions: Mapping[str, pd.DataFrame],
    skeleton: Skeleton,
) -> Any:
    """Build a persistent dataset; one of the same name is replaced.

    Args:
        name: Dataset name.
        images: image_id, path, width, height, split, synthetic.
        people: person_id, image_id, keypoints, bbox, attributes and one `oks_<model>` column per model.
        predictions: Per model image_id, keypoints, score.
        skeleton: Joints and limbs.

    Returns:
        The FiftyOne dataset.
    """
    import fiftyone as fo
    from bson import ObjectId
    from pymongo import UpdateOne

    fo.config.show_progress_bars = False
    attributes = [column for column in people if column not in ("image_id", "keypoints", "bbox")]
    dataset = fo.Dataset(name, persistent=True, overwrite=True)
    dataset.default_skeleton = fo.KeypointSkeleton(
        labels=list(skeleton.joints), edges=[[a, b] for a, b in skeleton.limbs]
    )
    _declare(dataset, fo, people, attributes, predictions)
    ids = dataset.add_samples(
        [
            fo.Sample(
                filepath=str(Path(row.path).resolve()),
                metadata=fo.ImageMetadata(width=int(row.width), height=int(row.height)),
            )
            for row in images.itertuples()
        ]
    )
    of_image = dict(tuple(people.groupby("image_id")))
    predicted = {model: dict(tuple(table.groupby("image_id"))) for model, table in predictions.items()}
    updates = []
    for sample, row in zip(ids, images.itertuples(), strict=True):
        document = {"image_id": row.image_id, "split": row.split, "synthetic": bool(row.synthetic)}
        document |= _truth(of_image.get(row.image_id), row, attributes)
        document |= {model: _poses(parts.get(row.image_id), row) for model, parts in predicted.items()}
        updates.append(UpdateOne({"_id": ObjectId(sample)}, {"$set": document}))
    # A raw write of finished documents: about fifty times faster than building label objects one by one.
    dataset._sample_collection.bulk_write(updates, ordered=False)
    dataset.app_config.active_fields = fo.core.odm.ActiveFields(paths=[TRUTH, "split"])
    dataset.app_config.color_scheme = fo.ColorScheme(show_skeletons=True, color_by="instance", opacity=1.0)
    dataset.save()
    return dataset


def save_views(dataset: Any, worst: Sequence[tuple[str, str, str]]) -> list[str]:
    """Save views of generated people, of each split, and of the people of the worst groups, worst first.

    Args:
        dataset: From `build`.
        worst: Triples of model, attribute and group.

    Returns:
        Names of the saved views.
    """
    import fiftyone as fo

    field = fo.ViewField
    dataset.save_view("generated", dataset.match(field("synthetic")))
    for split in ("train", "val", "test"):
        dataset.save_view(split, dataset.match((field("split") == split) & ~field("synthetic")))
    for model, attribute, group in worst:
        members = dataset.filter_labels(TRUTH, (field(attribute) == group) & (field(f"oks_{model}") >= 0))
        hardest = field(f"{TRUTH}.keypoints").map(field(f"oks_{model}")).min()
        view = members.sort_by(hardest)
        dataset.save_view(f"worst_{attribute}_{group}_{model}", view)
    return list(dataset.list_saved_views())


def _declare(
    dataset: Any, fo: Any, people: pd.DataFrame, attributes: Sequence[str], predictions: Mapping[str, Any]
) -> None:
    """Declare every field first: a raw write declares nothing, and an undeclared field cannot be loaded."""
    dataset.add_sample_field("image_id", fo.StringField)
    dataset.add_sample_field("split", fo.StringField)
    dataset.add_sample_field("synthetic", fo.BooleanField)
    dataset.add_sample_field(TRUTH, fo.EmbeddedDocumentField, embedded_doc_type=fo.Keypoints)
    dataset.add_sample_field("boxes", fo.EmbeddedDocumentField, embedded_doc_type=fo.Detections)
    for name in attributes:
        kind = fo.FloatField if pd.api.types.is_float_dtype(people[name]) else fo.StringField
        dataset.add_sample_field(f"{TRUTH}.keypoints.{name}", kind)
    dataset.add_sample_field("boxes.detections.person_id", fo.StringField)
    for model in predictions:
        dataset.add_sample_field(model, fo.EmbeddedDocumentField, embedded_doc_type=fo.Keypoints)
        dataset.add_sample_field(f"{model}.keypoints.score", fo.FloatField)


def _truth(rows: pd.DataFrame | None, image: Any, attributes: Sequence[str]) -> dict[str, Any]:
    keypoints, boxes = [], []
    for row in rows.to_dict(orient="records") if rows is not None else ():
        values = {name: _plain(row[name]) for name in attributes}
        keypoints.append(_document("Keypoint", points=_points(row["keypoints"], image), label="person", **values))
        x, y, width, height = (float(value) for value in row["bbox"])
        box = [x / image.width, y / image.height, width / image.width, height / image.height]
        boxes.append(_document("Detection", bounding_box=box, label="person", person_id=row["person_id"]))
    return {
        TRUTH: {"_cls": "Keypoints", "keypoints": keypoints},
        "boxes": {"_cls": "Detections", "detections": boxes},
    }


def _poses(rows: pd.DataFrame | None, image: Any) -> dict[str, Any]:
    found = [
        _document("Keypoint", points=_points(row["keypoints"], image, True), label="pose", score=float(row["score"]))
        for row in (rows.to_dict(orient="records") if rows is not None else ())
    ]
    return {"_cls": "Keypoints", "keypoints": found}


def _document(kind: str, **values: Any) -> dict[str, Any]:
    from bson import ObjectId

    return {"_id": ObjectId(), "_cls": kind, "tags": [], "attributes": {}, **values}


def _points(flat: Any, image: Any, everything: bool = False) -> list[list[float]]:
    """Points relative to the image; unlabelled joints are NaN, which FiftyOne leaves out."""
    joints = np.asarray(flat, dtype=float).reshape(-1, 3)
    points = joints[:, :2] / np.array([image.width, image.height])
    if not everything:
        points[joints[:, 2] == 0] = np.nan
    relative: list[list[float]] = points.tolist()
    return relative


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else None if value is None else str(value)
