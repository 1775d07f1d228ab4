"""Which share rows a public page shows, and by which numbers."""

import pandas as pd

from hpefair.core.shares.suppression import suppressed
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
    """Which rows are about so few people that they could be recognized, alone or by subtraction.

    Shares tell how many people are known in all, so what is hidden alone is hidden among the known groups; only where
    those hidden are too few together is the number of unknown people hidden as well.

    Args:
        rows: attribute, scope, group, n_people.
        minimum: Smallest group that is shown.
    """
    hidden = pd.Series(False, index=rows.index)
    for _, part in rows.groupby(["attribute", "scope"]):
        known = part[part["group"] != UNKNOWN]
        few = suppressed(known["n_people"].to_numpy(), minimum)
        hidden[known.index] = few
        if 0 < known["n_people"].to_numpy()[few].sum() < minimum:
            rest = part[(part["group"] == UNKNOWN) & (part["n_people"] > 0)]
            hidden[rest.index] = True
    return hidden
