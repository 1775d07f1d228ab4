"""What a classifier said about everybody, and what somebody saw of a random part of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hpefair.arrays import Array, Index, Mask

NOT_AUDITED: Final = -1


@dataclass(frozen=True)
class Audited:
    """Predictions of everybody, and an audit of some.

    Attributes:
        says: Probability of each group (N, K) by the classifier, each row adding up to 1; 0 and 1 for plain labels.
        seen: Index of the group that the audit saw (N,); -1 for people who were not audited. The audited must be a
            random part of the people, or of the images, that are not `exact`.
        image: Image index of each person (N,), the cluster.
        weight: How much each person counts (N,): exposures, say.
        exact: People (N,) whose group is known beyond doubt, generated ones, say; no audit is about them.
    """

    says: Array
    seen: Index
    image: Index
    weight: Array
    exact: Mask

    def __post_init__(self) -> None:
        """Check that there is an audit.

        Raises:
            ValueError: If the columns differ in length, nobody was audited, or an exact person was.
        """
        if len({len(column) for column in (self.says, self.seen, self.image, self.weight, self.exact)}) > 1:
            raise ValueError(f"Expected {len(self.says)} people in each column but got others")
        if not (self.seen >= 0).any():
            raise ValueError(
                "Expected at least one reviewed person but got none; corrected shares need a reviewed sample"
            )
        if (self.exact & (self.seen >= 0)).any():
            raise ValueError("Expected an audit of people who may be wrong but got some that are known beyond doubt")

    @property
    def size(self) -> int:
        """Number of groups K."""
        return int(self.says.shape[1])

    @property
    def audit(self) -> Mask:
        """Who was audited (N,)."""
        return self.seen >= 0

    def subset(self, rows: Mask) -> "Audited":
        """Some of the people (N,)."""
        return Audited(self.says[rows], self.seen[rows], self.image[rows], self.weight[rows], self.exact[rows])

    def scaled(self, factor: Array) -> "Audited":
        """Everybody counting times a factor (N,), which may be a score."""
        return replace(self, weight=self.weight * factor)


def audited(predicted: Index, seen: Index, image: Index, number: int, weight: Array | None = None) -> Audited:
    """An audit of plain labels.

    Args:
        predicted: Index of the predicted group (N,), 0 to number - 1.
        seen: Index of the seen group (N,), -1 where nobody looked.
        image: Image index (N,).
        number: Groups K.
        weight: Weight of each person (N,); 1 by default.

    Returns:
        Predictions and audit.
    """
    weight = np.ones(len(predicted)) if weight is None else weight
    return Audited(np.eye(number)[predicted], seen, image, weight, np.zeros(len(predicted), dtype=bool))


def audit_order(names: Sequence[str]) -> Index:
    """Order in which people are shown to an auditor: by a hash of their id, so any first part is a random sample.

    The order of those who are there never changes when others come or go, and a larger sample contains a smaller one.

    Args:
        names: Person ids (N,), each once.

    Returns:
        Indices (N,) in that order.
    """
    keys = [hashlib.sha256(f"audit {name}".encode()).hexdigest() for name in names]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def complete_part(order: Index, looked_at: Mask) -> Mask:
    """Whom an audit is about: everybody up to the first one in the order who was not looked at.

    People looked at out of turn were chosen by somebody, for a reason that may have to do with how they look.

    Args:
        order: From `audit_order`.
        looked_at: Whether an auditor said anything about each person (N,), be it that nothing can be told.

    Returns:
        Members of the random sample (N,).
    """
    inside = np.zeros(len(order), dtype=bool)
    inside[order[np.logical_and.accumulate(looked_at[order])]] = True
    return inside
