"""People as the documents that FiftyOne keeps in MongoDB: whole columns at a time, no object per label.

FiftyOne's own classes cost milliseconds a person; what they write is the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from bson import ObjectId
from numpy.typing import NDArray

from hpefair.core.pose.skeletons import COCO_17

Documents = dict[str, list[dict[str, Any]]]


def keypoints(
    table: pd.DataFrame, size: NDArray[np.float64], label: str, columns: Sequence[str], everything: bool = False
) -> Documents:
    """Keypoint labels by image.

    Args:
        table: image_id, keypoints (flat, K times x, y, visibility), the columns, and tags where labels have some.
        size: Width and height of each row's image (n, 2), pixels.
        label: What the labels are called.
        columns: Columns that become attributes of the labels.
        everything: Whether joints of visibility 0 are points as well; else they are NaN, which FiftyOne leaves out.

    Returns:
        Image id to documents.
    """
    points = _points(table["keypoints"], size, everything)
    return _labels("Keypoint", table, {"points": points}, label, columns)


def boxes(table: pd.DataFrame, size: NDArray[np.float64], label: str, columns: Sequence[str]) -> Documents:
    """Detection labels by image.

    Args:
        table: As for `keypoints`, with bbox (x, y, width, height; pixels) in place of keypoints.
        size: As for `keypoints`.
        label: What the labels are called.
        columns: Columns that become attributes of the labels.
    """
    corners = np.array(table["bbox"].tolist(), dtype=float).reshape(-1, 4) / np.concatenate([size, size], axis=1)
    return _labels("Detection", table, {"bounding_box": corners.tolist()}, label, columns)


def limbs(table: pd.DataFrame, size: NDArray[np.float64], links: Sequence[tuple[int, int]]) -> Documents:
    """Limbs of which both ends are labelled, as lines by image.

    Args:
        table: image_id, keypoints, person_id.
        size: As for `keypoints`.
        links: Pairs of joints.
    """
    ends = np.array(links)
    joints = _joints(table["keypoints"])
    both: NDArray[np.bool_] = np.all(joints[:, ends, 2] > 0, axis=2)
    lines = (joints[..., :2] / size[:, None])[:, ends]
    points = [rows[known].tolist() for rows, known in zip(lines, both, strict=True)]
    shape = {"points": points, "closed": [False] * len(table), "filled": [False] * len(table)}
    return _labels("Polyline", table[["image_id", "person_id"]], shape, "limbs", ["person_id"])


def _labels(
    kind: str, table: pd.DataFrame, shape: dict[str, list[Any]], label: str, columns: Sequence[str]
) -> Documents:
    names = [*shape, *columns]
    values = [*shape.values(), *(_plain(table[name]) for name in columns)]
    tags = table["tags"].tolist() if "tags" in table else [[]] * len(table)
    out: Documents = defaultdict(list)
    for image, said, row in zip(table["image_id"], tags, zip(*values, strict=True), strict=True):
        document = {"_id": ObjectId(), "_cls": kind, "tags": said, "attributes": {}, "label": label}
        document.update(zip(names, row, strict=True))
        out[image].append(document)
    return out


def _joints(flat: pd.Series) -> NDArray[np.float64]:
    """Joints (n, K, 3); of nobody, any K will do."""
    if not len(flat):
        return np.zeros((0, COCO_17.size, 3))
    return np.array(flat.tolist(), dtype=float).reshape(len(flat), -1, 3)


def _points(flat: pd.Series, size: NDArray[np.float64], everything: bool) -> list[list[list[float]]]:
    """Points relative to their image."""
    joints = _joints(flat)
    points = joints[..., :2] / size[:, None]
    if not everything:
        points[joints[..., 2] == 0] = np.nan
    relative: list[list[list[float]]] = points.tolist()
    return relative


def _plain(column: pd.Series) -> list[Any]:
    """Values that MongoDB knows; what is missing is None."""
    if pd.api.types.is_float_dtype(column):
        return [value if known else None for value, known in zip(column, np.isfinite(column), strict=True)]
    if pd.api.types.is_numeric_dtype(column):
        return list(column.tolist())
    return [None if value is None or value != value else str(value) for value in column]
