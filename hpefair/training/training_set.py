"""Who is trained on and who is validated on, and which groups they belong to."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.fairness.objectives import balanced_exposures
from hpefair.schema import UNKNOWN


@dataclass(frozen=True)
class Membership:
    """Groups that objectives and curves are about.

    Attributes:
        names: `<attribute>/<group>`, the last one for people of whom it is unknown.
        values: Membership (N, G), certain or as probabilities; rows add up to 1.
    """

    names: tuple[str, ...]
    values: Array

    @classmethod
    def of_nobody(cls, number: int) -> "Membership":
        """People of whom nothing is known."""
        return cls((UNKNOWN,), np.ones((number, 1)))

    def rows(self, which: NDArray[np.int64]) -> "Membership":
        """Membership of some of the people."""
        return Membership(self.names, self.values[which])


@dataclass(frozen=True)
class TrainingSet:
    """People to learn from.

    Attributes:
        people: Rows path, bbox, keypoints, area, exposure, synthetic. For systems that see whole pictures also iscrowd,
            and rows of exposure 0 for everybody else in the pictures.
        membership: Their groups.
        validation: Rows image_id, path, bbox, keypoints, area (and iscrowd, likewise) of people who are not trained on;
            None for none.
        validation_membership: Their groups.
    """

    people: pd.DataFrame
    membership: Membership
    validation: pd.DataFrame | None = None
    validation_membership: Membership = field(default_factory=lambda: Membership.of_nobody(0))

    @classmethod
    def plain(cls, people: pd.DataFrame) -> "TrainingSet":
        """People of whom no group is known, and nobody to validate on."""
        return cls(people, Membership.of_nobody(len(people)))

    def balanced(self) -> "TrainingSet":
        """The same people, every known group shown equally often, real and generated people each by themselves."""
        exposure = self.people["exposure"].to_numpy(dtype=float).copy()
        for part in (self.people["synthetic"].to_numpy(dtype=bool), ~self.people["synthetic"].to_numpy(dtype=bool)):
            exposure[part] = balanced_exposures(exposure[part], self.membership.values[part, :-1])
        people = self.people.assign(exposure=exposure)
        return TrainingSet(people, self.membership, self.validation, self.validation_membership)
