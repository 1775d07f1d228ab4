"""The people of every arm of the addition benchmark, cut out of their pictures and labelled with the same 12 joints."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from benchmarks import real_people
from hpefair.core.pose.geometry import crop_window
from hpefair.data import images, tables
from hpefair.generation.protocol import Backend, Item, Made
from hpefair.machine import progress
from hpefair.schema import ATTRIBUTES
from hpefair.settings.params import Params
from hpefair.synthetic.dataset import Request, make_dataset

FACE = slice(0, 5)  # nose, eyes and ears: not labelled in LSPET, so learned in no arm
FEWEST_JOINTS = 6  # of the 12
CUT_CONTEXT = 2.0  # the crop's context of 1.25, its largest jitter and its corners when it is turned
CUT_SIDE = 208  # a crop of 96 x 128 pixels is then cut at about its own resolution
RENDER_SEED, RECOMPOSE_SEED = 71, 1000
CONTRASTS = tuple(group for group in ATTRIBUTES["contrast"] if group != "unknown")


@dataclass(frozen=True)
class Recomposed:
    """Recomposed people, and their parents as they were: one row for each time that a parent was used."""

    made: pd.DataFrame
    unaltered: pd.DataFrame
    attempts: int


def cut(people: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """People cut out of their pictures, shrunk where they are large; boxes, areas and joints moved along.

    Args:
        people: Rows path, keypoints, bbox, area, image_id.
        folder: Where the cut-outs go; decoding whole pictures in every step would cost more than the step.

    Returns:
        Rows path, keypoints, bbox, area, image_id of everybody with at least six of the twelve joints.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = people[people["keypoints"].map(_limb_joints) >= FEWEST_JOINTS]
    rows = [_cut(row, folder / f"{number:06d}.bmp") for number, row in enumerate(kept.itertuples())]
    return pd.DataFrame(rows)


def rendered(folder: Path, pictures: int) -> pd.DataFrame:
    """Built-in people of the default population."""
    make_dataset(folder, Request(pictures, RENDER_SEED), workers=1)
    tree = tables.read_json(folder / "annotations.json")
    people = pd.DataFrame(tree["annotations"])
    people["path"] = people["image_id"].map(
        {one["id"]: str(folder / "images" / one["file_name"]) for one in tree["images"]}
    )
    return people


def recomposed(folder: Path, number: int, data: Path, everything: Params) -> Recomposed:
    """COCO people asked for in every contrast group in turn, whatever the backend does to get there."""
    from hpefair.generation.recompose.recompose import Recompose

    people, pictures = real_people.coco(data, everything.attribute)
    backend = Recompose(people, pictures, everything.attribute.contrast, everything.generate)
    items = [
        Item(f"r{k:05d}", {"contrast": CONTRASTS[k % len(CONTRASTS)]}, RECOMPOSE_SEED + k, k // len(CONTRASTS))
        for k in range(number)
    ]
    rows, parents = [], []
    for item, made in progress.track(list(_made(backend, items)), "writing recomposed people"):
        path = folder / f"{item.item_id}.png"
        images.write_png(path, made.pixels)
        rows.append(_row(made, path))
        parents.append(made.person.parent_person)
    unaltered = people.set_index("person_id").loc[parents].reset_index()
    return Recomposed(pd.DataFrame(rows), unaltered, len(items))


def _made(backend: Backend, items: list[Item]) -> Iterable[tuple[Item, Made]]:
    """What a backend made of items, in batches of its liking; its refusals left out."""
    starts = range(0, len(items), backend.batch)
    for start in progress.track(list(starts), "recomposing"):
        batch = items[start : start + backend.batch]
        for item, made in zip(batch, backend.make(batch), strict=True):
            if not isinstance(made, str):
                yield item, made


def _row(made: Made, path: Path) -> dict[str, Any]:
    person = made.person
    return {
        "image_id": f"recomposed/{path.stem}",
        "path": str(path),
        "keypoints": person.keypoints.ravel().tolist(),
        "bbox": person.bbox.tolist(),
        "area": float(person.mask.sum()),
    }


def _limb_joints(keypoints: list[float]) -> int:
    return int((np.asarray(keypoints, dtype=float).reshape(17, 3)[FACE.stop :, 2] > 0).sum())


def _cut(person: Any, path: Path) -> dict[str, Any]:
    pixels = images.read_rgb(Path(person.path))
    box = np.asarray(person.bbox, dtype=float)
    x, y, _, side = crop_window(box, 0.75, CUT_CONTEXT)
    left, top = max(int(x - side / 2), 0), max(int(y - side / 2), 0)
    window = pixels[top : int(np.ceil(y + side / 2)), left : int(np.ceil(x + side / 2))]
    factor = min(CUT_SIDE / side, 1.0)
    if factor < 1:
        size = (max(round(window.shape[1] * factor), 1), max(round(window.shape[0] * factor), 1))
        window = cv2.resize(window, size, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), cv2.cvtColor(window, cv2.COLOR_RGB2BGR))
    keypoints = np.asarray(person.keypoints, dtype=float).reshape(17, 3).copy()
    keypoints[:, :2] = (keypoints[:, :2] - (left, top) + 0.5) * factor - 0.5
    keypoints[FACE] = 0
    moved = [*((box[:2] - (left, top)) * factor), *(box[2:] * factor)]
    return {
        "image_id": person.image_id,
        "path": str(path),
        "keypoints": keypoints.ravel().tolist(),
        "bbox": [float(value) for value in moved],
        "area": float(person.area) * factor**2,
    }
