"""A repair as a problem: whom there is, what must hold, who could be added, and within which limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.balance.cells import Evidence
from hpefair.core.balance.requirements import References, Requirement
from hpefair.schema import UNKNOWN, groups_of


@dataclass(frozen=True)
class Maker:
    """A backend as the plan sees it.

    Attributes:
        name: Name of the backend.
        cost: Cost (C,) of one accepted person of each cell.
        most: Accepted people (C,) it can make of each cell; 0 where it can make none.
        parents: Distinct people (C,) it can make of each cell; infinite where everybody is new.
        adds: Attributes to whose groups it adds somebody who was not in them.
        share: Largest part of the people that it, or another, could make.
    """

    name: str
    cost: Array
    most: Array
    parents: Array
    adds: frozenset[str]
    share: float = 1.0


@dataclass(frozen=True)
class Limits:
    """What a repair may use.

    Attributes:
        resample: Cost of one more exposure of a real person.
        max_repeats: Exposures of one real person per pass, the first included.
        max_synthetic_share: Largest share of generated people among all exposures.
        margin: Distance, as a share, that planned shares keep from the bounds of the expectations.
    """

    resample: float
    max_repeats: int
    max_synthetic_share: float
    margin: float = 0.0


@dataclass(frozen=True)
class Problem:
    """Everything a repair is about.

    Attributes:
        cells: From `cells.cell_table`.
        evidence: By planned attribute, in the order of the cells' columns.
        references: Reference share by attribute and group.
        requirements: What must hold; about planned attributes.
        makers: Backends; none for a repair by repetition alone.
        limits: What may be used.
    """

    cells: pd.DataFrame
    evidence: Mapping[str, Evidence]
    references: References
    requirements: Sequence[Requirement]
    makers: Sequence[Maker]
    limits: Limits

    @property
    def named(self) -> NDArray[np.bool_]:
        """Cells (C,) that name a group of every planned attribute."""
        return np.asarray((self.cells[list(self.evidence)] != UNKNOWN).all(axis=1), dtype=bool)

    @property
    def exposure(self) -> Array:
        """Exposures (C,) that are there already."""
        return np.asarray(self.cells["exposure"], dtype=float)

    @property
    def repeatable(self) -> Array:
        """Extra exposures (C,) that real people may get: none where nothing is known of them."""
        known = np.asarray((self.cells[list(self.evidence)] != UNKNOWN).any(axis=1), dtype=float)
        return np.asarray((self.limits.max_repeats - 1) * self.cells["n_people"] * known, dtype=float)

    def shown(self, attribute: str) -> pd.Series:
        """Exposures of every known group."""
        exposures = self.cells.groupby(attribute)["exposure"].sum()
        return exposures.reindex(list(groups_of(attribute)[:-1])).fillna(0.0)

    def reference(self, attribute: str) -> pd.Series:
        """Reference share of every group; where there is none, whoever is there is the reference."""
        shown = self.shown(attribute) + 1e-9
        share = pd.Series(dict(self.references.get(attribute, shown / shown.sum())))
        return share.reindex(shown.index).clip(lower=1e-9)

    def expected(self) -> Array:
        """Share (C,) of each named cell among generated people if attributes were independent.

        Products over attributes of the mean of the reference share and of the normalized deficit.
        """
        expected = np.where(self.named, 1.0, 0.0)
        for attribute in self.evidence:
            share, shown = self.reference(attribute), self.shown(attribute)
            deficit = (share * shown.sum() - shown).clip(lower=0)
            need = deficit / deficit.sum() if deficit.sum() else share
            expected = expected * self.cells[attribute].map(0.5 * need + 0.5 * share).fillna(0).to_numpy(dtype=float)
        return np.asarray(expected, dtype=float)
