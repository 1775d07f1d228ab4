"""Recompose: a real training person in other clothes colours, or before another background, until a cell is filled.

Pose, outline and visibility stay those of the photograph, so the annotations are carried over exactly.
"""

import warnings
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from skimage.color import lab2rgb

from hpefair.adapters.licences import contains_any
from hpefair.attributes import contrast
from hpefair.attributes.measurement import contrast_group
from hpefair.generation.protocol import AnnotatedPerson, Item, Made
from hpefair.generation.sources import Cutout, cut_out, eligible, empty_background
from hpefair.params import ContrastBins, Generate
from hpefair.schema import PERCEIVED

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

TEXTURE_KEPT: Final = 0.8  # folds and shadows stay, a little softened, so that the new colour decides
FEATHER_PX: Final = 1.0
BACKGROUNDS_TRIED: Final = 12
WHOLE_FROM: Final = 0.97  # share of the mask in its largest piece; annotators leave crumbs


class Recompose:
    """Backend `recompose`."""

    batch = 1

    def __init__(self, people: pd.DataFrame, images: pd.DataFrame, bins: ContrastBins, settings: Generate) -> None:
        """Index the training people.

        Args:
            people: People of the training split joined with path, width, height, license and contrast.
            images: Training images that may be altered or lend a background.
            bins: Bins of the contrast groups.
            settings: The generate section of params.yaml.
        """
        self._sources = eligible(people, "contrast", settings.context, settings.forbid_licenses)
        allowed = ~images["license"].map(lambda name: contains_any(name, settings.forbid_licenses))
        self._images = images[allowed].sort_values("image_id").reset_index(drop=True)
        self._boxes = {
            name: np.stack(rows["bbox"].to_list()).astype(float) for name, rows in people.groupby("image_id")
        }
        self._bins = bins
        self._settings = settings

    def make(self, items: Sequence[Item]) -> list[Made | str]:
        """A changed training person for each item."""
        return [self._one(item) for item in items]

    def _one(self, item: Item) -> Made | str:
        """Try training people and changes until the measured contrast lies in the wanted cell."""
        rng, group = np.random.default_rng(item.seed), item.wanted["contrast"]
        pool = self._sources[self._sources["contrast"] != group]
        if pool.empty:
            return "no training person may be recomposed: none is alone in its window, measured and alterable"
        for _ in range(self._settings.tries):
            source = pool.iloc[int(rng.integers(len(pool)))]
            cutout = cut_out(source, "contrast", self._settings.context)
            changed = self._change(cutout, group, rng)
            if changed is None:
                continue
            pixels, operation = changed
            measured = contrast.of_person(pixels, as_seen(cutout), cutout.bbox)
            if not isinstance(measured, str) and contrast_group(measured.outline, self._bins) == group:
                # What a change of clothes or background leaves alone is inherited from the parent.
                labels = {name: str(source[name]) for name in PERCEIVED}
                person = AnnotatedPerson(
                    cutout.keypoints, cutout.mask, cutout.bbox, labels, cutout.garments, cutout.person_id
                )
                image = str(source["image_id"])
                return Made(
                    pixels, person, operation, "derived from a training image", parent_image=image, sources=(image,)
                )
        return f"{self._settings.tries} tries did not reach {group} contrast"

    def _change(self, cutout: Cutout, group: str, rng: np.random.Generator) -> tuple[Pixels, str] | None:
        if rng.random() < 0.5:
            background = self._background(cutout, rng)
            return None if background is None else (move(cutout, background), "background")
        recoloured = recolour(cutout, group, rng)
        return None if recoloured is None else (recoloured, "clothing")

    def _background(self, cutout: Cutout, rng: np.random.Generator) -> Pixels | None:
        """Somebody else's empty background, if this person can be moved: in one piece, and nothing hides a part."""
        if not (whole(cutout.mask) and _unoccluded(cutout)):
            return None
        height, width = cutout.mask.shape
        for number in rng.permutation(len(self._images))[:BACKGROUNDS_TRIED]:
            image = self._images.iloc[int(number)]
            boxes = self._boxes.get(image["image_id"], np.zeros((0, 4)))
            found = empty_background(image, boxes, (height, width), rng)
            if found is not None:
                return found
        return None


def as_seen(cutout: Cutout) -> contrast.Cutout:
    """A person as contrast is measured: alone in the window."""
    alone = np.zeros_like(cutout.mask)
    return contrast.Cutout(contrast.NO_LAB, cutout.mask, alone, cutout.keypoints, cutout.garments)


def recolour(cutout: Cutout, group: str, rng: np.random.Generator) -> Pixels | None:
    """Clothing shifted towards a new colour in CIELAB, its texture kept.

    Args:
        cutout: The person.
        group: Wanted contrast group: `low` aims at the background's own colour, the others at random cloth colours.
        rng: Randomness.

    Returns:
        Pixels (H, W, 3), or None where no clothing can be told.
    """
    dressed = as_seen(cutout).dressed
    if dressed is None or dressed.sum() < 50:
        return None
    lab = contrast.to_lab(cutout.pixels).astype(np.float64)
    target = _background_colour(lab, cutout.mask) if group == "low" else np.array([rng.uniform(12, 92), 0.0, 0.0])
    target = target + rng.normal(0, 3 if group == "low" else 18, 3) * np.array([0.5, 1.0, 1.0])
    dyed = target + TEXTURE_KEPT * (lab - np.median(lab[dressed], axis=0))
    alpha = _feather(dressed)
    return _to_rgb(alpha * dyed + (1 - alpha) * lab)


def move(cutout: Cutout, background: Pixels) -> Pixels:
    """The person, cut along its mask, before another background of the same size."""
    # The annotated outline is a little wide: one pixel less keeps the old background from shining through.
    kept = cv2.erode(cutout.mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    alpha = _feather(kept.astype(bool))
    blend = alpha * cutout.pixels + (1 - alpha) * background
    return np.clip(np.rint(blend), 0, 255).astype(np.uint8)


def _background_colour(lab: Array, mask: Mask) -> Array:
    near = cv2.dilate(mask.astype(np.uint8), np.ones((15, 15), np.uint8)).astype(bool) & ~mask
    colour: Array = np.median(lab[near], axis=0) if near.any() else np.array([50.0, 0.0, 0.0])
    return colour


def whole(mask: Mask) -> bool:
    """Whether a mask (H, W) is one piece: a person behind a shelf would be moved as two floating parts."""
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = parts[1:, cv2.CC_STAT_AREA]  # the first part is the background
    return bool(len(areas) and areas.max() >= WHOLE_FROM * areas.sum())


def _unoccluded(cutout: Cutout) -> bool:
    """Whether every labelled joint lies on the mask, give or take its coarse outline."""
    grown = cv2.dilate(cutout.mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    joints = cutout.keypoints[cutout.keypoints[:, 2] > 0, :2]
    x = np.clip(np.rint(joints[:, 0]).astype(int), 0, grown.shape[1] - 1)
    y = np.clip(np.rint(joints[:, 1]).astype(int), 0, grown.shape[0] - 1)
    return bool(grown[y, x].all())


def _feather(mask: Mask) -> Array:
    soft: Array = cv2.GaussianBlur(mask.astype(float), (0, 0), FEATHER_PX)
    return soft[:, :, None]


def _to_rgb(lab: Array) -> Pixels:
    with warnings.catch_warnings():
        # A dyed pixel may leave the sRGB gamut; clipping it is what a camera would do.
        warnings.simplefilter("ignore", UserWarning)
        rgb = lab2rgb(lab)
    return np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8)
