"""Annotated people as columns, and as the people table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpefair.arrays import Array, Index, Mask
from hpefair.core.pose.skeleton import Skeleton
from hpefair.schema import PEOPLE



@dataclass(frozen=True)
class People:
    """Annotated people in a file's order.

    Attributes:
        annotation_id: COCO annotation id (N,).
        image_id: COCO image id (N,).
        box: Boxes (N, 4).
        area: Areas (N,).
        crowd: Whether a group is annotated as one (N,).
        keypoints: Keypoints (N, 3 K).
        garments: JSON text of named segmentations by row, where there are any.
        attributes: What `attributes` says by row, where it says something.
        segmentation: JSON text of polygons or run lengths, empty where there are none.
    """

    annotation_id: Index
    image_id: Index
    box: Array
    area: Array
    crowd: Mask
    keypoints: Array
    garments: dict[int, str]
    attributes: dict[int, Any]
    segmentation: pa.ChunkedArray

    @classmethod
    def empty(cls, size: int, numbers: int) -> "People":
        """Rows to be filled, `numbers` of keypoints each."""
        return cls(
            annotation_id=np.zeros(size, dtype=np.int64),
            image_id=np.zeros(size, dtype=np.int64),
            box=np.zeros((size, 4)),
            area=np.zeros(size),
            crowd=np.zeros(size, dtype=bool),
            keypoints=np.zeros((size, numbers)),
            garments={},
            attributes={},
            segmentation=pa.chunked_array([], pa.large_string()),
        )

    def __len__(self) -> int:
        return len(self.annotation_id)

    def outlined(self, segmentation: pa.ChunkedArray) -> "People":
        """The same people with their segmentations."""
        return replace(self, segmentation=segmentation)

    def some(self, keep: Mask) -> "People":
        """The people that a mask (N,) keeps."""
        if keep.all():
            return self
        place = np.cumsum(keep) - 1
        names = ("annotation_id", "image_id", "box", "area", "crowd", "keypoints")
        return replace(
            self,
            **{name: getattr(self, name)[keep] for name in names},
            garments=_moved(self.garments, keep, place),
            attributes=_moved(self.attributes, keep, place),
            segmentation=self.segmentation.filter(pa.array(keep)),
        )


def people_table(people: People, dataset: str, skeleton: Skeleton) -> pa.Table:
    """People table with the columns of `schema.PEOPLE`, the arrays as they are.

    The file's order is kept: where two people fit a detection equally well, it decides, as it does in pycocotools.
    """
    text, size = pa.large_string(), len(people)
    garments = [people.garments.get(row, "") for row in range(size)] if people.garments else pa.repeat("", size)
    columns = {
        "person_id": _ids(dataset, people.annotation_id),
        "image_id": _ids(dataset, people.image_id),
        "dataset": pa.repeat(pa.scalar(dataset, text), size),
        "coco_annotation_id": people.annotation_id,
        "skeleton": pa.repeat(pa.scalar(skeleton.name, text), size),
        "keypoints": _lists(people.keypoints),
        "num_keypoints": np.count_nonzero(people.keypoints[:, 2::3] > 0, axis=1),
        "bbox": _lists(people.box),
        "area": people.area,
        "segmentation": people.segmentation,
        "garments": pa.array(garments, text) if people.garments else pc.cast(garments, text),
        "iscrowd": people.crowd,
    }
    return pa.table({name: columns[name] for name in PEOPLE})


def _moved(values: Mapping[int, Any], keep: Mask, place: Index) -> dict[int, Any]:
    return {int(place[row]): value for row, value in values.items() if keep[row]}


def _ids(dataset: str, numbers: Index) -> pa.Array:
    text = pa.large_string()
    return pc.binary_join_element_wise(pa.scalar(dataset, text), pc.cast(pa.array(numbers), text), pa.scalar("/", text))


def _lists(rows: Array) -> pa.Array:
    """Rows (N, M) as a column of lists, without a copy."""
    offsets = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(rows.reshape(-1)))
