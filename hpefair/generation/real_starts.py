"""Starts from photographs of training people, whose clothes or surroundings may be painted anew; skin never is."""

from typing import Final

import cv2
import numpy as np
import pandas as pd

from hpefair.core.splits import unit_hash
from hpefair.generation import conditions
from hpefair.generation.letterbox import Letterbox
from hpefair.generation.protocol import AnnotatedPerson, Item, Mask
from hpefair.generation.sources import Cutout, cut_out, eligible
from hpefair.generation.starts import Inpaint, Start
from hpefair.params import Generate
from hpefair.schema import PERCEIVED

FEWEST_PX: Final = 50
EDGE: Final = 0.01  # of the larger box side: hair and hands reach over coarse outlines
ALTERED: Final = ("contrast",)  # what new clothes or surroundings change; everything else is the parent's


class Photographed:
    """Starts from training people."""

    def __init__(self, people: pd.DataFrame, settings: Generate, size: int) -> None:
        """Keep the training people.

        Args:
            people: People of the training split joined with path, width, height, license and their attributes.
            settings: The generate section of params.yaml.
            size: Pixels a side of the square that is painted.
        """
        self._people, self._settings, self._size = people, settings, size
        self._pools: dict[tuple[tuple[str, str], ...], pd.DataFrame] = {}

    def pool(self, item: Item) -> pd.DataFrame:
        """Alterable people who already belong to every wanted group that clothes and surroundings do not decide."""
        kept = tuple(sorted((name, group) for name, group in item.wanted.items() if name not in ALTERED))
        if kept not in self._pools:
            anything = self._people.assign(anything="")
            found = eligible(anything, "anything", self._settings.context, self._settings.forbid_licenses)
            for name, group in kept:
                found = found[found[name] == group]
            order = [unit_hash("parents", name) for name in found["person_id"]]
            self._pools[kept] = found.iloc[np.argsort(order, kind="stable")]
        return self._pools[kept]

    def start(self, item: Item) -> Start | str:
        """A training person, and what of the window may be painted."""
        pool = self.pool(item)
        if pool.empty:
            return "no training person of the wanted groups may be altered: alone in the window, annotated, grown-up"
        source = pool.iloc[item.number % len(pool)]
        cutout = cut_out(source, "person_id", self._settings.context)
        masks = {"clothing": clothing(cutout), "background": background(cutout)}
        found = {name: mask for name, mask in masks.items() if mask.sum() >= FEWEST_PX}
        if not found:
            return f"neither clothing nor background of {cutout.person_id} can be told from skin"
        what = sorted(found)[int(np.random.default_rng([item.seed, 1]).integers(len(found)))]
        letterbox = Letterbox(cutout.mask.shape[0], cutout.mask.shape[1], self._size)
        labels = {name: str(source[name]) for name in PERCEIVED}
        return Start(
            item,
            "inpaint",
            letterbox.square(cutout.pixels),
            conditions.of_people([_in_square(cutout, letterbox)]),
            AnnotatedPerson(cutout.keypoints, cutout.mask, cutout.bbox, labels, cutout.garments, cutout.person_id),
            {**labels, **item.wanted},
            f"inpaint of {what}",
            what,
            str(source["image_id"]),
            Inpaint(cutout.pixels, found[what], letterbox),
        )


def clothing(cutout: Cutout) -> Mask:
    """Parsed clothes (H, W), less one pixel at their edge: what borders on them may be skin."""
    if cutout.garments is None:
        return np.zeros_like(cutout.mask)
    worn = (cutout.garments & cutout.mask).astype(np.uint8)
    return cv2.erode(worn, np.ones((3, 3), np.uint8)).astype(bool)


def background(cutout: Cutout) -> Mask:
    """Everything (H, W) but the person and a seam around them."""
    seam = 1 + int(np.ceil(EDGE * cutout.bbox[2:].max()))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * seam + 1, 2 * seam + 1))
    return ~cv2.dilate(cutout.mask.astype(np.uint8), disc).astype(bool)


def _in_square(cutout: Cutout, letterbox: Letterbox) -> conditions.Shape:
    garments = None if cutout.garments is None else letterbox.square_mask(cutout.garments)
    return conditions.Shape(letterbox.points(cutout.keypoints), letterbox.square_mask(cutout.mask), garments)
