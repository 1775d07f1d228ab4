"""Whose turn it is: parents are used in a random order, each once before any is used twice."""

import numpy as np

from hpefair.synthetic.streams import Streams


def turn(number: int, parents: int, seed: int, cell: str) -> int:
    """Which of the parents serves an attempt.

    Args:
        number: Rank of the attempt in its cell.
        parents: How many parents the cell has.
        seed: Seed of the run.
        cell: Name of the cell.

    Returns:
        Place of the parent. It depends on the arguments only; attempts 0 to `parents` - 1 name every parent once, and
        so does every later round, in an order of its own.

    Raises:
        ValueError: If there are no parents.
    """
    if parents < 1:
        raise ValueError(f"Expected at least one parent but got {parents}")
    round_number, place = divmod(number, parents)
    order = Streams(seed, f"parents of {cell}").of(f"round {round_number}").permutation(np.arange(parents))
    return int(order[place])
