"""The square part of a picture that a network is shown, and the way back from its pixels to the picture's."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A turned square: centre and side in pixels, angle in radians clockwise as seen."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def matrix(self, size: int) -> Array:
        """Map (2, 3) from the pixels of the shown square, `size` a side, to the picture's."""
        cosine, sine = self.side / size * np.cos(self.angle), self.side / size * np.sin(self.angle)
        half = size / 2
        return np.array(
            [[cosine, -sine, self.x - half * (cosine - sine)], [sine, cosine, self.y - half * (sine + cosine)]]
        )

    def cut(self, pixels: Pixels, size: int) -> Pixels:
        """The square (size, size, 3), black outside the picture, bilinear like the crops these networks learned on."""
        matrix = self.matrix(size)
        matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts pixel centres at integers
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(pixels, matrix, (size, size), flags=flags), np.uint8)

    def back(self, points: Array, size: int) -> Array:
        """Points (N, 2) of the shown square in pixels of the picture."""
        matrix = self.matrix(size)
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def around(bbox: Array, scale: float) -> Window:
    """The upright square about a box (4,), with room around it: `scale` times the box's longer side."""
    x, y, width, height = (float(value) for value in bbox)
    return Window(x + width / 2, y + height / 2, max(scale * max(width, height), 1.0))


def whole(pixels: Pixels) -> Window:
    """The smallest square about a whole picture."""
    height, width = pixels.shape[:2]
    return Window(width / 2, height / 2, float(max(height, width)))
