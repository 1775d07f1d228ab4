"""Pixels of a training set, decoded once: uint8 arrays in a file that is mapped into memory.

Decoding a photograph costs as much as a training step on its crop. So each is read once, cut to what augmentation can
ask for, and kept uncompressed; every step then warps out of that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import compose, invert
from hpefair.machine import progress, writable
from hpefair.prediction.inputs import MEAN

Cut = Callable[[Pixels, Array], None]


@dataclass(frozen=True)
class PixelStore:
    """Cut pixels (N, H, W, 3), and the maps (N, 2, 3) from coordinates of the image to those of the cut."""

    pixels: Pixels
    matrices: Array

    def warp(self, number: int, matrix: Array, size: tuple[int, int]) -> Pixels:
        """Pixels (height, width, 3) as a map (2, 3) from the image's coordinates shows them, out of the stored cut."""
        out = cv2.warpAffine(
            self.pixels[number],
            compose(matrix, invert(self.matrices[number])),
            size,
            flags=cv2.INTER_LINEAR,
            borderValue=MEAN,
        )
        return np.asarray(out, dtype=np.uint8)


def stored(
    folder: Path, jobs: Iterable[tuple[str, list[int], Array]], number: int, shape: tuple[int, int], cut: Callable
) -> PixelStore:
    """Cut pixels out of images, or take what an earlier run left in the folder.

    Args:
        folder: Where the file lies; one run, one folder.
        jobs: For every image its path, the numbers of its cuts, and their maps (n, 2, 3).
        number: Number of cuts.
        shape: Width and height of a cut.
        cut: Called with path, map and the array to fill.
    """
    jobs = list(jobs)
    matrices = np.zeros((number, 2, 3))
    for _, numbers, maps in jobs:
        matrices[numbers] = maps
    path, part = folder / "pixels.npy", folder / "pixels.part.npy"
    wanted = (number, shape[1], shape[0], 3)
    if not path.exists() or np.load(path, mmap_mode="r").shape != wanted:
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=wanted)
        writable.reserve(part, part.stat().st_size)
        for name, numbers, maps in progress.track(jobs, "reading pictures"):
            for one, matrix in zip(numbers, maps, strict=True):
                cut(name, matrix, array[one])
        array.flush()
        del array
        part.replace(path)
    return PixelStore(np.load(path, mmap_mode="r"), matrices)
