"""Lists of counterfactual pairs: people of the same scene, one of them with one factor changed."""

from pathlib import Path
from typing import Final

import pandas as pd

from hpefair.errors import InputError

COLUMNS: Final = ("before_id", "after_id", "factor", "group")


def load(path: Path) -> pd.DataFrame:
    """Read pairs.

    Args:
        path: CSV or Parquet with the COCO annotation ids `before_id` and `after_id`, the `factor` that was changed, the
            `group` it was changed to, and optionally the `scene` that pairs share (else each `before_id` is one).

    Returns:
        Rows before_id, after_id, factor, group, scene.

    Raises:
        InputError: If the file cannot be read, lacks a column, has no row, or ids that are no integers.
    """
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(f"{path} is no list of pairs: it lacks the column {missing[0]} (needs {', '.join(COLUMNS)})")
    if table.empty:
        raise InputError(f"{path} lists no pair")
    for name in COLUMNS[:2]:
        ids = pd.to_numeric(table[name], errors="coerce")
        if ids.isna().any() or (ids % 1 != 0).any():
            raise InputError(f"{path}: column {name} must hold integer COCO annotation ids")
        table[name] = ids.astype("int64")
    if "scene" not in table:
        table["scene"] = table["before_id"]
    for name in ("factor", "group", "scene"):
        table[name] = table[name].astype(str)
    return table[[*COLUMNS, "scene"]]
