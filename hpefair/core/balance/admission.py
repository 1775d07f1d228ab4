"""Which accepted people enter the balanced set: as many as the plan asks for, and nobody whose origin forbids it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from hpefair.core.balance.weights import even_weights

REASONS = ("turned down in review", "its licence forbids training", "made from somebody who is not there any more")


def refusals(
    accepted: pd.DataFrame,
    turned_down: set[str],
    forbidden: Sequence[str],
    people: set[str],
    images: set[str],
) -> pd.Series:
    """Why an accepted person does not enter, whatever the plan asks for.

    Args:
        accepted: person_id, license, parent_person, sources (ids of all real images whose pixels are in the picture).
        turned_down: Person ids that a reviewer rejected.
        forbidden: Words of licence names that forbid training, whatever their case.
        people: Real people of the training split.
        images: Real images of the training split.

    Returns:
        One reason per row; empty where there is none.
    """
    licence = accepted["license"].str.lower().map(lambda text: any(word.lower() in text for word in forbidden))
    orphan = (accepted["parent_person"] != "") & ~accepted["parent_person"].isin(people)
    orphan |= ~accepted["sources"].map(lambda names: set(names) <= images).astype(bool)
    out = pd.Series("", index=accepted.index)
    for reason, rows in zip(REASONS, (accepted["person_id"].isin(turned_down), licence, orphan), strict=True):
        out = out.mask((out == "") & rows, reason)
    return out


def admitted(accepted: pd.DataFrame, quota: Mapping[tuple[str, str], int]) -> pd.Series:
    """Who fills the quotas: of every backend and cell as many as planned, then others of the same cell where some lack.

    Args:
        accepted: item_id, backend, cell; in the order in which they are taken.
        quota: People wanted, by backend and cell.

    Returns:
        Whether each row is taken.
    """
    keys = pd.Series(list(zip(accepted["backend"], accepted["cell"], strict=True)), index=accepted.index, dtype=object)
    rank = accepted.groupby(["backend", "cell"]).cumcount()
    taken = rank < keys.map(lambda key: quota.get(key, 0)).astype(float)
    wanted: dict[str, int] = {}
    for (_, cell), number in quota.items():
        wanted[cell] = wanted.get(cell, 0) + number
    lacking = accepted["cell"].map(wanted).fillna(0) - taken.groupby(accepted["cell"]).transform("sum")
    spare = (~taken).groupby(accepted["cell"]).cumsum()
    return taken | (~taken & (spare <= lacking))


def exposures_of(made: pd.DataFrame) -> pd.Series:
    """Exposure of every admitted person: weights that undo an uneven screen, with mean 1 in every cell.

    Args:
        made: cell, weight.
    """
    return even_weights(made["weight"], made["cell"])
