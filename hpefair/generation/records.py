"""A generated person as a row of the table, and as files."""

import json
from pathlib import Path
from typing import Any, Final

from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.generation.protocol import AnnotatedPerson, Item, Made
from hpefair.schema import PERCEIVED

COLUMNS: Final = (
    "item_id", "backend", "cell", "made", "reason", "parent_person", "parent_image", "sources", "operation", "license",
    "model", "prompt", "seed", "path", "width", "height", "keypoints", "bbox", "area", "segmentation", "garments",
    "others", *PERCEIVED,
)  # fmt: skip


def record(item: Item, made: Made | str, folder: Path, seen_from: Path) -> dict[str, Any]:
    """Write a generated picture, and describe it.

    Args:
        item: What was asked for.
        made: What came of it; a reason where nothing did.
        folder: Folder for the picture.
        seen_from: The same folder as the finished workspace names it.

    Returns:
        A row: made, reason, and everything about the picture.
    """
    row: dict[str, Any] = {"item_id": item.item_id, "seed": item.seed, "made": not isinstance(made, str)}
    row |= {f"wanted_{name}": group for name, group in item.wanted.items()}
    if isinstance(made, str):
        return row | {"reason": made}
    name = f"{item.item_id}.png"
    images.write_png(folder / name, made.pixels)
    return row | {
        "reason": "",
        "parent_image": made.parent_image,
        "sources": list(made.sources),
        "operation": made.operation,
        "license": made.license,
        "model": made.model,
        "prompt": made.prompt,
        "path": (seen_from / name).as_posix(),
        "width": made.pixels.shape[1],
        "height": made.pixels.shape[0],
        **_person(made.person),
        **made.person.labels,
        "others": json.dumps([_person(person) for person in made.others]),
    }


def _person(person: AnnotatedPerson) -> dict[str, Any]:
    garments = person.garments
    return {
        "parent_person": person.parent_person,
        "keypoints": person.keypoints.ravel().tolist(),
        "bbox": person.bbox.tolist(),
        "area": masks.area(person.mask),
        "segmentation": masks.encode(person.mask),
        "garments": "" if garments is None else json.dumps({"worn": json.loads(masks.encode(garments))}),
    }
