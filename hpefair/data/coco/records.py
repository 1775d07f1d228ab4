"""COCO annotation files to checked records, and tables back to COCO.

Each record is either accepted or quarantined with a reason; nothing is dropped silently.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from hpefair.machine import disk_faults
from hpefair.data.coco.masks import is_segmentation
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError

Record = dict[str, Any]

LONGEST_NAME = 255  # bytes that file systems allow


@dataclass
class Checked:
    """Accepted records and quarantined ones."""

    images: list[Record] = field(default_factory=list)
    people: list[Record] = field(default_factory=list)
    rejects: list[Record] = field(default_factory=list)

    def reject(self, record: str, source_id: object, reason: str) -> None:
        """Quarantine a record."""
        self.rejects.append({"record": record, "source_id": str(source_id), "reason": reason})


def load(path: Path) -> Any:
    """Decode a JSON file; `NaN` and `Infinity`, which some tools write, are accepted here and quarantined later.

    Raises:
        InputError: If the file is missing or is not JSON.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return decode(data)
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply to be a COCO file") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not complete JSON ({error}); copy or download it again") from error


def decode(data: bytes) -> Any:
    """Fast where the text is JSON, lenient where only NaN and Infinity keep it from being so.

    Raises:
        json.JSONDecodeError, UnicodeDecodeError, RecursionError: If it is neither.
    """
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return json.loads(data)


def load_dataset(path: Path) -> Record:
    """Decode a COCO keypoints file and check its frame.

    Raises:
        InputError: If it is not a COCO keypoints dataset, or holds no image or no annotation.
    """
    tree = load(path)
    if not isinstance(tree, dict) or not all(isinstance(tree.get(key), list) for key in ("images", "annotations")):
        raise InputError(f"{path} is not a COCO dataset: it needs the lists `images` and `annotations`")
    if not tree["images"] or not tree["annotations"]:
        raise InputError(
            f"{path} is empty: it has {len(tree['images'])} images, {len(tree['annotations'])} annotations"
        )
    return tree


def inside(folder: Path, file_name: str) -> Path | None:
    """Path of a file below a folder, or None where the name points outside it (`..`, absolute, symlink)."""
    for name in (PurePosixPath(file_name), PurePosixPath(file_name.replace("\\", "/"))):
        if name.is_absolute() or ".." in name.parts or not name.parts:
            return None
        if any(len(part.encode()) > LONGEST_NAME for part in name.parts):
            return None
    path = folder / file_name
    try:
        return path if path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, ValueError, RuntimeError) as error:  # a NUL byte, a path too long for any file, a circle of links
        if disk_faults.of_the_machine(error):
            raise
        return None


def declared_ids(tree: Record) -> set[int]:
    """Ids of all images that a file lists, usable or not."""
    return {image["id"] for image in tree["images"] if isinstance(image, dict) and is_id(image.get("id"))}


def person_ids(tree: Record) -> set[int]:
    """Ids of the categories called person; empty where a file lists no categories."""
    listed = [c for c in tree.get("categories") or [] if isinstance(c, dict)]
    return {c["id"] for c in listed if c.get("name") == "person" and is_id(c.get("id"))}


def check_categories(tree: Record, skeleton: Skeleton, path: Path) -> None:
    """Refuse a dataset of something else than people with this skeleton.

    Raises:
        InputError: If categories are listed but none is person, or its joints are others or in another order.
    """
    listed = [c for c in tree.get("categories") or [] if isinstance(c, dict)]
    persons = [c for c in listed if c.get("name") == "person"]
    if listed and not persons:
        raise InputError(f"{path} has no category person, only {', '.join(str(c.get('name')) for c in listed[:5])}")
    for category in persons:
        joints = category.get("keypoints")
        if joints and list(joints) != list(skeleton.joints):
            raise InputError(f"{path} has other joints, or joints in another order, than {skeleton.name}")


def check_images(records: list[Any], checked: Checked) -> None:
    """Accept image records with a unique id, a file name and a size."""
    plain = [record for record in records if _is_plain(record)]
    ids, files = {record["id"] for record in plain}, {record["file_name"] for record in plain}
    if len(ids) == len(files) == len(records):
        checked.images = plain
        return
    seen = Counter(record.get("id") for record in records if isinstance(record, dict) and is_id(record.get("id")))
    names = Counter(str(record.get("file_name")) for record in records if isinstance(record, dict))
    for record in records:
        reason = _image_fault(record, seen) or _repeated_file(record, names)
        if reason:
            checked.reject("image", record.get("id") if isinstance(record, dict) else "?", reason)
        else:
            checked.images.append(record)


def _is_plain(record: Any) -> bool:
    """Whether an image record is typed as COCO's are: nearly all, and a quarter of the time of finding a reason."""
    return (
        isinstance(record, dict)
        and type(record.get("id")) is type(record.get("width")) is type(record.get("height")) is int
        and type(record.get("file_name")) is str
        and is_id(record["id"])
        and record["file_name"] != ""
        and record["width"] > 0
        and record["height"] > 0
    )


def _repeated_file(record: Record, names: Counter[str]) -> str | None:
    return "the file_name is used more than once" if names[record["file_name"]] > 1 else None


def _image_fault(record: Any, seen: Counter[Any]) -> str | None:
    if not isinstance(record, dict) or not is_id(record.get("id")):
        return "an image record needs an integer id"
    if seen[record["id"]] > 1:
        return "the image id is used more than once"
    if not isinstance(record.get("file_name"), str) or not record["file_name"]:
        return "the image has no file_name"
    if not all(isinstance(record.get(side), int) and record[side] > 0 for side in ("width", "height")):
        return "the image needs a positive integer width and height"
    return None


@dataclass(frozen=True)
class Scope:
    """What a file says outside its annotations.

    Attributes:
        sizes: Width and height of accepted images by id.
        declared: Ids of all images that the file lists.
        persons: Ids of the categories called person, as text; empty where it lists none.
        skeleton: Skeleton of the keypoints.
    """

    sizes: Mapping[int, tuple[int, int]]
    declared: Set[int]
    persons: Set[str]
    skeleton: Skeleton

    @classmethod
    def of(cls, tree: Record, checked: Checked, skeleton: Skeleton) -> "Scope":
        """The scope of a file whose images are checked."""
        listed = [c for c in tree.get("categories") or [] if isinstance(c, dict)]
        return cls(
            {image["id"]: (image["width"], image["height"]) for image in checked.images},
            declared_ids(tree),
            {str(c.get("id")) for c in listed if c.get("name") == "person"},
            skeleton,
        )

    def fault(self, record: Any, repeated: Set[Any]) -> str | None:
        """Why an annotation cannot be used, given the annotation ids that are used more than once; None if it can."""
        reason = _frame_fault(record, repeated, self)
        return reason or _shape_fault(record, self.sizes[record["image_id"]], self.skeleton)


def check_people(records: Iterable[Any], tree: Record, skeleton: Skeleton, checked: Checked) -> None:
    """Accept person annotations of accepted images with a valid box, area and keypoints."""
    records, scope = list(records), Scope.of(tree, checked, skeleton)
    seen = Counter(record.get("id") for record in records if isinstance(record, dict) and is_id(record.get("id")))
    repeated = {number for number, count in seen.items() if count > 1}
    for record in records:
        reason = scope.fault(record, repeated)
        if reason:
            checked.reject("person", record.get("id") if isinstance(record, dict) else "?", reason)
        else:
            checked.people.append(record)


def _frame_fault(record: Any, repeated: Set[Any], scope: Scope) -> str | None:
    if not isinstance(record, dict) or not is_id(record.get("id")):
        return "an annotation needs an integer id"
    if record["id"] in repeated:
        return "the annotation id is used more than once"
    if scope.persons and str(record.get("category_id")) not in scope.persons:
        return "the annotation is not of category person"
    if not is_id(record.get("image_id")) or record["image_id"] not in scope.declared:
        return "the annotation names an image that the file does not list"
    if record["image_id"] not in scope.sizes:
        return "its image is quarantined"
    return None


def _shape_fault(record: Record, size: tuple[int, int], skeleton: Skeleton) -> str | None:
    box = record.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(is_finite(value) for value in box):
        return "the box is not four finite numbers"
    if box[2] <= 0 or box[3] <= 0:
        return "the box has no positive width and height"
    if not is_finite(record.get("area")) or record["area"] <= 0:
        return "the area is not positive"
    if box[0] >= size[0] or box[1] >= size[1] or box[0] + box[2] <= 0 or box[1] + box[3] <= 0:
        return "the box lies outside the image"
    if record.get("iscrowd", 0) not in (0, 1):
        return "iscrowd is neither 0 nor 1"
    if not is_segmentation(record.get("segmentation"), size):
        return "the segmentation is neither polygons nor run lengths of the image's size"
    if not _are_parts(record.get("garments"), size):
        return "garments are not named segmentations"
    return _keypoint_fault(record, size, skeleton)


def _keypoint_fault(record: Record, size: tuple[int, int], skeleton: Skeleton) -> str | None:
    values = record.get("keypoints")
    if not isinstance(values, list) or len(values) != 3 * skeleton.size:
        count = len(values) if isinstance(values, list) else 0
        return f"keypoints hold {count} numbers where {skeleton.name} needs {3 * skeleton.size}"
    if not all_finite(values):
        return "a keypoint is not finite"
    if any(v not in (0, 1, 2) for v in values[2::3]):
        return "a keypoint visibility is not 0, 1 or 2"
    labelled = [(x, y) for x, y, v in zip(values[::3], values[1::3], values[2::3], strict=True) if v > 0]
    if any(not (0 <= x <= size[0] and 0 <= y <= size[1]) for x, y in labelled):
        return "a labelled keypoint lies outside the image"
    if record.get("num_keypoints", len(labelled)) != len(labelled):
        return f"num_keypoints says {record['num_keypoints']} but {len(labelled)} are labelled"
    return None


def is_id(value: object) -> bool:
    """Whether a JSON value can be an id: a whole number that fits 64 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _are_parts(value: object, size: tuple[int, int]) -> bool:
    """Nothing, or segmentations by name."""
    return value is None or (isinstance(value, dict) and all(is_segmentation(part, size) for part in value.values()))


def all_finite(values: list[Any]) -> bool:
    """Whether every JSON value of a list is a number that arithmetic can use."""
    try:
        if set(map(type, values)) <= {int, float} and math.isfinite(sum(values)):  # NaN and Infinity reach the sum
            return True
    except OverflowError:
        pass
    return all(is_finite(value) for value in values)


def is_finite(value: object) -> bool:
    """Whether a JSON value is a number that arithmetic can use."""
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False
