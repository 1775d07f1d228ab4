"""Annotations to checked columns: usual records without a Python object per number, the odd ones singly.

An annotation that is typed as COCO's are goes into arrays and is checked there. Whatever is odd, and whatever fails
such a check, is decoded and looked at alone: the rules that give a reason exist once, in `records`. So the checks
here need only be strict: to accept nothing that those rules would not.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import simdjson

from hpefair.arrays import Array, Index, Mask
from hpefair.data.coco.records import Checked, Record, Scope, is_id
from hpefair.data.coco.masks import is_segmentation
from hpefair.data.coco.people import People
from hpefair.data.coco.text import Entries, joined


LARGEST: Final = 2**63 - 1
EXACT: Final = 2**53  # up to here a float is the whole number it stands for
DIGITS: Final = 308  # a number of no more, without an exponent, is finite
NUMBERS: Final = b"0123456789+-. \t\n\r"  # no exponent: those are looked at singly
POLYGONS: Final = re.compile(rb"\[\[,(?:,,)*\](?:,\[,(?:,,)*\])*\]")  # the shape of lists of an even count of numbers
NOTHING: Final = (b"[]", b"null")

Whole = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]


class Head(msgspec.Struct, gc=False):
    """An annotation as nearly all are written; other keys are skipped while reading."""

    id: Whole
    image_id: Whole
    bbox: msgspec.Raw
    area: float
    keypoints: msgspec.Raw
    category_id: int | None = None
    iscrowd: Literal[0, 1] = 0
    num_keypoints: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] = -1
    segmentation: msgspec.Raw = msgspec.Raw(NOTHING[0])
    garments: dict[str, Any] | None = None
    attributes: dict[str, Any] | None = None


HEAD: Final = msgspec.json.Decoder(Head)
HEADS: Final = msgspec.json.Decoder(list[Head])


def read_people(entries: Entries, scope: Scope, checked: Checked) -> People:
    """Person annotations of accepted images with a valid box, area and keypoints; the others are quarantined.

    Args:
        entries: The annotations of a file.
        scope: What the file says outside its annotations.
        checked: Receives the rejects, in the file's order.

    Returns:
        The accepted people in the file's order.
    """
    columns = Columns(len(entries), scope)
    for start, part in entries.parts():
        columns.read(start, part)
    repeated = columns.repeated()
    accepted = columns.sound & ~np.isin(columns.people.annotation_id, list(repeated))
    for row in np.flatnonzero(~accepted).tolist():
        record = entries[row]
        reason = scope.fault(record, repeated)
        if reason:
            checked.reject("person", record.get("id") if isinstance(record, dict) else "?", reason)
        else:
            columns.put(row, record)
            accepted[row] = True
    return columns.finished().some(accepted)


class Columns:
    """Arrays that are filled part by part, one row per annotation; rows that are not `sound` wait for `put`."""

    def __init__(self, size: int, scope: Scope) -> None:
        self._scope = scope
        self._parser = simdjson.Parser()
        self._places = pd.Index(list(scope.sizes), dtype=np.int64)
        self._sides = _sides(scope.sizes)
        self._numbered = np.zeros(size, dtype=bool)
        self._segmentation: list[pa.Array] = []
        self.sound = np.zeros(size, dtype=bool)
        self.people = People.empty(size, 3 * scope.skeleton.size)

    def read(self, start: int, entries: Sequence[Any]) -> None:
        """Decode a part of the annotations and check those that are written as usual."""
        heads = _heads(entries)
        texts = _outlines(heads, self._scope.sizes)
        usual = self._flat([n for n, text in enumerate(texts) if text is not None], heads)
        try:
            long = [text for text in texts if text is not None and len(text) > DIGITS and text[:1] == b"["]
            _numbers(self._parser, long)  # raises if one is too large
            parts = [head.keypoints for head in usual.values()] + [head.bbox for head in usual.values()]
            self._fill(start, usual, _numbers(self._parser, parts))
        except (ValueError, RuntimeError):
            usual = {}
        if len(usual) < len(entries):
            for n in set(range(len(entries))).difference(usual):
                texts[n] = self._number(start + n, entries[n]).encode()
        self._segmentation.append(_text_array([text or b"" for text in texts]))

    def _flat(self, rows: list[int], heads: Sequence[Head | None]) -> dict[int, Head]:
        """Heads by row, of those with one list of as many numbers as there should be, and a box of four."""
        flat_heads = {n: head for n in rows if (head := heads[n]) is not None and head.garments is None}
        wanted = b"[" + b"," * (self.people.keypoints.shape[1] - 1) + b"]", b"[,,,]"
        for shape, texts in zip(
            wanted, ([h.keypoints for h in flat_heads.values()], [h.bbox for h in flat_heads.values()]), strict=True
        ):
            if b"|".join(texts).translate(None, NUMBERS) != b"|".join([shape] * len(texts)):  # else all, in one go
                fits = [bytes(text).translate(None, NUMBERS) == shape for text in texts]
                return self._flat([n for n, fit in zip(flat_heads, fits, strict=True) if fit], heads)
        return flat_heads

    def _fill(self, start: int, heads: dict[int, Head], numbers: Array) -> None:
        people, persons, entries = self.people, self._scope.persons, heads.values()
        whole = len(heads) and next(reversed(heads)) == len(heads) - 1
        rows: Any = slice(start, start + len(heads)) if whole else start + np.array([*heads], dtype=np.int64)
        joints = people.keypoints.shape[1] * len(heads)
        keypoints, box = numbers[:joints].reshape(len(heads), -1), numbers[joints:].reshape(len(heads), 4)
        image, area = np.array([head.image_id for head in entries]), np.array([head.area for head in entries], dtype=float)
        people.annotation_id[rows] = [head.id for head in entries]
        people.crowd[rows] = [head.iscrowd for head in entries]
        people.image_id[rows], people.box[rows], people.area[rows], people.keypoints[rows] = image, box, area, keypoints
        people.attributes.update({start + n: head.attributes for n, head in heads.items() if head.attributes})
        size = self._sides[self._places.get_indexer(image)]  # -1, no such image, takes the last
        stated = np.array([head.num_keypoints for head in entries])
        category = [head.category_id for head in entries]
        known = {one for one in set(category) if not persons or str(one) in persons}
        sound = _boxes_lie(box, size) & (area > 0) & _joints_lie(keypoints, size, stated)
        self._numbered[rows] = True
        self.sound[rows] = sound if known.issuperset(category) else sound & [one in known for one in category]

    def _number(self, row: int, entry: Any) -> str:
        """Note the id of an odd annotation; its segmentation as text."""
        record = Entries([entry])[0]
        if not isinstance(record, dict):
            return ""
        if is_id(record.get("id")):
            self._numbered[row], self.people.annotation_id[row] = True, record["id"]
        return json.dumps(record["segmentation"]) if record.get("segmentation") else ""

    def put(self, row: int, record: Record) -> None:
        """Fill in an annotation that `Scope.fault` has passed."""
        people = self.people
        people.image_id[row] = record["image_id"]
        people.box[row] = [float(value) for value in record["bbox"]]
        people.area[row] = float(record["area"])
        people.crowd[row] = bool(record.get("iscrowd", 0))
        people.keypoints[row] = [float(value) for value in record["keypoints"]]
        if record.get("garments"):
            people.garments[row] = json.dumps(record["garments"])
        if record.get("attributes"):
            people.attributes[row] = record["attributes"]

    def repeated(self) -> set[int]:
        """Annotation ids that are used more than once."""
        ids, counts = np.unique(self.people.annotation_id[self._numbered], return_counts=True)
        return set(ids[counts > 1].tolist())

    def finished(self) -> People:
        """All rows, with their segmentations."""
        return self.people.outlined(pa.chunked_array(self._segmentation, pa.large_string()))


def _sides(sizes: Mapping[int, tuple[int, int]]) -> Array:
    """Widths and heights (M + 1, 2) of images, NaN where a float would round them, and for no image, which is last."""
    try:
        sides = np.array([*sizes.values(), (math.nan, math.nan)], dtype=float)
    except OverflowError:  # a side of hundreds of digits: each annotation is looked at singly
        return np.full((len(sizes) + 1, 2), math.nan)
    return np.where(sides < EXACT, sides, math.nan)


def _boxes_lie(box: Array, size: Array) -> Mask:
    """Boxes (n, 4) that have a width and height and touch images of the given sizes (n, 2)."""
    with np.errstate(over="ignore"):
        ends = box[:, :2] + box[:, 2:]
    return np.asarray(((box[:, 2:] > 0) & (box[:, :2] < size) & (ends > 0)).all(axis=1))


def _joints_lie(keypoints: Array, size: Array, stated: Index) -> Mask:
    """Keypoints (n, 3 K) whose labelled joints lie on their images and are as many as stated (-1: not stated)."""
    x, y, v = (np.ascontiguousarray(keypoints[:, axis::3]) for axis in range(3))
    placed = (x >= 0) & (x <= size[:, :1]) & (y >= 0) & (y <= size[:, 1:])
    rated = (v == 0) | (((v == 1) | (v == 2)) & placed)
    return np.asarray(rated.all(axis=1) & ((stated == -1) | (stated == np.count_nonzero(v > 0, axis=1))))


def _heads(entries: Sequence[Any]) -> Sequence[Head | None]:
    """Annotations that are typed as COCO's are; None for the others."""
    try:
        return HEADS.decode(joined(entries))
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        return [_head(entry) for entry in entries]


def _head(entry: Any) -> Head | None:
    try:
        return HEAD.decode(entry) if isinstance(entry, msgspec.Raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _outlines(heads: Sequence[Head | None], sizes: Mapping[int, tuple[int, int]]) -> list[bytes | None]:
    """Texts to keep of segmentations; None where one is neither polygons, run lengths nor nothing, or might not be."""
    texts = [b"" if head is None else bytes(head.segmentation) for head in heads]
    shapes = b"|".join(texts).translate(None, NUMBERS).split(b"|")
    if len(shapes) != len(texts):  # somebody's text holds the mark
        shapes = [text.translate(None, NUMBERS) for text in texts]
    return [
        None if head is None else text if _is_polygons(shape) else _outline(text, sizes.get(head.image_id))
        for head, text, shape in zip(heads, texts, shapes, strict=True)
    ]


def _outline(text: bytes, size: tuple[int, int] | None) -> bytes | None:
    """Text to keep of a segmentation that is no polygons: run lengths of an image of this size."""
    if text in NOTHING:
        return b""
    try:
        runs = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return text if size and isinstance(runs, dict) and is_segmentation(runs, size) else None


def _text_array(texts: list[bytes]) -> pa.Array:
    """UTF-8 texts as a column, in one copy; that they are UTF-8 was checked when they were read."""
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


@lru_cache(maxsize=4096)
def _is_polygons(shape: bytes) -> bool:
    return POLYGONS.fullmatch(shape) is not None


def _numbers(parser: Any, lists: Sequence[msgspec.Raw | bytes]) -> Array:
    """Numbers of JSON lists in a row.

    Raises:
        ValueError, RuntimeError, TypeError: If one is beyond a float or, as a whole number, 64 bits.
    """
    return np.frombuffer(parser.parse(joined(lists)).as_buffer(of_type="d"))
