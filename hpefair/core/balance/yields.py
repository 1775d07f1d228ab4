"""What generation yields and takes, learned from earlier batches, and how many attempts a quota needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln

WEIGHT: Final = 20.0  # attempts that what is believed beforehand is worth
LEAST: Final = 0.01
MOST_ATTEMPTS: Final = 50  # per wanted person: a cell with a lower yield needs another backend, not patience

Key = tuple[str, str]


@dataclass(frozen=True)
class Belief:
    """Beta distribution of an acceptance rate, and the mean seconds of an attempt.

    Attributes:
        accepted: First parameter, accepted attempts and half of what is believed beforehand.
        rejected: Second parameter.
        seconds: Of one core, per attempt.
    """

    accepted: float
    rejected: float
    seconds: float

    @property
    def rate(self) -> float:
        """Mean of the distribution."""
        return max(self.accepted / (self.accepted + self.rejected), LEAST)

    def attempts(self, wanted: int, assurance: float) -> int:
        """Fewest attempts of which at least `wanted` are accepted with this probability (beta-binomial).

        >>> Belief(90, 10, 1.0).attempts(0, 0.95)
        0
        """
        if wanted == 0:
            return 0
        low, high = wanted, wanted
        while high < MOST_ATTEMPTS * wanted and self._chance(high, wanted) < assurance:
            low, high = high + 1, min(2 * high, MOST_ATTEMPTS * wanted)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._chance(middle, wanted) >= assurance else (middle + 1, high)
        return high

    def _chance(self, attempts: int, wanted: int) -> float:
        """Probability of at least so many accepted attempts: the terms of the beta-binomial distribution, summed."""
        accepted = np.arange(wanted, attempts + 1)
        rejected = attempts - accepted
        ways = -np.log(attempts + 1) - betaln(rejected + 1, accepted + 1)
        terms = betaln(accepted + self.accepted, rejected + self.rejected) - betaln(self.accepted, self.rejected)
        return float(np.exp(ways + terms).sum())


def beliefs(
    history: Iterable[Mapping[str, object]], cells: Iterable[str], before: Mapping[str, tuple[float, float]]
) -> dict[Key, Belief]:
    """Belief about every backend and cell.

    A backend's rate over all cells starts from what is believed beforehand, worth 20 attempts; each cell's starts from
    its backend's, worth 20 more. Seconds likewise.

    Args:
        history: Records backend, cell, attempts, accepted, and seconds where they were measured.
        cells: Cells to report.
        before: By backend: rate and seconds that are believed without any history.

    Returns:
        By backend and cell.
    """
    sums: dict[Key, list[float]] = {}
    for record in history:
        attempts, accepted = float(str(record["attempts"])), float(str(record["accepted"]))
        timed = record.get("seconds")
        seconds = 0.0 if timed is None else float(str(timed))
        for cell in (str(record["cell"]), ""):
            total = sums.setdefault((str(record["backend"]), cell), [0.0] * 4)
            for place, value in enumerate((attempts, accepted, attempts if timed is not None else 0.0, seconds)):
                total[place] += value
    posteriors = {}
    for backend, (rate, seconds) in before.items():
        whole = _learned(sums.get((backend, ""), [0.0] * 4), rate, seconds)
        for cell in cells:
            posteriors[backend, cell] = _learned(sums.get((backend, cell), [0.0] * 4), whole.rate, whole.seconds)
    return posteriors


def _learned(sums: list[float], rate: float, seconds: float) -> Belief:
    attempts, accepted, timed, spent = sums
    return Belief(
        WEIGHT * rate + accepted,
        WEIGHT * (1 - rate) + attempts - accepted + 1e-9,
        (WEIGHT * seconds + spent) / (WEIGHT + timed),
    )
