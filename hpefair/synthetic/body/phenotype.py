"""Phenotype: the shape variables of the body model, and the coefficients they give to MakeHuman's targets."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.synthetic.body.asset.makehuman import ANCHORS, VARIABLES

# Beyond its last anchor, weight is extrapolated: MakeHuman's own range ends near a BMI of 24.
LARGEST: Final = {"weight": 1.5}
GRIDS: Final = {
    variable: np.linspace(-1 / 3 if variable == "age" else 0.0, 1.0, len(anchors)).tolist()
    for variable, anchors in VARIABLES.items()
}


def coefficients(phenotype: Mapping[str, float], masks: NDArray[np.uint8]) -> Array:
    """Coefficient of every macro target: the product of its anchors' interpolation weights.

    Follows MakeHuman's macro modifiers as re-implemented by Anny (arXiv:2511.03589, section 3.1).

    Args:
        phenotype: Values in [0, 1] by variable (age from -1/3, the newborn); 0.5 where absent, equal shares for
            `african`, `asian`, `caucasian`.
        masks: Which anchors multiply each target (K, A).

    Returns:
        Coefficients (K,).
    """
    weights: dict[str, float] = {}
    for variable, anchors in VARIABLES.items():
        if variable == "race":
            shares = np.array([phenotype.get(anchor, 1 / 3) for anchor in anchors])
            weights |= dict(zip(anchors, (shares / shares.sum()).tolist(), strict=True))
        else:
            weights |= _interpolated(variable, anchors, phenotype.get(variable, 0.5))
    vector = np.array([weights[anchor] for anchor in ANCHORS])
    products: Array = np.prod(np.where(masks == 1, vector, 1.0), axis=1)
    return products


def _interpolated(variable: str, anchors: tuple[str, ...], value: float) -> dict[str, float]:
    grid = GRIDS[variable]
    value = min(max(value, grid[0]), LARGEST.get(variable, 1.0))
    left = min(bisect_right(grid, value) - 1, len(anchors) - 2)
    share = (value - grid[left]) / (grid[left + 1] - grid[left])
    weights = dict.fromkeys(anchors, 0.0)
    weights[anchors[left]], weights[anchors[left + 1]] = 1 - share, share
    return weights
