"""What several judges see together: the median of unlike networks is wrong only where most of them are."""

from typing import Final

import numpy as np

from hpefair.arrays import Array

FEWEST: Final = 2  # one judge alone is an opinion


def consensus(sightings: Array) -> tuple[Array, Array]:
    """Median joints of judges, and how far the judges are apart.

    Args:
        sightings: Joints (J, K, 3) of each judge: x, y in pixels and a score; x or y NaN where a judge gives none.

    Returns:
        Joints (K, 3): median x, y and score of the judges that give the joint, NaN where fewer than two do; and the
        largest distance (K,) in pixels between two of them, NaN likewise.

    Raises:
        ValueError: If the array has another shape.
    """
    if sightings.ndim != 3 or sightings.shape[2] != 3:
        raise ValueError(f"Expected sightings (J, K, 3) but got {sightings.shape}")
    given = np.isfinite(sightings[..., 0]) & np.isfinite(sightings[..., 1])  # (J, K)
    agreed, apart = np.full(sightings.shape[1:], np.nan), np.full(sightings.shape[1], np.nan)
    for joint in np.flatnonzero(given.sum(axis=0) >= FEWEST):
        seen = sightings[given[:, joint], joint]
        agreed[joint] = np.median(seen, axis=0)
        apart[joint] = np.linalg.norm(seen[:, None, :2] - seen[None, :, :2], axis=2).max()
    return agreed, apart
