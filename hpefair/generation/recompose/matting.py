"""How much of each pixel belongs to the person: closed-form matting in a band along the annotated outline.

Levin, Lischinski and Weiss, A Closed-Form Solution to Natural Image Matting, 2008.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import cg

from hpefair.arrays import Array, Mask, Pixels

Floats = NDArray[np.float32]

EVENNESS: Final = 1e-4  # epsilon of the paper, on colours from 0 to 1
TRUST: Final = 0.01  # pull towards the annotated outline, which decides where colours cannot
ITERATIONS: Final = 150
MOST_UNKNOWN: Final = 16_000  # pixels of a band; beyond, half the resolution tells as much
DUST: Final = 0.12  # opacity below which, and distance from 1 above which, a mixture is not believed
SURE: Final = 0.97


def matte(pixels: Pixels, mask: Mask) -> Floats:
    """Opacity (H, W), 0 to 1, of a person with a coarse mask.

    Args:
        pixels: Picture (H, W, 3).
        mask: Annotated mask (H, W).

    Returns:
        1 well inside the mask and 0 well outside; in between as the colours on both sides tell.
    """
    reach = band(mask)
    sure, unknown = _trimap(mask, reach)
    if unknown.sum() > MOST_UNKNOWN:
        half = (max(mask.shape[1] // 2, 1), max(mask.shape[0] // 2, 1))
        small = matte(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), _shrunk(mask, half))
        alpha = cv2.resize(small, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR)
    else:
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.5 * reach).astype(float)
        alpha = _solved(pixels / 255.0, sure.astype(float), unknown, soft)
    alpha = np.where(unknown, np.clip((alpha - DUST) / (1 - 2 * DUST), 0, 1), sure)
    return _attached(alpha.astype(np.float32), sure)


def band(mask: Mask) -> int:
    """Half width in pixels of the band in which an annotated outline is not believed."""
    return int(np.clip(round(0.022 * np.sqrt(np.count_nonzero(mask))), 2, 5))


def _trimap(mask: Mask, reach: int) -> tuple[Mask, Mask]:
    """What is the person for sure, and what may be (H, W) each."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    sure = cv2.erode(mask.astype(np.uint8), kernel).astype(bool)
    grown = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
    return sure, grown & ~sure


def _shrunk(mask: Mask, size: tuple[int, int]) -> Mask:
    small: Mask = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return small


def _solved(colours: Array, sure: Array, unknown: Mask, soft: Array) -> Array:
    """Opacity (H, W) that is locally a linear function of colour, equal to `sure` where it is known."""
    if not unknown.any() or min(unknown.shape) < 3:
        return soft
    places, laplacian = _laplacian(colours, unknown)
    free = unknown.ravel()[places]
    known, start = sure.ravel()[places], soft.ravel()[places]
    system = laplacian[free][:, free]
    diagonal = system.diagonal()
    wanted = TRUST * start[free] - laplacian[free][:, ~free] @ known[~free]
    system = system + csr_matrix((np.full(len(diagonal), TRUST), (range(len(diagonal)),) * 2))
    inverse = csr_matrix((1 / (diagonal + TRUST), (range(len(diagonal)),) * 2))
    solution, _ = cg(system, wanted, x0=start[free], rtol=1e-3, maxiter=ITERATIONS, M=inverse)
    alpha = sure.ravel().copy()
    alpha[places[free]] = solution
    return alpha.reshape(sure.shape)


def _laplacian(colours: Array, unknown: Mask) -> tuple[NDArray[np.int64], csr_matrix]:
    """Matting Laplacian (P, P) over the pixels of all 3 x 3 windows that hold an unknown one, and these pixels (P,)."""
    width = unknown.shape[1]
    near = cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    near[[0, -1]] = near[:, [0, -1]] = False
    centres = np.flatnonzero(near)
    around = np.array([row * width + column for row in (-1, 0, 1) for column in (-1, 0, 1)])
    windows = centres[:, None] + around
    inside = colours.reshape(-1, 3)[windows]
    apart = inside - inside.mean(axis=1, keepdims=True)
    spread = np.einsum("mki,mkj->mij", apart, apart) / 9 + EVENNESS / 9 * np.eye(3)
    alike = (1 + np.einsum("mki,mij,mlj->mkl", apart, np.linalg.inv(spread), apart, optimize=True)) / 9
    places, index = np.unique(windows, return_inverse=True)
    index = index.reshape(windows.shape)
    rows, columns = np.repeat(index, 9, axis=1).ravel(), np.tile(index, (1, 9)).ravel()
    values = (np.eye(9) - alike).ravel()
    return places, csr_matrix((values, (rows, columns)), shape=(len(places), len(places)))


def _attached(alpha: Floats, sure: Mask) -> Floats:
    """The matte without islands that do not reach the sure part: bits of background of the person's colour."""
    count, parts = cv2.connectedComponents((alpha > 0.1).astype(np.uint8))
    held = np.zeros(count, dtype=bool)
    held[np.unique(parts[sure])] = True
    held[0] = True
    return np.where(held[parts], alpha, 0).astype(np.float32)


def own_colours(pixels: Pixels, alpha: Floats) -> Floats:
    """Colours (H, W, 3) of the person without what shines through of the old background at its edge.

    Around every half-covered pixel, mean colours of person and background explain the pixel with the least change
    (the minimum-norm solution of I = a F + (1 - a) B).

    Args:
        pixels: Picture (H, W, 3).
        alpha: Opacity (H, W).
    """
    picture = pixels.astype(np.float32)
    front, back = _spread_out(picture, alpha > SURE), _spread_out(picture, alpha < 1 - SURE)
    a = alpha[..., None]
    unexplained = picture - a * front - (1 - a) * back
    corrected = front + a * unexplained / (a**2 + (1 - a) ** 2)
    return np.where(a > SURE, picture, np.clip(corrected, 0, 255)).astype(np.float32)


def _spread_out(picture: Floats, where: Mask) -> Floats:
    """Colours (H, W, 3) of a part carried a few pixels beyond it."""
    weight = where.astype(np.float32)
    near = cv2.GaussianBlur(picture * weight[..., None], (0, 0), 3)
    share = cv2.GaussianBlur(weight, (0, 0), 3)[..., None]
    far = cv2.GaussianBlur(picture * weight[..., None], (0, 0), 12)
    far_share = cv2.GaussianBlur(weight, (0, 0), 12)[..., None]
    spread = np.where(share > 1e-2, near / np.maximum(share, 1e-6), far / np.maximum(far_share, 1e-6))
    return spread.astype(np.float32)
