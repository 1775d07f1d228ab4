"""The part of params.yaml about diffusion: which weights, under which licence, asked for what in which words."""

import re
from string import Formatter
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hpefair.schema import PERCEIVED, groups_of
from hpefair.settings.attributes import Positive, Section, Share

Operation = Literal["control", "refine", "inpaint"]
Condition = Literal["skeleton", "depth", "parts"]
Sentence = Annotated[str, StringConstraints(min_length=1)]

COMMIT: Final = re.compile(r"[0-9a-f]{40}")
DRAWN: Final = ("colour", "scene")  # words drawn at random, whoever is in the picture
TOLD: Final = (*PERCEIVED, "contrast", "pose")  # words that say what was asked for


class Weights(Section):
    """Where weights are, and what their licence is called."""

    weights: str = Field(min_length=1)  # a folder, or an id on the model hub
    revision: str = ""  # commit of the hub's repository; empty for a folder
    license: str = ""

    @model_validator(mode="after")
    def _identified(self) -> Self:
        if self.revision and not COMMIT.fullmatch(self.revision):
            raise ValueError(
                f"Expected the 40 hexadecimal digits of a commit but got revision {self.revision!r}: a branch or tag "
                "may name other weights tomorrow"
            )
        if not self.license.strip():
            raise ValueError(f"Expected the licence of {self.weights} but got none: name it as its model card does")
        return self


class ControlNet(Weights):
    """A ControlNet that a pipeline is given."""

    class_: str = Field(default="ControlNetModel", alias="class")


class DiffusionPipeline(Weights):
    """A pipeline, its ControlNets, and the images that steer them.

    Conditions stand in the order of the ControlNets: those named here, else those that the weights bring.
    """

    class_: str = Field(alias="class")  # a class of diffusers, or the dotted path of another
    controlnets: tuple[ControlNet, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _one_condition_each(self) -> Self:
        if self.controlnets and len(self.controlnets) != len(self.conditions):
            raise ValueError(
                f"Expected one condition per ControlNet but got {len(self.conditions)} for {len(self.controlnets)}"
            )
        return self


class Diffusion(Section):
    """The backend `diffusion`."""

    pipelines: dict[Operation, DiffusionPipeline] = Field(min_length=1)
    steps: Positive = 30
    guidance: float = Field(default=7.0, ge=0)
    strength: Annotated[Share, Field(gt=0)] = 0.5  # how far `refine` may leave the rendered picture
    size: int = Field(default=512, ge=32, multiple_of=8)  # pixels a side
    prompt: str  # of a whole person
    prompt_clothing: str  # of clothes that are painted onto somebody
    prompt_background: str  # of surroundings that are painted around somebody
    negative: str = ""
    words: dict[str, dict[str, str]]  # attribute, group, words
    choices: dict[str, tuple[Sentence, ...]]  # words drawn at random
    minors: bool = False

    @model_validator(mode="after")
    def _fillable(self) -> Self:
        if "control" in self.pipelines and not self.pipelines["control"].conditions:
            raise ValueError("Expected conditions of pipelines.control: they are what makes its annotations exact")
        if set(self.words) - set(TOLD) or set(self.choices) - set(DRAWN) or not all(self.choices.values()):
            raise ValueError(f"Expected words of {', '.join(TOLD)} and choices of {', '.join(DRAWN)}")
        for name, words in self.words.items():
            missing = {"unknown"} if name == "pose" else set(groups_of(name))
            if missing - set(words):
                raise ValueError(
                    f"Expected words for every group of {name} but {sorted(missing - set(words))} lack one"
                )
        templates = (self.prompt, self.prompt_clothing, self.prompt_background)
        unknown = {name for one in templates for name in placeholders(one)} - {*self.words, *self.choices}
        if unknown:
            known = ", ".join([*self.words, *self.choices])
            raise ValueError(f"Expected placeholders among {known} but got {', '.join(sorted(unknown))}")
        return self


def placeholders(template: str) -> list[str]:
    """Names in braces in a template.

    Raises:
        ValueError: If a brace stands alone, or a name carries a format, an index or an attribute.
    """
    names = []
    for _, name, form, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"Expected plain names in braces but got {{{name}}} in {template!r}")
        names.append(name)
    return names
