"""Small CIELAB pictures for comparing images."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from hpefair.adapters import images

SIDE = 16


def lab_thumbnail(path: Path) -> NDArray[np.float64]:
    """CIELAB thumbnail (16, 16, 3) of an image file."""
    small = cv2.resize(images.read_rgb(path), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab: NDArray[np.float64] = rgb2lab(small)
    return lab
