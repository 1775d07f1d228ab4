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
            `group` it was changed to, and optionally the `scene` that pairs share.

    Returns:
        Rows before_id, after_id, factor, group, scene (empty where it is not given).

    Raises:
        InputError: If the file cannot be read, lacks a column, has no row, ids that are no integers, a blank factor or
            group, a person paired with itself, or a pair that is listed twice.
    """
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(f"{path} is not a list of pairs: it lacks the column {missing[0]} (needs {', '.join(COLUMNS)})")
    if table.empty:
        raise InputError(f"{path} lists no pair")
    for name in COLUMNS[:2]:
        ids = pd.to_numeric(table[name], errors="coerce")
        if ids.isna().any() or (ids % 1 != 0).any() or (ids.abs() >= 2**63).any():
            raise InputError(f"{path}: column {name} must hold integer COCO annotation ids")
        table[name] = ids.astype("int64")
    for name in ("factor", "group", "scene"):
        given = table[name] if name in table else pd.Series("", index=table.index)
        table[name] = given.astype(object).where(given.notna(), "").map(str).str.strip()
    for fault, rows in (
        ("has a blank factor or group", (table["factor"] == "") | (table["group"] == "")),
        ("pairs a person with itself", table["before_id"] == table["after_id"]),
        ("is listed twice", table.duplicated(list(COLUMNS))),
    ):
        if rows.any():
            raise InputError(f"{path}: row {int(rows.to_numpy().argmax()) + 1} {fault}")
    return table[[*COLUMNS, "scene"]]
