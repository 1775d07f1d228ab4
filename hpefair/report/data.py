"""What the report says of who is in the data."""

from typing import Any

import pandas as pd

from hpefair import artifacts
from hpefair.core.shares.shown_shares import best, shown_shares, small_groups
from hpefair.data import tables
from hpefair.report import figures
from hpefair.schema import ATTRIBUTES, PERCEIVED, UNKNOWN
from hpefair.settings.params import Params
from hpefair.words import attribute_words


def data_values(settings: Params) -> dict[str, Any]:
    """Values of the report's part on who is in the data, before and after balancing."""
    before, after = (tables.read(artifacts.AUDIT / variant / "shares.parquet") for variant in ("original", "balanced"))
    return _representation(before, after, settings)


def _representation(before: pd.DataFrame, after: pd.DataFrame, settings: Params) -> dict[str, Any]:
    planned = settings.plan.attributes
    asked = [*planned, *(name for name in settings.audit.attributes if name not in planned)]
    beside = {name: _beside(before, after, name, settings.report.least) for name in asked}
    drawn = [
        {
            "title": attribute_words(name),
            "svg": figures.shares(*pair),
            "left_out": ", ".join(one for one in ATTRIBUTES[name] if one not in set(pair[0]["group"])),
        }
        for name, pair in beside.items()
        if name in planned or (len(pair[0]) > 1 and pair[0]["reference"].notna().any())
    ]
    rows = before[(before["scope"] == "all") & before["attribute"].isin(settings.audit.attributes)]
    small = small_groups(rows, settings.report.least)
    shown = [
        {**row, "attribute": attribute_words(row["attribute"]), "hidden": bool(hidden)}
        for row, hidden in zip(tables.records(best(rows)), small, strict=True)
        if row["n_people"] or row["reference"]
    ]
    unknown = rows[(rows["group"] == UNKNOWN) & rows["attribute"].isin([*planned, *PERCEIVED]) & ~small]
    short = [f"{attribute_words(row.attribute)} {row.group}" for row in rows[rows["short"]].itertuples()]
    parts = [f"{attribute_words(row.attribute)} of {row.share:.0%}" for row in unknown.itertuples() if row.share]
    return {
        "planned": ", ".join(attribute_words(word) for word in planned),
        "reference_name": "a uniform reference"
        if all(settings.audit.reference.get(name) == "uniform" for name in planned)
        else "its reference",
        "unknown_sentence": "Not known: " + ", ".join(parts) + " of all people." if parts else "",
        "share_figures": drawn,
        "short": ", ".join(short),
        "bins": settings.attribute.contrast,
        **_cells(settings),
        "share_rows": shown,
        "cell_minimum": settings.audit.coverage.min_people,
    }


def _beside(before: pd.DataFrame, after: pd.DataFrame, name: str, minimum: int) -> list[pd.DataFrame]:
    """Rows of the groups of an attribute that may be shown both before and after."""
    pair = [shown_shares(table, name, "train", minimum) for table in (before, after)]
    both = [group for group in pair[0]["group"] if group in set(pair[1]["group"])]
    return [table.set_index("group").loc[both].reset_index() for table in pair]


def _cells(settings: Params) -> dict[str, Any]:
    """Which two-way cells hold nobody or hardly anybody."""
    covered = tables.read(artifacts.AUDIT / "original" / "coverage.parquet")
    covered = covered[(covered["scope"] == "all") & covered["attribute"].str.contains(".", regex=False)]
    distances = tables.read(artifacts.AUDIT / "original" / "distances.parquet")
    nearer = tables.read(artifacts.AUDIT / "balanced" / "distances.parquet")
    pair = [t.set_index(["scope", "attribute"])["total_variation"] for t in (distances, nearer)]
    moved = [
        {"attribute": attribute_words(name), "before": pair[0][("train", name)], "after": pair[1][("train", name)]}
        for name in settings.plan.attributes
        if all(pd.notna(table.get(("train", name), float("nan"))) for table in pair)
    ]
    rows = [{**row, "attribute": attribute_words(row["attribute"])} for row in tables.records(covered)]
    return {"cells": rows, "distances": moved}
