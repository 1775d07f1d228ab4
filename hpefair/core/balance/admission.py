"""Which accepted people enter the balanced set: as many as the plan asks for, and nobody whose origin forbids it."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from hpefair.core.balance.weights import even_weights
from hpefair.core.splits import unit_hash

TURNED_DOWN: Final = "turned down in review"
REASONS: Final = ("its licence forbids training", "made from somebody who is not there any more")


def refusals(accepted: pd.DataFrame, forbidden: Sequence[str], people: set[str], images: set[str]) -> pd.Series:
    """Why an accepted person cannot enter, whatever the plan asks for and whoever has looked.

    Args:
        accepted: license, parent_person, sources (ids of all real images whose pixels are in the picture).
        forbidden: Words of licence names that forbid training, whatever their case.
        people: Real people of the training split.
        images: Real images of the training split.

    Returns:
        One reason per row; empty where there is none.
    """
    licence = accepted["license"].map(lambda text: any(word.lower() in text.lower() for word in forbidden)).astype(bool)
    orphan = (accepted["parent_person"] != "") & ~accepted["parent_person"].isin(people)
    orphan |= ~accepted["sources"].map(lambda names: set(names) <= images).astype(bool)
    out = pd.Series("", index=accepted.index)
    for reason, rows in zip(REASONS, (licence, orphan), strict=True):
        out = out.mask((out == "") & rows, reason)
    return out


def admitted(accepted: pd.DataFrame, quota: Mapping[tuple[str, str], int], most: int) -> pd.Series:
    """Who fills the quotas: of every backend and cell as many as planned, then others of the same cell where some lack.

    Nobody's second child is taken where somebody else has none yet.

    Args:
        accepted: backend, cell, parent_person; in the order in which they are taken.
        quota: People wanted, by backend and cell.
        most: Children of one person that a cell may hold.

    Returns:
        Whether each row is taken.
    """
    child = accepted.groupby(["cell", "parent_person"]).cumcount().where(accepted["parent_person"] != "", 0)
    order = child.sort_values(kind="stable").index
    able = accepted.loc[order][child[order] < most]
    return _filled(able, quota).reindex(accepted.index, fill_value=False)


def _filled(accepted: pd.DataFrame, quota: Mapping[tuple[str, str], int]) -> pd.Series:
    keys = pd.Series(list(zip(accepted["backend"], accepted["cell"], strict=True)), index=accepted.index, dtype=object)
    rank = accepted.groupby(["backend", "cell"]).cumcount()
    taken = rank < keys.map(lambda key: quota.get(key, 0)).astype(float)
    wanted: dict[str, int] = {}
    for (_, cell), number in quota.items():
        wanted[cell] = wanted.get(cell, 0) + number
    lacking = accepted["cell"].map(wanted).astype(float).fillna(0.0) - taken.groupby(accepted["cell"]).transform("sum")
    spare = (~taken).groupby(accepted["cell"]).cumsum()
    return taken | (~taken & (spare <= lacking))


def review_sample(admitted: pd.DataFrame, number: int) -> pd.Series:
    """Whom to look at: a random sample of those who enter, in the order in which to look.

    Whoever was looked at out of turn was chosen by somebody; only the gapless beginning is a random sample. The order
    is a hash, so it stays random when people are added.

    Args:
        admitted: person_id.
        number: Size of the sample.

    Returns:
        Place of each row, from 1; 0 for those who are not in the sample.
    """
    place = admitted["person_id"].map(lambda name: unit_hash("review", str(name))).rank().fillna(0).astype(int)
    return place.where(place <= number, 0)


def reviewed(sample: pd.Series, decision: pd.Series) -> tuple[int, int]:
    """How many of a sample were looked at without a gap, and how many of those were bad.

    Args:
        sample: From `review_sample`.
        decision: accept or reject; anything else where nobody decided.
    """
    inside = decision[sample > 0].loc[sample[sample > 0].sort_values().index]
    counted = inside[inside.isin(["accept", "reject"]).cummin()]
    return len(counted), int((counted == "reject").sum())


def exposures_of(made: pd.DataFrame) -> pd.Series:
    """Exposure of every admitted person: weights that undo an uneven screen, with mean 1 in every cell.

    Args:
        made: cell, weight.
    """
    return even_weights(made["weight"], made["cell"])
