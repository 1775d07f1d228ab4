"""Group membership as probabilities: certain where a value is known, as calibrated where a model has its doubts."""

from itertools import product

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.schema import ATTRIBUTES, UNKNOWN


def membership_rows(attributes: pd.DataFrame, inferred: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Long table of who belongs to which group with what probability.

    Args:
        attributes: person_id and a column of values per attribute.
        inferred: Calibrated judgements: person_id, attribute, probabilities (one per group, or empty).
        names: Attributes to list.

    Returns:
        person_id, attribute, group, probability: one row of probability 1 for a known value, one row per group for an
        unknown one that a model has probabilities of, none for people of whom nothing is known.
    """
    parts = []
    for name in names:
        known = attributes[attributes[name] != UNKNOWN]
        sure = pd.DataFrame({"person_id": known["person_id"], "group": known[name], "probability": 1.0})
        doubtful = attributes.loc[attributes[name] == UNKNOWN, ["person_id"]]
        told = inferred[(inferred["attribute"] == name) & (inferred["probabilities"].map(len) > 0)]
        guessed = doubtful.merge(told.drop_duplicates("person_id"), on="person_id")
        values = np.array(guessed["probabilities"].to_list(), float).reshape(-1, len(ATTRIBUTES[name]))
        unsure = pd.DataFrame(
            {
                "person_id": np.repeat(guessed["person_id"].to_numpy(), len(ATTRIBUTES[name])),
                "group": np.tile(np.array(ATTRIBUTES[name]), len(guessed)),
                "probability": values.ravel(),
            }
        )
        parts.append(pd.concat([sure, unsure], ignore_index=True).assign(attribute=name))
    return pd.concat(parts, ignore_index=True)[["person_id", "attribute", "group", "probability"]]


def membership(rows: pd.DataFrame, person_ids: pd.Series, by: str) -> tuple[tuple[str, ...], Array]:
    """Membership matrix of the groups of an attribute, or of the intersections of several.

    Args:
        rows: As `membership_rows` gives them.
        person_ids: People, in the order of the result.
        by: Attribute, or attributes joined by dots; they count as independent given a person.

    Returns:
        Names `<attribute>/<group>` and values (N, G + 1); the last column is what is unknown, rows add up to 1.
    """
    names = by.split(".")
    tables = [_one(rows, person_ids, name) for name in names]
    cells = list(product(*(range(len(ATTRIBUTES[name])) for name in names)))
    values = np.ones((len(person_ids), len(cells)))
    for table, column in zip(tables, zip(*cells, strict=True), strict=True):
        values *= table[:, list(column)]
    labels = [".".join(ATTRIBUTES[name][k] for name, k in zip(names, cell, strict=True)) for cell in cells]
    unknown = np.clip(1 - values.sum(axis=1, keepdims=True), 0, 1)
    return (*(f"{by}/{label}" for label in labels), f"{by}/{UNKNOWN}"), np.hstack([values, unknown])


def _one(rows: pd.DataFrame, person_ids: pd.Series, name: str) -> Array:
    own = rows[rows["attribute"] == name].drop_duplicates(["person_id", "group"])
    wide = own.pivot(index="person_id", columns="group", values="probability")
    wide = wide.reindex(index=person_ids.to_numpy(), columns=list(ATTRIBUTES[name]))
    return np.asarray(wide.fillna(0.0).to_numpy(dtype=float))
