"""A mixed-integer linear program, built block by block and solved by HiGHS."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csc_array

from hpefair.arrays import Array

Block = range

NODES: Final = 5000
NEARLY: Final = 0.01  # relative distance to the best rounding at which the search may stop
ROOM: Final = (0, 1, 4)  # how far beyond rounding up a number may go where rounding alone finds nothing
WHOLE: Final = 1e-7  # solvers give 2.9999999 for 3


class Program:
    """Minimize cost . x subject to rows . x >= least, 0 <= x <= upper, some x whole."""

    def __init__(self) -> None:
        """An empty program."""
        self._cost: list[Array] = []
        self._upper: list[Array] = []
        self._whole: list[Array] = []
        self._size = 0
        self._parts: list[tuple[Array, Array, Array]] = []
        self._least: list[Array] = []
        self._rows = 0
        self._prices: list[tuple[Block, float]] = []

    def columns(self, count: int, cost: ArrayLike = 0.0, upper: ArrayLike = float("inf"), whole: bool = False) -> Block:
        """New unknowns.

        Args:
            count: How many.
            cost: Cost of each.
            upper: Largest value of each.
            whole: Whether they are integers.

        Returns:
            Their places in x.
        """
        block = range(self._size, self._size + count)
        for kept, value in ((self._cost, cost), (self._upper, upper), (self._whole, float(whole))):
            kept.append(np.broadcast_to(np.asarray(value, dtype=float), (count,)))
        self._size += count
        return block

    def rows(self, parts: Mapping[Block, Any], least: ArrayLike) -> None:
        """New inequalities.

        Args:
            parts: Matrix (R, n) for each block of unknowns, dense or sparse.
            least: Right-hand sides (R,).
        """
        least = np.atleast_1d(np.asarray(least, dtype=float))
        for block, matrix in parts.items():
            entries = coo_array(np.atleast_2d(matrix) if isinstance(matrix, np.ndarray) else matrix)
            row, column = entries.coords
            self._parts.append((row + self._rows, column + block.start, entries.data.astype(float)))
        self._least.append(least)
        self._rows += len(least)

    def price(self, block: Block, cost: float) -> None:
        """Set the cost of unknowns that are there already."""
        self._prices.append((block, cost))

    def solve(self) -> Array | None:
        """Cheapest solution (n,), or the nearest that was found within the limit; None where there is none."""
        solution = self._solved(np.zeros(self._size), np.concatenate(self._upper), np.concatenate(self._whole), 0.0)
        return self.solve_nearly() if solution is None else solution

    def relax(self) -> Array | None:
        """Cheapest solution (n,) in real numbers, or None where there is none."""
        return self._solved(np.zeros(self._size), np.concatenate(self._upper), np.zeros(self._size), 0.0)

    def solve_nearly(self) -> Array | None:
        """A solution whose cost is near the lowest: solved in real numbers, then rounded to whole ones up or down.

        Returns:
            Solution (n,), or None where there is none.
        """
        upper, whole = np.concatenate(self._upper), np.concatenate(self._whole)
        relaxed = self.relax()
        if relaxed is None:
            return None
        down, up = np.floor(relaxed + WHOLE), np.ceil(relaxed - WHOLE)
        lowest = np.where(whole > 0, down, 0.0)
        highest = np.where(whole > 0, np.minimum(np.maximum(up, down), upper), upper)
        for room in ROOM:
            solution = self._solved(lowest, np.minimum(highest + room * whole, upper), whole, NEARLY)
            if solution is not None:
                return solution
        return None

    def _solved(self, lower: Array, upper: Array, whole: Array, gap: float) -> Array | None:
        if not self._parts:
            return lower.copy()
        row, column, value = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        matrix = csc_array((value, (row, column)), shape=(self._rows, self._size))
        costs = np.concatenate(self._cost)
        for block, cost in self._prices:
            costs[block.start : block.stop] = cost
        # What is fixed is taken out: presolving it costs more than solving the rest.
        free = upper > lower
        solved = milp(
            c=costs[free],
            constraints=LinearConstraint(
                matrix[:, free], lb=np.concatenate(self._least) - matrix[:, ~free] @ lower[~free]
            ),
            bounds=Bounds(lower[free], upper[free]),
            integrality=whole[free],
            # A limit in seconds would give other plans on other machines.
            options={"mip_rel_gap": gap, "node_limit": NODES},
        )
        if solved.x is not None:
            solution = lower.copy()
            solution[free] = solved.x
            return solution
        if solved.status in (1, 2):  # no solution within the limit, or at all
            return None
        raise ValueError(f"Expected a solvable repair plan but got: {solved.message}")
