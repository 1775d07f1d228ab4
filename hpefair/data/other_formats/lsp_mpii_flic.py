"""Annotation files of LSP, LSP-Extended, MPII and FLIC as COCO-style datasets with their own skeletons.

None of them has boxes of whole people or areas: boxes are the extent of the labelled joints, enlarged, because joints
end inside the body, and areas are .53 of that. Joints beyond the picture's border count as unlabelled.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.io

from hpefair.arrays import Array
from hpefair.data.coco import records
from hpefair.data import images
from hpefair.data.coco.records import Record
from hpefair.data.other_formats.named_joints import AREA_OF_BOX
from hpefair.core.pose.skeleton import Skeleton
from hpefair.core.pose.skeletons import FLIC_11, LSP_14, MPII_16
from hpefair.errors import InputError


GROWN: Final = 1.18  # of the joints' extent: wrists are not fingertips, shoulders not heads
FLIC_COLUMNS: Final = (0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 16)  # of 29; the others are not annotated
LSP_NAME, LSPET_NAME = "im{:04d}.jpg", "im{:05d}.jpg"


@dataclass(frozen=True)
class Person:
    """One annotated person: its picture's file name, and keypoints (K, 3) with pixel centres at integers."""

    file_name: str
    keypoints: Array


def read(path: Path, folder: Path) -> tuple[Record, list[str]] | None:
    """A COCO-style dataset out of an annotation file, and a sentence on whoever was left out; None for other files.

    Args:
        path: `joints.mat` of LSP or LSP-Extended, `examples.mat` of FLIC, MPII's `.mat`, or its list in JSON.
        folder: Folder of the dataset; only pictures that lie in it are listed.

    Raises:
        InputError: If the file looks like one of these and cannot be read.
    """
    parsed = _mat(path) if path.suffix == ".mat" else _mpii_list(path)
    if parsed is None:
        return None
    skeleton, people = parsed
    return _dataset(path, folder, skeleton, people)


def _mat(path: Path) -> tuple[Skeleton, list[Person]] | None:
    try:
        tree = scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True)
    except (ValueError, TypeError, OSError, NotImplementedError, zlib.error, scipy.io.matlab.MatReadError) as error:
        raise InputError(f"{path} cannot be read as a MATLAB file: {error}; download it again") from error
    readers: dict[str, tuple[Skeleton, Callable[[Any], list[Person]]]] = {
        "joints": (LSP_14, _lsp),
        "examples": (FLIC_11, _flic),
        "RELEASE": (MPII_16, _mpii),
    }
    for key, (skeleton, reader) in readers.items():
        if key in tree:
            try:
                return skeleton, reader(tree[key])
            except (AttributeError, IndexError, TypeError, ValueError) as error:
                raise InputError(f"{path} holds {key} in another form than the released file of {skeleton.name} ({error}); download it again") from error
    return None


def _lsp(joints: Array) -> list[Person]:
    """LSP-Extended (14, 3, N): the third value is 1 for labelled joints. LSP (3, 14, N): it is 1 for hidden ones."""
    joints = joints if joints.ndim == 3 else np.atleast_2d(joints)[..., None]  # a single person loses its axis
    extended = joints.shape[0] == LSP_14.size
    if not extended:
        joints = joints.transpose(1, 0, 2)
    if joints.shape[:2] != (LSP_14.size, 3):
        raise ValueError(f"Expected joints (14, 3, N) or (3, 14, N) but got {joints.shape}")
    name = LSPET_NAME if extended else LSP_NAME
    visibility = np.where(joints[:, 2] > 0, 2, 0) if extended else np.where(joints[:, 2] > 0, 1, 2)
    return [
        Person(name.format(k + 1), np.column_stack([joints[:, :2, k], visibility[:, k]]))
        for k in range(joints.shape[2])
    ]


def _flic(examples: Any) -> list[Person]:
    """FLIC: coords (2, 29) with NaN for what nobody annotated, counted from 1."""
    people = []
    for one in np.atleast_1d(examples):
        points = np.asarray(one.coords, dtype=float)[:, list(FLIC_COLUMNS)].T - 1
        known = np.isfinite(points).all(axis=1)
        people.append(Person(str(one.filepath), np.column_stack([np.where(known[:, None], points, 0), known * 2])))
    return people


def _mpii(release: Any) -> list[Person]:
    """MPII's own file: points with ids from 0, coordinates counted from 1, `is_visible` for seen ones."""
    people = []
    for image in np.atleast_1d(release.annolist):
        for person in np.atleast_1d(getattr(image, "annorect", [])):
            points = getattr(getattr(person, "annopoints", None), "point", None)
            if points is None:  # the test set's people, and heads without a body
                continue
            keypoints = np.zeros((MPII_16.size, 3))
            for point in np.atleast_1d(points):
                seen = np.size(getattr(point, "is_visible", [])) and int(point.is_visible)
                keypoints[int(point.id)] = (float(point.x) - 1, float(point.y) - 1, 2 if seen else 1)
            people.append(Person(str(image.image.name), keypoints))
    return people


def _mpii_list(path: Path) -> tuple[Skeleton, list[Person]] | None:
    """The list in JSON that HRNet and MMPose use: image, joints (16, 2) counted from 1, joints_vis (16)."""
    tree = records.load(path)
    if not (
        isinstance(tree, list)
        and tree
        and isinstance(tree[0], dict)
        and {"image", "joints", "joints_vis"} <= set(tree[0])
    ):
        return None
    people = []
    for number, one in enumerate(tree):
        try:
            points, known = np.array(one["joints"], float) - 1, np.array(one["joints_vis"], float) > 0
            people.append(Person(str(one["image"]), np.column_stack([points.reshape(16, 2), known.reshape(16) * 2])))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: entry {number} needs image, 16 joints and 16 joints_vis; one is missing or of another length") from error
    return MPII_16, people


def _dataset(path: Path, folder: Path, skeleton: Skeleton, people: list[Person]) -> tuple[Record, list[str]]:
    """COCO-style dataset of the people whose pictures are there, and who was left out."""
    places = _places(folder)
    listed: dict[str, Record] = {}
    annotations, beyond = [], 0
    here = [(number, person) for number, person in enumerate(people, start=1) if Path(person.file_name).name in places]
    for number, person in here:
        place = places[Path(person.file_name).name]
        if place not in listed:
            # A picture that cannot be read is listed all the same: ingest quarantines it, and says why.
            width, height = images.size(folder / place) or tuple(np.ceil(person.keypoints[:, :2].max(axis=0) + 1))
            listed[place] = {"id": len(listed) + 1, "file_name": place, "width": int(width), "height": int(height)}
        annotation = _annotation(number, person.keypoints, listed[place])
        if annotation:
            annotations.append(annotation)
        else:
            beyond += 1
    if not annotations:
        raise InputError(f"no person of the {len(people)} in {path} has a picture and joints in {folder}")
    left_out = {
        "their picture is not in the folder": len(people) - len(here),
        "fewer than two joints lie in it": beyond,
    }
    notes = [f"left out {number} of {len(people)} people: {why}" for why, number in left_out.items() if number]
    category = {"id": 1, "name": "person", "keypoints": list(skeleton.joints)}
    return {"images": list(listed.values()), "annotations": annotations, "categories": [category]}, notes


def _places(folder: Path) -> dict[str, str]:
    """Pictures of a folder by file name."""
    suffixes = (".jpg", ".jpeg", ".png")
    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    return {path.name: path.relative_to(folder).as_posix() for path in reversed(pictures)}


def _annotation(number: int, keypoints: Array, image: Record) -> Record | None:
    points = keypoints.copy()
    inside = (points[:, :2] >= 0).all(axis=1) & (points[:, 0] < image["width"]) & (points[:, 1] < image["height"])
    points[~(inside & (points[:, 2] > 0))] = 0
    known = points[points[:, 2] > 0, :2]
    if len(known) < 2 or not np.ptp(known, axis=0).all():
        return None
    low, high = known.min(axis=0), known.max(axis=0)
    size = (high - low) * GROWN
    box = [*((low + high) / 2 - size / 2), *size]
    return {
        "id": number,
        "image_id": image["id"],
        "category_id": 1,
        "iscrowd": 0,
        "keypoints": points.ravel().tolist(),
        "num_keypoints": len(known),
        "bbox": [float(value) for value in box],
        "area": float(AREA_OF_BOX * size[0] * size[1]),
    }
