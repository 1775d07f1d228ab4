"""What the files of a workspace say, read in one way by stages, report, commands and FiftyOne."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from hpefair import artifacts
from hpefair.core.shares.suppression import suppressed
from hpefair.data import tables
from hpefair.schema import UNKNOWN


def evaluable(people: pd.DataFrame) -> pd.Series:
    """Who takes part in evaluation and in shares: no crowd, and at least one labelled keypoint.

    Args:
        people: iscrowd and num_keypoints.

    Returns:
        A Boolean per row.
    """
    return ~people["iscrowd"].astype(bool) & (people["num_keypoints"] > 0)


def attributes() -> pd.DataFrame:
    """Resolved attributes of everybody, one row per person, by person_id."""
    return tables.read(artifacts.CALIBRATE / "attributes.parquet").set_index("person_id")


def people_with_attributes(columns: Sequence[str]) -> pd.DataFrame:
    """Evaluable people of the ingested data, with their split and their attributes.

    Args:
        columns: Columns of data/ingest/people.parquet to keep, person_id among them.

    Returns:
        One row per person: the columns, split, and a column per attribute.
    """
    people = tables.read(artifacts.INGEST / "people.parquet")
    split = tables.read(artifacts.SPLIT / "people.parquet")[["person_id", "split"]]
    known = tables.read(artifacts.CALIBRATE / "attributes.parquet")
    counted = people[evaluable(people)][list(columns)]
    return counted.merge(split, on="person_id", validate="1:1").merge(known, on="person_id", validate="1:1")


def by_group(model: str) -> pd.DataFrame:
    """Metrics of a model by group, from data/evaluate: metric, attribute, group, n_people, value, verdict and more."""
    return tables.read(artifacts.EVALUATE / model / "by_group.parquet")


def shown(table: pd.DataFrame, by: Sequence[str], minimum: int) -> pd.Series:
    """Rows that a public page may show: those about so few people that one could be recognized are left out.

    Args:
        table: n_people and the columns of `by`.
        by: Columns that together name what the groups are parts of, such as attribute, or model and attribute.
        minimum: Smallest group that is shown; smaller ones are hidden, and what would reveal them
            (`core.shares.suppression`).

    Returns:
        A Boolean per row.
    """
    hidden = table.groupby(list(by))["n_people"].transform(lambda n: suppressed(n.to_numpy().astype(int), minimum))
    return ~hidden.astype(bool)


def served_worse(models: Sequence[str], metric: str, minimum: int) -> list[dict[str, Any]]:
    """Groups that a model serves worse than the rest beyond doubt.

    Args:
        models: Evaluated models.
        metric: Metric of which the shortfall is judged.
        minimum: Smallest group that is shown.

    Returns:
        Rows of `by_group`, with the model.
    """
    out = []
    for model in models:
        table = by_group(model)
        rows = table[(table["metric"] == metric) & (table["n_people"] > 0)]
        rows = rows[shown(rows, ["attribute"], minimum) & (rows["verdict"] == "FAIL") & (rows["group"] != UNKNOWN)]
        out += [{**row, "model": model} for row in tables.records(rows)]
    return out
