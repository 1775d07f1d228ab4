"""Parquet and JSON on disk."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from hpefair.machine.replacement import replacing
from hpefair.errors import InputError, MissingArtifactError

REPEATED: Final = ("image_id", "dataset", "skeleton", "num_keypoints", "iscrowd")
ROW_GROUP: Final = 2**15  # rows written at once: keeps the levels of the lists small


def write(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet; the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.reset_index(drop=True).to_parquet(path, index=False, compression="zstd")


def write_arrow(path: Path, table: pa.Table) -> None:
    """Write a table that is Arrow's already, large ones in row groups; the same rows give the same bytes.

    Numbers that hardly repeat are not put into dictionaries, which would only cost time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    repeated = [name for name in table.column_names if name in REPEATED]
    pq.write_table(table, path, compression="lz4", use_dictionary=repeated, row_group_size=ROW_GROUP)


def read(path: Path) -> pd.DataFrame:
    """Read a Parquet table.

    Raises:
        MissingArtifactError: If no earlier stage has written it.
    """
    _check(path)
    return pd.read_parquet(path)


def read_arrow(path: Path, columns: Sequence[str]) -> pa.Table:
    """Some columns of a Parquet table, as Arrow keeps them.

    Raises:
        MissingArtifactError: If no earlier stage has written it.
    """
    _check(path)
    return pq.read_table(path, columns=list(columns))


def _check(path: Path) -> None:
    if not path.exists():
        raise MissingArtifactError(f"{path} does not exist yet: run `dvc repro` (or `dvc pull` in a fresh clone)")


def read_folder(folder: Path, name: str, shards: Sequence[str]) -> pd.DataFrame:
    """Concatenate one table from every shard of a stage; folders of shards that params no longer name are left alone.

    Args:
        folder: `data/<stage>` with one folder per shard.
        name: File name inside each shard.
        shards: The shards that params name.

    Returns:
        All rows.

    Raises:
        MissingArtifactError: If a shard is not there.
    """
    parts = [read(folder / shard / name) for shard in shards]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled or parts[:1], ignore_index=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys; NaN becomes null, numpy scalars become numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_json(value, indent=2), encoding="utf-8")


def write_json_atomically(path: Path, value: Any, indent: int | None = 2) -> None:
    """Write JSON alongside its place, flush it to disk, and rename: the file is complete or absent."""
    write_text_atomically(path, _json(value, indent))


def write_text_atomically(path: Path, text: str) -> None:
    """Write text alongside its place, flush it to disk, and rename: the file is complete or absent."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def _json(value: Any, indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    text = json.dumps(
        plain(value), indent=indent, separators=separators, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    return text + "\n"


def read_json(path: Path) -> Any:
    """Read JSON that a stage wrote.

    Raises:
        MissingArtifactError: If no earlier stage has written it.
    """
    _check(path)
    return json.loads(path.read_text(encoding="utf-8"))


def read_jsonl(path: Path, keys: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Read a file of one JSON object per line, each with these keys; empty where the file is absent.

    Raises:
        InputError: If a line is not a JSON object or lacks a key.
    """
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}, line {number} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number} is not a JSON object")
        missing = [key for key in keys if key not in row]
        if missing:
            raise InputError(f"{path}, line {number} lacks {', '.join(missing)}")
        rows.append(row)
    return rows


def append_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add one line per row, complete or not at all; processes that add at the same time wait for each other.

    Args:
        path: File of one JSON object per line; made if absent.
        rows: What to add.
    """
    if not rows and path.exists():  # rewritten, its digest might change, and with it what follows from it
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        text = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        lines = ([text] if text else []) + [json.dumps(row, sort_keys=True) for row in rows]
        write_text_atomically(path, "\n".join(lines) + "\n" if lines else "")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain Python values, NaN as None."""
    rows: list[dict[str, Any]] = plain(table.to_dict(orient="records"))
    return rows


def plain(value: Any) -> Any:
    """A value as JSON knows it: numpy scalars and arrays as numbers and lists, NaN and infinity as None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
