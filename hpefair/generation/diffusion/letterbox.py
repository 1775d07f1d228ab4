"""Letterbox: a window of any shape in the square that a pipeline paints, and back."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask, Pixels


@dataclass(frozen=True)
class Letterbox:
    """A window of height x width pixels, padded to a square at its right or lower edge, scaled to size x size.

    Attributes:
        height: Height of the window.
        width: Width of the window.
        size: Side of the square.
    """

    height: int
    width: int
    size: int

    def square(self, pixels: Pixels) -> Pixels:
        """The window (H, W, 3) as a square; the padding repeats its mirror image."""
        padded = self._padded(pixels, cv2.BORDER_REFLECT)
        how = cv2.INTER_AREA if self.size < len(padded) else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(padded, (self.size, self.size), interpolation=how), np.uint8)

    def square_mask(self, mask: Mask) -> Mask:
        """A mask (H, W) as a square; empty in the padding, and set wherever it touches a pixel."""
        padded = self._padded(mask.astype(np.float32), cv2.BORDER_CONSTANT)
        how = cv2.INTER_AREA if self.size < len(padded) else cv2.INTER_NEAREST
        return np.asarray(cv2.resize(padded, (self.size, self.size), interpolation=how) > 0)

    def points(self, keypoints: Array) -> Array:
        """Keypoints (K, 3) of the window in the square."""
        scale = self.size / max(self.height, self.width)
        moved = keypoints.copy()
        moved[:, :2] = (moved[:, :2] + 0.5) * scale - 0.5
        return moved

    def window(self, square: Pixels) -> Pixels:
        """A square (size, size, 3) as the window (H, W, 3)."""
        side = max(self.height, self.width)
        how = cv2.INTER_AREA if side < self.size else cv2.INTER_CUBIC
        back = cv2.resize(square, (side, side), interpolation=how)
        return np.asarray(back[: self.height, : self.width], np.uint8)

    def _padded(self, values: NDArray[np.generic], border: int) -> NDArray[np.generic]:
        side = max(self.height, self.width)
        padded: NDArray[np.generic] = cv2.copyMakeBorder(
            values, 0, side - self.height, 0, side - self.width, borderType=border
        )
        return padded
