"""The part of a picture that a network is shown, and the way back from the network's pixels to the picture's."""

from dataclasses import dataclass

import cv2
import numpy as np

from hpefair.arrays import Array, Pixels


@dataclass(frozen=True)
class Window:
    """A turned rectangle of a picture.

    Attributes:
        x: Centre in picture pixels.
        y: Centre in picture pixels.
        scale: Picture pixels per network pixel.
        size: Width and height in network pixels.
        angle: Radians, clockwise as seen.
    """

    x: float
    y: float
    scale: float
    size: tuple[int, int]
    angle: float = 0.0

    def matrix(self) -> Array:
        """Map (2, 3) from network pixels to picture pixels."""
        cosine, sine = self.scale * np.cos(self.angle), self.scale * np.sin(self.angle)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        corner = np.array([self.x, self.y]) - turn @ np.array(self.size) / 2
        return np.column_stack([turn, corner])

    def cut(self, pixels: Pixels) -> Pixels:
        """The rectangle (height, width, 3), black outside the picture; bilinear, as these networks' own crops are."""
        matrix = self.matrix()
        matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts pixel centres at integers
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(pixels, matrix, self.size, flags=flags), np.uint8)

    def back(self, points: Array) -> Array:
        """Points (N, 2) in network pixels as points in picture pixels."""
        matrix = self.matrix()
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def around(bbox: Array, room: float, size: tuple[int, int]) -> Window:
    """The smallest upright window of a size's shape about a box (4,), `room` times enlarged."""
    x, y, width, height = (float(value) for value in bbox)
    scale = room * max(width / size[0], height / size[1], 1 / max(size))
    return Window(x + width / 2, y + height / 2, scale, size)


def whole(pixels: Pixels, size: tuple[int, int]) -> Window:
    """The smallest upright window of a size's shape about a whole picture."""
    height, width = pixels.shape[:2]
    return around(np.array([0, 0, width, height], float), 1.0, size)
