"""The lens: exposure and tone, blur, sensor noise. Every step is local, so that a change stays where it is made."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.clothes.colour import to_srgb
from hpefair.synthetic.picture.scene import Lens

KNEE: Final = 0.8  # linear value from which highlights are compressed


def tone(light: NDArray[np.floating], exposure: float) -> NDArray[np.floating]:
    """SRGB values in [0, 1] of linear light: exposure, highlights rolled off, sRGB curve."""
    exposed = light * exposure
    over = np.maximum(exposed - KNEE, 0)
    rolled = np.where(exposed > KNEE, KNEE + (1 - KNEE) * (1 - np.exp(-over / (1 - KNEE))), exposed)
    return to_srgb(rolled)


def develop(light: Floats, lens: Lens) -> NDArray[np.uint8]:
    """Pixels (H, W, 3), sRGB, of linear light (H, W, 3)."""
    unit = light.shape[0] / 256
    if lens.defocus > 0:
        light = cv2.GaussianBlur(light, (0, 0), lens.defocus * unit)
    if lens.motion * unit >= 1.5:
        light = cv2.filter2D(light, -1, _streak(lens.motion * unit, lens.motion_angle))
    seen = tone(light, lens.exposure)
    grain = np.random.default_rng(lens.seed).standard_normal(seen.shape, dtype=np.float32)
    noisy = seen + grain * np.sqrt(np.float32(lens.read_noise**2) + np.float32(lens.shot_noise) * seen)
    return (np.clip(noisy, 0, 1) * 255 + 0.5).astype(np.uint8)


def _streak(length: float, degrees: float) -> Floats:
    """Kernel of a straight motion."""
    size = int(np.ceil(length)) | 1
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    reach = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * length / 2
    start, end = (tuple(np.rint(middle + sign * reach).astype(int).tolist()) for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    return kernel / kernel.sum()
