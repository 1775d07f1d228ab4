"""The smallest repair: how many real people to repeat and how many to generate, as an integer program."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

# An unmet share must cost more than any repair that could meet it.
UNMET_COST = 1e4


@dataclass(frozen=True)
class RepairCosts:
    """What a repair may use, and what it costs.

    Attributes:
        resample: Cost of one more exposure of a real person.
        generate: Cost of one generated person, before its yield.
        max_repeats: Exposures of one real person per pass, the first included.
        max_synthetic_share: Largest share of generated people among all people of the variant.
        tolerance: Allowed distance of each share from its reference.
    """

    resample: float
    generate: float
    max_repeats: int
    max_synthetic_share: float
    tolerance: float


def quotas(
    counts: Mapping[str, int],
    n_unknown: int,
    reference: Mapping[str, float],
    yields: Mapping[str, float],
    costs: RepairCosts,
) -> pd.DataFrame:
    """Cheapest exposures and generated people that bring every group near its reference share.

    Minimizes resample x_g + generate y_g / yield_g, such that every group's share of the known people lies within
    `tolerance` of its reference, x_g <= (max_repeats - 1) n_g, and generated people stay below their cap. What cannot
    be met is returned as `unmet`, never dropped.

    Args:
        counts: Real people per known group, in the training split.
        n_unknown: Real people without a known group; they keep one exposure and are outside the shares.
        reference: Wanted share per group.
        yields: Expected acceptance per group, in (0, 1].
        costs: Costs and limits.

    Returns:
        One row per group: n_people, reference, resample, generate, attempts, unmet (people, rounded up).
    """
    names = list(reference)
    n = np.array([counts.get(name, 0) for name in names], dtype=float)
    share = np.array([reference[name] for name in names])
    rate = np.array([yields.get(name, 1.0) for name in names])
    size, identity = len(names), np.eye(len(names))
    # Columns: x (exposures), y (generated), s (unmet); deviation of group g = a_g . (n + x + y).
    deviation = identity - np.outer(share, np.ones(size))
    slack = costs.tolerance * np.ones((size, size))
    upper = np.hstack([deviation - slack, deviation - slack, -identity])
    lower = np.hstack([-deviation - slack, -deviation - slack, -identity])
    cap = costs.max_synthetic_share
    synthetic = np.hstack([-cap * np.ones(size), (1 - cap) * np.ones(size), np.zeros(size)])
    limits = np.concatenate([-(deviation - slack) @ n, (deviation + slack) @ n, [cap * (n.sum() + n_unknown)]])
    unlimited = float(10 * (n.sum() + n_unknown) + 10)
    solved = milp(
        c=np.concatenate([np.full(size, costs.resample), costs.generate / rate, np.full(size, UNMET_COST)]),
        constraints=LinearConstraint(np.vstack([upper, lower, synthetic]), ub=limits),
        bounds=Bounds(
            np.zeros(3 * size),
            np.concatenate([(costs.max_repeats - 1) * n, np.full(size, unlimited), np.full(size, np.inf)]),
        ),
        integrality=np.concatenate([np.ones(2 * size), np.zeros(size)]),
    )
    if solved.x is None:
        raise ValueError(f"Expected a solvable repair plan but got: {solved.message}")
    x, y, unmet = (np.round(part, 9) for part in np.split(solved.x, 3))
    return pd.DataFrame(
        {
            "group": names,
            "n_people": n.astype(int),
            "reference": share,
            "resample": np.rint(x).astype(int),
            "generate": np.rint(y).astype(int),
            "attempts": np.ceil(np.rint(y) / rate).astype(int),
            "unmet": np.ceil(unmet).astype(int),
        }
    )
