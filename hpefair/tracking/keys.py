"""How an evaluation's numbers are called in MLflow; docs/guides/tracking.md shows what can be asked with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from hpefair.data import content
from hpefair.schema import DECIDING

BY_GROUP: Final = (*DECIDING, "ap", "pck", "found")


def metrics_by_group(by_group: pd.DataFrame, gaps: pd.DataFrame, overall: Mapping[str, Any]) -> dict[str, float]:
    """Stable, queryable metric keys of an evaluation.

    Args:
        by_group: by_group.parquet of the stage `evaluate`.
        gaps: gaps.parquet of it.
        overall: overall.json of it.

    Returns:
        `ar/all`, `ar/<attribute>/<group>`, the same below `ci_low/`, `ci_high/`, people below `n/`, gaps as
        `gap/ar/<attribute>` with `floor/ar/<attribute>`, the gap that chance alone explains,
        `adjusted_gap/ar/<attribute>` and `worst/ar/<attribute>`, and the ten COCO numbers as `coco/AP` and so on.
        Attributes and groups of a cell are joined by dots. By group the metrics of `BY_GROUP`, the others overall;
        the logged table has them all. A number that is not known has no key.
    """
    out = {f"coco/{name}": float(value) for name, value in overall.items() if isinstance(value, float)}
    for row in by_group[by_group["metric"].isin(BY_GROUP) | (by_group["attribute"] == "all")].itertuples():
        place = "all" if row.attribute == "all" else f"{row.attribute}/{row.group}"
        out[f"{row.metric}/{place}"] = row.value
        out[f"ci_low/{row.metric}/{place}"] = row.low
        out[f"ci_high/{row.metric}/{place}"] = row.high
        if row.metric == BY_GROUP[0]:
            out[f"n/{place}"] = float(row.n_people)
    for row in gaps.itertuples():
        place = f"{row.metric}/{row.attribute}"
        out[f"gap/{place}"] = row.difference
        out[f"floor/{place}"] = row.null_floor
        out[f"adjusted_gap/{place}"] = row.adjusted_difference
        out[f"worst/{place}"] = row.worst_value
    return {key: float(value) for key, value in out.items() if pd.notna(value)}


def evaluation_key(model: str, folder: Path) -> str:
    """Under which key a model's run is found: its name, and what was measured of it.

    Args:
        model: Name in params.yaml.
        folder: Its folder below data/evaluate.
    """
    return f"{model}:{content.digest(folder)}"
