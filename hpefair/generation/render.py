"""Render: built-in people asked for exactly the wanted cell; nobody real is in the picture."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from hpefair.attributes.measured.measurement import contrast_group
from hpefair.core.balance.screening import annotation_fault
from hpefair.generation.protocol import AnnotatedPerson, Item, Made
from hpefair.schema import UNKNOWN
from hpefair.settings.params import Attribute
from hpefair.synthetic.annotation import LICENCE, measured_contrast
from hpefair.synthetic.picture.photograph import Photograph, photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams

SAMPLES: Final = 2  # per pixel side: edges as smooth as in photographs


class Render:
    """Backend `render`."""

    batch = 1

    def __init__(self, settings: Attribute, size: int, tries: int, min_keypoints: int) -> None:
        """Set the stage.

        Args:
            settings: The attribute section of params.yaml: bins of contrast, and the smallest measurable person.
            size: Pixels a side.
            tries: Scenes to try for one item.
            min_keypoints: Labelled joints a person needs.
        """
        self._setting = Setting(size=size, crowds=(1.0,))
        self._settings = settings
        self._tries = tries
        self._min_keypoints = min_keypoints

    def make(self, items: Sequence[Item]) -> list[Made | str]:
        """A scene for each item."""
        return [self._one(item) for item in items]

    def _one(self, item: Item) -> Made | str:
        """Draw scenes with the wanted person until the measured contrast lies in the wanted cell as well."""
        for number in range(self._tries):
            streams = Streams(item.seed, f"try {number}")
            picture = photograph(stage(streams, self._setting, item.wanted), SAMPLES)
            contrast = self._contrast(picture)
            if contrast is not None and item.wanted.get("contrast", contrast) == contrast:
                return made_of(picture, f"rendered, try {number + 1}")
        return f"{self._tries} scenes did not show {_words(item.wanted)}"

    def _contrast(self, picture: Photograph) -> str | None:
        """Group of the measured contrast; None where the screen would not let the person in."""
        labels = picture.people[0]
        fault = annotation_fault(labels.keypoints, labels.mask, labels.bbox, self._min_keypoints)
        if fault or labels.mask.sum() < self._settings.min_area_px:
            return None
        measured = measured_contrast(picture, 0)
        if isinstance(measured, str):
            return None
        group = contrast_group(measured, self._settings.contrast)
        return None if group == UNKNOWN else group


def made_of(picture: Photograph, operation: str) -> Made:
    """A photograph as a generated picture: the first person is the one asked for."""
    labels = picture.people[0]
    person = AnnotatedPerson(
        labels.keypoints,
        labels.mask,
        labels.bbox,
        picture.scene.people[0].labels,
        np.logical_or.reduce(list(labels.garments.values())),
    )
    return Made(picture.pixels, person, operation, f"{LICENCE['name']} (built-in people)")


def _words(wanted: Mapping[str, str]) -> str:
    return ", ".join(f"{attribute} {group}" for attribute, group in wanted.items())
