"""review/deletions.jsonl, and the removal of ids from everything that was derived."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hpefair.data import tables
from hpefair.errors import InputError
from hpefair.machine.replacement import replacing

REASON = "deleted on request"


@dataclass(frozen=True)
class Removed:
    """A file that held some of the ids, and how many rows it lost."""

    path: Path
    rows: int


def remember(path: Path, persons: Sequence[str], images: Sequence[str]) -> None:
    """Note people and images that must stay out."""
    text = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    lines = [json.dumps({"person_id": name}) for name in persons] + [json.dumps({"image_id": name}) for name in images]
    tables.write_text_atomically(path, "\n".join(([text] if text else []) + lines) + "\n")


def read(path: Path) -> tuple[set[str], set[str]]:
    """Ids of the people and of the images that must stay out.

    Raises:
        InputError: If a line names neither: a typo must not keep anybody in.
    """
    rows = tables.read_jsonl(path)
    for number, row in enumerate(rows, start=1):
        if not set(row) <= {"person_id", "image_id"} or len(row) != 1:
            raise InputError(f"{path}, deletion {number}: expected a person_id or an image_id, got {sorted(row)}")
    return {row["person_id"] for row in rows if "person_id" in row}, {
        row["image_id"] for row in rows if "image_id" in row
    }


def remove(root: Path, keep: Path, names: set[str]) -> list[Removed]:
    """Drop every row of a Parquet table, and every record of a COCO file, that names one of the ids in any column.

    Args:
        root: Folder to search.
        keep: Folder in it that is not touched.
        names: Ids of people, images and generated items.

    Returns:
        The files that changed; they are written alongside their place and renamed, so links into DVC's cache are not
        written through.
    """
    removals = []
    for path in sorted([*root.rglob("*.parquet"), *root.rglob("*.json")]):
        if keep in path.parents:
            continue
        rows = _from_table(path, names) if path.suffix == ".parquet" else _from_coco(path, names)
        if rows:
            removals.append(Removed(path, rows))
    return removals


def remove_lines(paths: Sequence[Path], names: set[str]) -> list[Removed]:
    """Drop lines that name one of the ids from files of one JSON object a line."""
    removals = []
    for path in paths:
        rows = tables.read_jsonl(path)
        kept = [row for row in rows if not names & {value for value in row.values() if isinstance(value, str)}]
        if len(kept) < len(rows):
            # A line at least: dvc warns of an empty file whenever it reads one.
            tables.write_text_atomically(path, "\n".join(json.dumps(row, sort_keys=True) for row in kept) + "\n")
            removals.append(Removed(path, len(rows) - len(kept)))
    return removals


def _from_table(path: Path, names: set[str]) -> int:
    table = pd.read_parquet(path)
    hit = pd.Series(False, index=table.index)
    for column in table.columns:
        if pd.api.types.is_string_dtype(table[column]) or table[column].dtype == object:
            hit |= table[column].map(lambda value: isinstance(value, str) and value in names).astype(bool)
    if hit.any():
        with replacing(path) as part:
            tables.write(part, table[~hit])
    return int(hit.sum())


def _from_coco(path: Path, names: set[str]) -> int:
    tree: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(tree, dict) or not isinstance(tree.get("annotations"), list):
        return 0
    out = {image["id"] for image in tree["images"] if image.get("hpefair_id") in names}
    kept = [one for one in tree["annotations"] if one.get("hpefair_id") not in names and one["image_id"] not in out]
    lost = len(tree["annotations"]) - len(kept) + len(out)
    if lost:
        images = [image for image in tree["images"] if image["id"] not in out]
        tables.write_json_atomically(path, {**tree, "annotations": kept, "images": images})
    return lost
