"""One value per person and attribute: the first source, in the order of params.yaml, that can tell."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hpefair.attributes.sources.source import GIVEN
from hpefair.schema import UNKNOWN


def resolve(people: pd.DataFrame, inferred: pd.DataFrame, sources: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Values of the perceived attributes.

    Args:
        people: One row per person with the given values: for each attribute its group and `<attribute>_source`.
        inferred: Calibrated judgements: person_id, attribute, source, model_id, group.
        sources: Sources of each attribute, in order of trust.

    Returns:
        `people` with every attribute's group and `<attribute>_source`, which names the label file or `source:model`;
        empty where nobody can tell.
    """
    out = people.copy()
    for attribute, order in sources.items():
        value = pd.Series(UNKNOWN, index=out.index, dtype=object)
        source = pd.Series("", index=out.index, dtype=object)
        for name in reversed(order):
            said, by = _said(out, inferred, attribute, name)
            known = (said != UNKNOWN).to_numpy()
            value, source = value.where(~known, said), source.where(~known, by)
        out[attribute] = value.astype(str).to_numpy()
        out[f"{attribute}_source"] = source.astype(str).to_numpy()
    return out


def _said(people: pd.DataFrame, inferred: pd.DataFrame, attribute: str, name: str) -> tuple[pd.Series, pd.Series]:
    """What one source says about everybody, and its name for the record."""
    if name == GIVEN:
        return people[attribute], people[f"{attribute}_source"]
    rows = inferred[(inferred["attribute"] == attribute) & (inferred["source"] == name)].set_index("person_id")
    said = people["person_id"].map(rows["group"]).fillna(UNKNOWN)
    model = people["person_id"].map(rows["model_id"]).fillna("")
    return said, pd.Series(np.where(model == "", "", f"{name}:" + model), index=people.index, dtype=object)
