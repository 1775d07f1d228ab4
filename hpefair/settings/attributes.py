"""The sections of params.yaml about who is in the picture: attribute and calibrate."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hpefair.schema import ATTRIBUTES, MODELS, NEVER_INFERRED, PERCEIVED

SourceName = Literal["labels", "face", "zero_shot", "classifier", "build"]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A frozen settings section that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ContrastBins(Section):
    """Bins of the clothing-to-background contrast, in CIEDE2000 units."""

    low_below: float = Field(gt=0)
    high_from: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low_below > self.high_from:
            raise ValueError(f"Expected low_below <= high_from but got {self.low_below} > {self.high_from}")
        return self


class Face(Section):
    """The source `face`."""

    min_face_px: float = Field(gt=0)  # smaller heads, in pixels of the image, are not judged


class ZeroShot(Section):
    """The source `zero_shot`: a CLIP or SigLIP model and what it is asked."""

    model: str  # a folder, or an id on the model hub
    revision: str  # commit of the hub's repository; empty for a folder
    template: str = Field(pattern=r"\{\}")
    prompts: dict[str, dict[str, tuple[str, ...]]]  # attribute, group, phrases

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for attribute, phrases in self.prompts.items():
            groups = ATTRIBUTES[attribute] if attribute in PERCEIVED and attribute != NEVER_INFERRED else ()
            if set(phrases) != set(groups) or not all(phrases.values()):
                raise ValueError(f"Expected phrases for {attribute}: {', '.join(groups)} but got {', '.join(phrases)}")
        return self


class Classifier(Section):
    """The source `classifier`."""

    weights: str  # a folder that `hpefair attributes train` wrote


class Attribute(Section):
    """Who is in the picture."""

    shards: tuple[Word, ...] = Field(min_length=1)
    contrast: ContrastBins
    min_area_px: float = Field(ge=0)  # smaller people have no measurable clothing
    sources: dict[str, tuple[SourceName, ...]]  # in order of trust
    face: Face
    zero_shot: ZeroShot
    classifier: Classifier

    @model_validator(mode="after")
    def _tellable(self) -> Self:
        if set(self.sources) != set(PERCEIVED):
            raise ValueError(f"Expected sources of each of {', '.join(PERCEIVED)} but got {', '.join(self.sources)}")
        if set(self.sources[NEVER_INFERRED]) - {"labels"}:
            raise ValueError(f"Expected {NEVER_INFERRED} from labels alone: it is never inferred")
        return self


class Calibrate(Section):
    """How probabilities are scaled, and from which confidence on a group is named."""

    method: Literal["temperature", "platt"]
    accuracy: float = Field(gt=0, lt=1)  # wanted among the named
    confidence: float = Field(gt=0, lt=1)
    min_labels: Positive  # fewer labelled people calibrate nothing
    default_thresholds: dict[str, Annotated[float, Field(gt=0, le=1)]]  # by source, until enough people are labelled

    @model_validator(mode="after")
    def _every_source(self) -> Self:
        if set(self.default_thresholds) != set(MODELS):
            raise ValueError(f"Expected thresholds of {', '.join(MODELS)} but got {', '.join(self.default_thresholds)}")
        return self
