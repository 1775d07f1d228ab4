"""What happened in a training, as rows that become tables."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.schema import DECIDING
from hpefair.training.training_set import Membership

Rows = list[dict[str, Any]]

EVERY: Final = 10  # steps that a row of the curve by group stands for


@dataclass
class Curves:
    """Rows of every step, of the loss by group, and of validation by group.

    Attributes:
        steps: step, loss, learning_rate.
        groups: step, group, loss, people: means over the `EVERY` steps before.
        validation: step, group, n, ar, oks, kept.
        sums: Losses and people by group since the last row.
    """

    steps: Rows = field(default_factory=list)
    groups: Rows = field(default_factory=list)
    validation: Rows = field(default_factory=list)
    sums: list[list[float]] = field(default_factory=list)

    def note(self, step: int, loss: float, learning_rate: float) -> None:
        """Add a step."""
        self.steps.append({"step": step, "loss": loss, "learning_rate": learning_rate})

    def note_groups(self, step: int, losses: Array, who: Membership) -> None:
        """Add a step's losses (N,) of people with this membership (N, G)."""
        sums = np.array(self.sums) if self.sums else np.zeros((2, len(who.names)))
        sums += [losses @ who.values, who.values.sum(axis=0)]
        if (step + 1) % EVERY == 0:
            for name, loss, people in zip(who.names, *sums, strict=True):
                mean = loss / people if people else float("nan")
                self.groups.append({"step": step, "group": name, "loss": float(mean), "people": float(people)})
            sums[:] = 0
        self.sums = sums.tolist()

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return asdict(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The three tables by name."""
        return {
            "curve": pd.DataFrame(self.steps, columns=["step", "loss", "learning_rate"]),
            "curve_by_group": pd.DataFrame(self.groups, columns=["step", "group", "loss", "people"]),
            "validation": pd.DataFrame(self.validation, columns=["step", "group", "n", *DECIDING, "kept"]),
        }
