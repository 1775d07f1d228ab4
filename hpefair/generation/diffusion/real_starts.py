"""Starts from photographs of training people, whose clothes or surroundings may be painted anew; skin never is."""

from typing import Final

import cv2
import numpy as np
import pandas as pd

from hpefair.arrays import Mask
from hpefair.core.splits import unit_hash
from hpefair.generation.diffusion import conditions
from hpefair.generation.diffusion.letterbox import Letterbox
from hpefair.generation.diffusion.starts import Inpaint, Start
from hpefair.generation.parents import eligible, in_cell
from hpefair.generation.protocol import AnnotatedPerson, Item
from hpefair.generation.shots import read_shot
from hpefair.settings.params import Generate

FEWEST_PX: Final = 50
GROWN: Final = ("adult", "middle", "older")
EDGE: Final = 0.01  # of the larger box side: hair and hands reach over coarse outlines


class Photographed:
    """Starts from training people."""

    def __init__(self, people: pd.DataFrame, settings: Generate, size: int) -> None:
        """Keep the training people.

        Args:
            people: People of the training split joined with path, width, height, license and their attributes.
            settings: The generate section of params.yaml.
            size: Pixels a side of the square that is painted.
        """
        self._settings, self._size = settings, size
        self._companions = dict(list(people.groupby("image_id")))
        parents = eligible(people, settings.context, settings.forbid_licenses)
        if not (settings.diffusion and settings.diffusion.minors):
            # Whose age is not known may be a minor.
            parents = parents[parents["age_band"].isin(GROWN)]
        order = [unit_hash("parents", name) for name in parents["person_id"]]
        self._parents = parents.iloc[np.argsort(order, kind="stable")]

    def pool(self, item: Item) -> pd.DataFrame:
        """Alterable people who already belong to every wanted group that clothes and surroundings do not decide."""
        return in_cell(self._parents, item.wanted)

    def start(self, item: Item) -> Start | str:
        """A training person, and what of the window may be painted."""
        pool = self.pool(item)
        if pool.empty:
            return "no training person of the wanted groups may be altered: measured, annotated, grown-up"
        source = pool.iloc[item.number % len(pool)]
        shot = read_shot(source, self._companions[source["image_id"]], self._settings.context)
        person = shot.person
        masks = {"clothing": clothing(person) & ~shot.taken, "background": background(person, shot.taken)}
        paintable = {name: mask for name, mask in masks.items() if mask.sum() >= FEWEST_PX}
        if not paintable:
            return f"neither clothing nor background of {person.parent_person} can be told from skin"
        what = sorted(paintable)[int(np.random.default_rng([item.seed, 1]).integers(len(paintable)))]
        letterbox = Letterbox(person.mask.shape[0], person.mask.shape[1], self._size)
        return Start(
            item,
            "inpaint",
            letterbox.square(shot.pixels),
            conditions.of_people([_in_square(person, letterbox)]),
            person,
            {**person.labels, **item.wanted},
            f"inpaint of {what}",
            what,
            str(source["image_id"]),
            str(source["license"]),
            shot.others,
            Inpaint(shot.pixels, paintable[what], letterbox),
        )


def clothing(person: AnnotatedPerson) -> Mask:
    """Parsed clothes (H, W), less one pixel at their edge: what borders on them may be skin."""
    if person.garments is None:
        return np.zeros_like(person.mask)
    worn = (person.garments & person.mask).astype(np.uint8)
    return cv2.erode(worn, np.ones((3, 3), np.uint8)).astype(bool)


def background(person: AnnotatedPerson, others: Mask) -> Mask:
    """Everything (H, W) but the person, everybody else, and a seam around them."""
    seam = 1 + int(np.ceil(EDGE * person.bbox[2:].max()))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * seam + 1, 2 * seam + 1))
    return ~cv2.dilate((person.mask | others).astype(np.uint8), disc).astype(bool)


def _in_square(person: AnnotatedPerson, letterbox: Letterbox) -> conditions.Shape:
    garments = None if person.garments is None else letterbox.square_mask(person.garments)
    return conditions.Shape(letterbox.points(person.keypoints), letterbox.square_mask(person.mask), garments)
