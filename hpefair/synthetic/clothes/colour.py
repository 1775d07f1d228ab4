"""Colours: sRGB and linear reflectance, Monk skin tones, hair."""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpefair.arrays import Array

# Monk Skin Tone scale (Monk 2019, https://skintone.google), display colours of its ten swatches.
MONK_HEX: Final = (
    "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420",
)  # fmt: skip
# Swatches show how skin looks in a picture. As reflectance they are too grey, and the darkest, at 2 %, makes faces
# black holes that outside pose models miss. These factors, set by eye and by such models on counterfactual pairs,
# make skin redder and lift its lightness (L*) to 28 at the dark end.
WARMTH_TONES: Final = (1, 4, 6, 7, 8, 9, 10)
WARMTH: Final = (
    (0.90, 0.90, 1.05, 1.10, 1.40, 2.70, 3.80),
    (0.66, 0.68, 0.84, 0.95, 1.45, 2.00, 2.60),
    (0.54, 0.55, 0.70, 0.85, 1.40, 1.75, 2.20),
)  # red, green, blue

NATURAL_HAIR: Final = ("1b1410", "2a1d14", "3b2a1d", "5a3d25", "8a6239", "b98e55", "7a3b1e")
GREY_HAIR: Final = (0.56, 0.55, 0.53)
SHOES: Final = ("202020", "f0f0f0", "5b3a21", "30406a", "a03030")


def from_hex(text: str) -> Array:
    """Linear RGB (3,) of an sRGB hex colour."""
    return to_linear(np.array([int(text[k : k + 2], 16) for k in (0, 2, 4)]) / 255)


def to_linear(srgb: ArrayLike) -> Array:
    """Linear light of sRGB values in [0, 1] (IEC 61966-2-1)."""
    values = np.asarray(srgb, dtype=float)
    linear: Array = np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4)
    return linear


def to_srgb(linear: NDArray[Any]) -> NDArray[Any]:
    """SRGB values in [0, 1] of linear light, clipped."""
    values = np.clip(linear, 0, 1)
    srgb: NDArray[Any] = np.where(
        values <= 0.0031308, 12.92 * values, 1.055 * np.maximum(values, 1e-8) ** (1 / 2.4) - 0.055
    )
    return srgb


def skin(tone: int) -> Array:
    """Reflectance (3,), linear RGB, of a Monk skin tone."""
    factor = np.array([np.interp(tone, WARMTH_TONES, channel) for channel in WARMTH])
    return from_hex(MONK_HEX[tone - 1]) * factor


def triple(values: NDArray[Any]) -> tuple[float, float, float]:
    """Three numbers of an array (3,), as frozen descriptions keep them."""
    first, second, third = (float(value) for value in values)
    return first, second, third
