"""What an attempt aims at: a group of contrast as an interval of the measured value."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from hpefair.settings.params import ContrastBins

WIDEST: Final = 60.0  # CIEDE2000 beyond which a wanted contrast is not asked for
INNER: Final = (0.15, 0.85)  # part of the interval that is aimed at


@dataclass(frozen=True)
class Aim:
    """Contrast from `low` up to, but below, `high`.

    Attributes:
        low: Smallest CIEDE2000.
        high: Bound that is not reached.
    """

    low: float
    high: float

    @classmethod
    def at(cls, group: str | None, bins: ContrastBins) -> Self:
        """The interval of a group; every contrast without one.

        Raises:
            ValueError: If contrast has no such group.
        """
        intervals = {
            "low": (0.0, bins.low_below),
            "mid": (bins.low_below, bins.high_from),
            "high": (bins.high_from, float("inf")),
            None: (0.0, float("inf")),
        }
        if group not in intervals:
            raise ValueError(f"Expected low, mid or high contrast but got {group!r}")
        return cls(*intervals[group])

    def holds(self, value: float | None) -> bool:
        """Whether a measured value lies in the interval."""
        return value is not None and self.low <= value < self.high

    def draw(self, rng: np.random.Generator) -> float:
        """A value to aim at, clear of the interval's ends."""
        high = min(self.high, max(WIDEST, self.low))
        return float(self.low + (high - self.low) * rng.uniform(*INNER))
