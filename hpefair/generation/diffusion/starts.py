"""Starts: what a diffusion pipeline is given, and the annotation that its picture will have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hpefair.arrays import Mask, Pixels
from hpefair.core.balance.screening import annotation_fault
from hpefair.generation.diffusion import conditions
from hpefair.generation.diffusion.letterbox import Letterbox
from hpefair.generation.protocol import AnnotatedPerson, Item
from hpefair.settings.diffusion import Operation
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.population import Population
from hpefair.synthetic.streams import Streams

GROWN: Final = ("adult", "middle", "older")  # whom unplanned draws show
SAMPLES: Final = 2


@dataclass(frozen=True)
class Inpaint:
    """What of a photograph may be painted anew.

    Attributes:
        original: Window (H, W, 3) of the photograph.
        mask: Pixels (H, W) that may change.
        letterbox: How the window fits the square.
    """

    original: Pixels
    mask: Mask
    letterbox: Letterbox

    def pasted(self, square: Pixels) -> Pixels:
        """The window with new pixels inside the mask and the photograph's own, to the bit, outside it."""
        return np.where(self.mask[:, :, None], self.letterbox.window(square), self.original)


@dataclass(frozen=True)
class Start:
    """What a pipeline is given for one item.

    Attributes:
        item: The item.
        operation: control, refine or inpaint.
        pixels: Square (size, size, 3) to start from; `control` does not look at it.
        conditions: Condition squares (size, size, 3) by name.
        person: The person, annotated in the finished picture.
        known: Groups and pose by which the prompt is filled.
        words: What was done, in words.
        painted: What is painted: `person`, `clothing` or `background`.
        parent_image: Photograph that pixels come from.
        license: Its licence.
        others: Everybody else in it, who is not painted over.
        inpaint: What may change, for `inpaint`.
    """

    item: Item
    operation: Operation
    pixels: Pixels
    conditions: Mapping[str, Pixels]
    person: AnnotatedPerson
    known: Mapping[str, str]
    words: str
    painted: str = "person"
    parent_image: str = ""
    license: str = ""
    others: tuple[AnnotatedPerson, ...] = ()
    inpaint: Inpaint | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Rendered:
    """Starts from built-in people, who are exactly annotated.

    Attributes:
        size: Pixels a side.
        tries: Scenes to try for one item.
        min_keypoints: Labelled joints a person needs.
    """

    size: int
    tries: int
    min_keypoints: int

    def start(self, item: Item, operation: Operation) -> Start | str:
        """A rendered person of the wanted groups; grown-up where no age is wanted."""
        population = Population({"age_band": dict.fromkeys(GROWN, 1 / len(GROWN))})
        setting = Setting(population, self.size, crowds=(1.0,))
        for number in range(self.tries):
            picture = photograph(stage(Streams(item.seed, f"start {number}"), setting, item.wanted), SAMPLES)
            labels, person = picture.people[0], picture.scene.people[0]
            if annotation_fault(labels.keypoints, labels.mask, labels.bbox, self.min_keypoints):
                continue
            garments = np.logical_or.reduce(list(labels.garments.values()))
            known = {**person.labels, **item.wanted, "pose": person.posture.kind}
            return Start(
                item,
                operation,
                picture.pixels,
                conditions.of_photograph(picture),
                AnnotatedPerson(labels.keypoints, labels.mask, labels.bbox, person.labels, garments),
                known,
                f"{operation} of a rendered person, try {number + 1}",
            )
        return f"{self.tries} scenes showed too little of the person to annotate"
