"""Which share rows a public page shows, and by which numbers."""

import pandas as pd

from hpefair.core.fairness.suppression import suppressed
from hpefair.schema import UNKNOWN


def shown_shares(table: pd.DataFrame, attribute: str, scope: str, minimum: int) -> pd.DataFrame:
    """Share rows of known groups that may be shown, corrected where an audit allows it."""
    rows = best(table[(table["attribute"] == attribute) & (table["scope"] == scope)])
    return rows[(rows["group"] != UNKNOWN) & ~small_groups(rows, minimum)]


def best(rows: pd.DataFrame) -> pd.DataFrame:
    """Share rows whose share and interval are the corrected ones where there was an audit."""
    audited = rows["basis"] == "audit"
    pairs = {"share_known": "corrected", "low": "corrected_low", "high": "corrected_high"}
    return rows.assign(**{name: rows[other].where(audited, rows[name]) for name, other in pairs.items()})


def small_groups(rows: pd.DataFrame, minimum: int) -> pd.Series:
    """Which rows are about so few people that they could be recognized, alone or by subtraction."""
    return (
        rows.groupby(["attribute", "scope"])["n_people"]
        .transform(lambda people: suppressed(people.to_numpy(), minimum))
        .astype(bool)
    )
