"""Which combinations of groups hold enough people, and the widest ones that do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Index
from hpefair.schema import ATTRIBUTES, MEASURED, UNKNOWN, groups_of

ANY = "any"
COLUMNS = ("pattern", "level", "n_distinct", "n_low", "n_high", "maximal")


@dataclass(frozen=True)
class Coverage:
    """How many of the cells of several attributes hold enough people.

    Attributes:
        cells: Cells, one group of each attribute.
        covered: Those with enough people by the values as they are.
        low: Those that certainly have enough.
        high: Those that may have enough.
    """

    cells: int
    covered: int
    low: int
    high: int


def patterns(
    values: pd.DataFrame, sure: pd.DataFrame, identity: Index, attributes: Sequence[str], minimum: int
) -> tuple[pd.DataFrame, Coverage]:
    """Every combination that holds fewer than `minimum` people, and which of these are the widest.

    A pattern names a group for some of the attributes and leaves the others open. A maximal uncovered pattern lies in
    no wider uncovered one (Asudeh, Jin and Jagadish 2019, Assessing and Remedying Coverage for a Given Dataset):
    collecting people for it repairs everything below it.

    Args:
        values: One row per person, the attributes' values.
        sure: The same with values that may be wrong replaced by `unknown`.
        identity: Who each row shows (N,); people count once.
        attributes: Attributes to combine.
        minimum: People a combination needs.

    Returns:
        Uncovered patterns: pattern (`age_band=child, contrast=low`), level (attributes named), n_distinct people by the
        values as they are, n_low surely and n_high possibly there (unknown perceived values may be anything), maximal;
        and the coverage of the cells that name every attribute.
    """
    first = np.unique(identity, return_index=True)[1]
    seen, certain, possible = (
        _counts(table.iloc[first], attributes, doubt) for table, doubt in ((values, False), (sure, False), (sure, True))
    )
    uncovered = seen < minimum
    maximal = uncovered & ~_narrower(uncovered)
    names = [(*ATTRIBUTES[name], ANY) for name in attributes]
    rows = []
    for place, pattern in zip(np.ndindex(seen.shape), product(*names), strict=True):
        if uncovered[place]:
            text = ", ".join(f"{a}={g}" for a, g in zip(attributes, pattern, strict=True) if g != ANY)
            level = sum(group != ANY for group in pattern)
            numbers = (int(counts[place]) for counts in (seen, certain, possible))
            rows.append((text or "everybody", level, *numbers, bool(maximal[place])))
    table = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["level", "pattern"], ignore_index=True)
    full = tuple(slice(0, -1) for _ in attributes)
    enough = (int((counts[full] >= minimum).sum()) for counts in (seen, certain, possible))
    return table, Coverage(seen[full].size, *enough)


def _counts(people: pd.DataFrame, attributes: Sequence[str], doubt: bool) -> Index:
    """People of every pattern, an axis per attribute, `any` last; with doubt, whoever may belong to it."""
    codes = [pd.Categorical(people[name], categories=list(groups_of(name))).codes for name in attributes]
    counts = np.zeros([len(groups_of(name)) for name in attributes], dtype=np.int64)
    np.add.at(counts, tuple(np.asarray(code, dtype=np.int64) for code in codes), 1)
    for axis, name in enumerate(attributes):
        unknown = groups_of(name).index(UNKNOWN)
        everybody = counts.sum(axis=axis, keepdims=True)
        known = np.delete(counts, unknown, axis=axis)
        if doubt and name not in MEASURED:
            known = known + np.take(counts, [unknown], axis=axis)
        counts = np.concatenate([known, everybody], axis=axis)
    return counts


def _narrower(uncovered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Patterns that lie in a wider uncovered one, with one attribute less."""
    out = np.zeros_like(uncovered)
    for axis in range(uncovered.ndim):
        wider = np.broadcast_to(np.take(uncovered, [-1], axis=axis), uncovered.shape).copy()
        np.moveaxis(wider, axis, 0)[-1] = False
        out |= wider
    return out
