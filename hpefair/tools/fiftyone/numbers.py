"""The numbers alongside the people: by group with intervals, and gaps over earlier runs, as plain rows for a panel."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.data import tables
from hpefair.schema import DECIDING

COLUMNS = ["model", "attribute", "group", "metric", "n_people", "value", "low", "high", "supported", "verdict"]


def by_group(models: Sequence[str], minimum: int) -> list[dict[str, Any]]:
    """Rows of `COLUMNS` for the deciding metrics; of groups that are too small only the name.

    Args:
        models: Evaluated models.
        minimum: Smallest group that is shown.
    """
    parts = [workspace.by_group(model).assign(model=model) for model in models]
    if not parts:
        return []
    table = pd.concat(parts, ignore_index=True)
    table = table[table["metric"].isin(DECIDING) & (table["n_people"] > 0)].reset_index(drop=True)
    small = ~workspace.shown(table, ["model", "metric", "attribute"], minimum)
    numbers = ["n_people", "value", "low", "high"]
    table[numbers] = table[numbers].astype(float).mask(small)
    table["verdict"] = table["verdict"].mask(small)
    return tables.records(table[COLUMNS].fillna({"verdict": ""}))


def worst_groups(models: Sequence[str]) -> list[tuple[str, str, str]]:
    """Model, attribute and its worst group by mean OKS, wherever there is one."""
    worst = []
    for model in models:
        gaps = tables.read(artifacts.EVALUATE / model / "gaps.parquet")
        gaps = gaps[(gaps["metric"] == "oks") & (gaps["worst_group"] != "")]
        worst += [(model, row.attribute, row.worst_group) for row in gaps.itertuples()]
    return worst
