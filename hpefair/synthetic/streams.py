"""Independent random streams: one per picture and factor, so that asking for one leaves the draws of all others."""

import zlib

import numpy as np


class Streams:
    """Random streams of one picture.

    The generator of a name depends on the seed, the picture's key and that name alone: neither on what was drawn from
    other streams nor on the order of drawing.
    """

    def __init__(self, seed: int, key: str) -> None:
        """Name the picture.

        Args:
            seed: Seed of the whole set.
            key: Name of the picture in the set.
        """
        self._entropy = (seed % 2**63, zlib.crc32(key.encode()))
        self.key = key
        self.seed = seed

    def of(self, *names: str) -> np.random.Generator:
        """The generator of a factor, from its beginning."""
        return np.random.default_rng([*self._entropy, *(zlib.crc32(name.encode()) for name in names)])
