"""Diffusion: pictures by pipelines of the diffusers package, their annotations carried over from where they start."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from hpefair.arrays import Pixels
from hpefair.errors import SettingsError
from hpefair.generation.diffusion import machine as diffusion_machine
from hpefair.generation.diffusion import painting, pipelines, prompts, training_record
from hpefair.generation.diffusion.machine import Machine
from hpefair.generation.diffusion.real_starts import Photographed
from hpefair.generation.diffusion.starts import Rendered, Start
from hpefair.generation.parents import MINORS
from hpefair.generation.protocol import Item, Made
from hpefair.settings.diffusion import Operation
from hpefair.settings.params import Generate

REFUSED: Final = "minors are not diffused: generate.diffusion.minors is false; the backend `render` draws them"
OPTED_IN: Final = "minor, by explicit opt-in of generate.diffusion.minors"


class Diffusion:
    """Backend `diffusion`."""

    def __init__(
        self,
        settings: Generate,
        people: pd.DataFrame,
        training_images: Sequence[str],
        min_keypoints: int,
        machine: Machine | None = None,
    ) -> None:
        """Check the weights; a pipeline is loaded when its first item comes.

        Args:
            settings: The generate section of params.yaml, with its part `diffusion`.
            people: People of the training split joined with path, width, height, license and their attributes.
            training_images: Ids of all images of the training split.
            min_keypoints: Labelled joints a person needs.
            machine: Where to run; what the environment says by default.

        Raises:
            SettingsError: If a setting, a hub id or the record of a training forbids it.
            MissingArtifactError: If weights are not there.
        """
        if settings.diffusion is None:
            raise SettingsError(
                "the backend `diffusion` needs generate.diffusion in params.yaml: docs/guides/diffusion.md"
            )
        self._settings = settings.diffusion
        self._machine = machine or diffusion_machine.from_environment()
        self._models = {name: pipelines.model_id(pipeline) for name, pipeline in self._settings.pipelines.items()}
        for name, pipeline in self._settings.pipelines.items():
            training_record.check(pipeline.weights, training_images)
            if name == "inpaint" and "depth" in pipeline.conditions:
                raise SettingsError(
                    "generate.diffusion.pipelines.inpaint.conditions names depth, which a photograph does not have: "
                    "take depth out"
                )
        self._rendered = Rendered(self._settings.size, settings.max_tries, min_keypoints)
        self._photographed = Photographed(people, settings, self._settings.size)
        self._loaded: dict[Operation, Any] = {}
        if self._settings.minors:
            print(f"diffusion: {OPTED_IN}, pictures of children and teenagers may be made")

    @property
    def batch(self) -> int:
        """Items it likes to be given at once."""
        return self._machine.batch

    def make(self, items: Sequence[Item]) -> list[Made | str]:
        """A picture for each item, items of one operation together."""
        outcomes: list[Start | Made | str] = [self._start(item) for item in items]
        starts = {place: one for place, one in enumerate(outcomes) if isinstance(one, Start)}
        for operation, pipeline in self._settings.pipelines.items():
            places = [place for place, one in starts.items() if one.operation == operation]
            step = painting.at_once(pipeline.conditions, self._machine.batch)
            for first in range(0, len(places), step):
                group = places[first : first + step]
                for place, made in zip(group, self._paint(operation, [starts[k] for k in group]), strict=True):
                    outcomes[place] = made
        return [one for one in outcomes if not isinstance(one, Start)]

    def _start(self, item: Item) -> Start | str:
        if item.wanted.get("age_band") in MINORS and not self._settings.minors:
            return REFUSED
        operation = self._operation(item)
        if operation == "inpaint":
            return self._photographed.start(item)
        return self._rendered.start(item, operation)

    def _operation(self, item: Item) -> Operation:
        """One of the operations that params names, by the item's seed; `inpaint` only where somebody fits."""
        able = [name for name in self._settings.pipelines if name != "inpaint" or len(self._photographed.pool(item))]
        choices = able or list(self._settings.pipelines)
        return choices[int(np.random.default_rng([item.seed, 0]).integers(len(choices)))]

    def _paint(self, operation: Operation, starts: Sequence[Start]) -> list[Made | str]:
        if operation not in self._loaded:
            self._loaded[operation] = pipelines.load(self._settings.pipelines[operation], self._machine)
        pipeline = self._loaded[operation]
        sentences = [
            prompts.prompt(self._settings, start.known, np.random.default_rng([start.item.seed, 2]), start.painted)
            for start in starts
        ]
        squares = painting.paint(pipeline, starts, sentences, self._settings)
        said = sentences if painting.takes_prompt(pipeline) else [""] * len(starts)
        return [
            square if isinstance(square, str) else self._made(start, square, sentence)
            for start, square, sentence in zip(starts, squares, said, strict=True)
        ]

    def _made(self, start: Start, square: Pixels, sentence: str) -> Made:
        weights = self._settings.pipelines[start.operation]
        licences = dict.fromkeys([weights.license, *(net.license for net in weights.controlnets)])
        origin = f"derived from: {start.license}" if start.inpaint else "nobody real"
        minor = start.person.labels.get("age_band") in MINORS
        return Made(
            start.inpaint.pasted(square) if start.inpaint else square,
            start.person,
            f"{start.words}; {OPTED_IN}" if minor else start.words,
            f"{origin}; weights under {', '.join(licences)}",
            others=start.others,
            parent_image=start.parent_image,
            sources=(start.parent_image,) if start.parent_image else (),
            model=self._models[start.operation],
            prompt=sentence,
        )
