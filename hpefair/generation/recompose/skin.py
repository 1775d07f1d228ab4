"""Which pixels of a person have the colour of that person's own skin."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Mask
from hpefair.attributes.measured.body_regions import torso_length
from hpefair.attributes.measured.lab import Lab
from hpefair.core.pose.skeletons import COCO_17

FACE: Final = tuple(COCO_17.index(name) for name in ("nose", "left_eye", "right_eye"))
FOREARMS: Final = tuple((COCO_17.index(f"{side}_elbow"), COCO_17.index(f"{side}_wrist")) for side in ("left", "right"))
FEWEST: Final = 12  # pixels that can tell a colour
NEAR_AB: Final = 7.0  # distance in a*, b* within which colours count as one, whatever their lightness
NEAR_HUE: Final = 13.0  # degrees
SAME_PERSON: Final = 27.0  # degrees between skin in sunlight and in the shade of a wall, for one
CHROMA_RANGE: Final = (0.5, 1.8)  # skin in shade or light, relative to the sample
DARKEST: Final = 0.5  # of the sample's L*; what is darker is cloth or hair
BLACKEST: Final = 22.0  # L* that skin in a picture rarely stays below
GREYEST: Final = 7.0  # below this chroma a hue means nothing
SKIN_HUES: Final = (15.0, 85.0)  # degrees; human skin of all tones lies within (Xiao et al. 2017)
SKIN_CHROMA: Final = (8.0, 62.0)


@dataclass(frozen=True)
class Complexion:
    """Colours of somebody's skin.

    Attributes:
        samples: Median L*, a*, b* (N, 3) of the places where skin is bare for sure, or likely so.
        sure: Whether a face was among them; nobody's sleeve hides a face.
    """

    samples: Array
    sure: bool

    def like(self, lab: Lab) -> Mask:
        """Which colours (..., 3) may be this skin; without samples, which may be anybody's."""
        lightness, a, b = (lab[..., channel].astype(float) for channel in range(3))
        hue, chroma = np.degrees(np.arctan2(b, a)), np.hypot(a, b)
        human = (hue > SKIN_HUES[0]) & (hue < SKIN_HUES[1]) & (lightness > BLACKEST)
        human &= (chroma > SKIN_CHROMA[0]) & (chroma < SKIN_CHROMA[1])
        matches: Mask = np.zeros(a.shape, dtype=bool)
        for l_skin, a_skin, b_skin in self.samples:
            strength = float(np.hypot(a_skin, b_skin))
            light = lightness > DARKEST * l_skin
            matches |= (np.hypot(a - a_skin, b - b_skin) < min(NEAR_AB, 0.7 * strength)) & light
            if strength > GREYEST:
                turn = np.abs((hue - np.degrees(np.arctan2(b_skin, a_skin)) + 180) % 360 - 180)
                alike = (chroma > CHROMA_RANGE[0] * strength) & (chroma < CHROMA_RANGE[1] * strength)
                matches |= (turn < NEAR_HUE) & alike & light
                # Lit by another lamp, skin turns towards yellow or red, but stays among the colours of skin.
                matches |= (turn < SAME_PERSON) & alike & light & human
        return matches if self.sure else matches | human


def complexion(lab: Lab, mask: Mask, keypoints: Array) -> Complexion:
    """Colours of a person's face and bare forearms.

    Args:
        lab: CIELAB (H, W, 3).
        mask: The person's mask (H, W).
        keypoints: Keypoints (17, 3).

    Returns:
        The complexion. A forearm counts only if its colour could be anybody's skin: it may be in a sleeve.
    """
    torso = torso_length(keypoints) or 0.0
    face = _median(lab, mask & _discs(mask.shape, keypoints, 0.055 * torso))
    arms = [_median(lab, mask & _line(mask.shape, keypoints, pair, 0.05 * torso)) for pair in FOREARMS]
    anybody = Complexion(np.zeros((0, 3)), sure=False)
    bare = [arm for arm in arms if arm is not None and anybody.like(arm[None])[0]]
    colours = [*([] if face is None else [face]), *bare]
    samples = np.array(colours, dtype=float).reshape(-1, 3)
    return Complexion(samples, sure=face is not None)


def _median(lab: Lab, where: Mask) -> Lab | None:
    if np.count_nonzero(where) < FEWEST:
        return None
    colour: Lab = np.median(lab[where], axis=0).astype(np.float32)
    return colour


def _discs(shape: tuple[int, ...], keypoints: Array, radius: float) -> Mask:
    """Small discs at nose and eyes, a little below the eyes: brows and glasses are no skin."""
    canvas = np.zeros(shape, dtype=np.uint8)
    for joint in FACE:
        if keypoints[joint, 2] > 0:
            x, y = np.rint(keypoints[joint, :2] + [0, 0.5 * radius]).astype(int).tolist()
            cv2.circle(canvas, (x, y), max(round(radius), 1), 1, -1)
    return canvas.astype(bool)


def _line(shape: tuple[int, ...], keypoints: Array, pair: tuple[int, int], width: float) -> Mask:
    """The outer half of a forearm's middle line: where even a rolled sleeve ends."""
    canvas = np.zeros(shape, dtype=np.uint8)
    elbow, wrist = keypoints[list(pair)]
    if elbow[2] > 0 and wrist[2] > 0:
        start, end = (
            tuple(np.rint(elbow[:2] + part * (wrist[:2] - elbow[:2])).astype(int).tolist()) for part in (0.5, 0.95)
        )
        cv2.line(canvas, start, end, 1, max(round(width), 1))
    return canvas.astype(bool)
