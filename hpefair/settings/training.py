"""The sections of params.yaml about models: train and predict."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from hpefair.schema import ATTRIBUTES
from hpefair.settings.attributes import Positive, Section, Share, Word

ObjectiveName = Literal["erm", "balanced_sampling", "reweighting", "group_dro", "cvar", "variance"]


class TrainEngine(Section):
    """Settings shared by all trained models."""

    input_width: Positive  # of crops; systems that see whole pictures have a `side` among their options
    input_height: Positive
    steps: Positive
    batch: Positive  # real people, or pictures, per step of all processes together
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    clip_norm: float = Field(gt=0)  # longest gradient
    average: float = Field(ge=0, lt=1)  # decay of the moving average of weights; 0 for none
    precision: Literal["fp32", "bf16"]  # a choice, never what the machine is fastest in: results are shared
    checkpoint_every: Positive
    validate_every: Positive
    keep: Literal["worst_group", "mean", "last"]  # which validated weights are kept
    min_support: Positive  # people a group needs in validation to be the worst
    rotation_degrees: float = Field(ge=0)
    scale_jitter: float = Field(ge=0, lt=1)
    colour_jitter: float = Field(ge=0, lt=1)
    half_body: Share

    @field_validator("precision", mode="before")
    @classmethod
    def _recorded(cls, value: object) -> object:
        if value == "auto":
            raise ValueError("Expected fp32 or bf16 but got auto: the machine would decide the numbers; use fp32")
        return value


class TrainObjective(Section):
    """Whose loss counts how much: numbers of the objectives, and the groups they are about."""

    by: str  # an attribute, or several joined by dots for their intersections
    step: float = Field(gt=0)  # of group_dro
    adjustment: float = Field(ge=0)  # C of group_dro
    beta: float = Field(ge=0, lt=1)  # of reweighting
    share: float = Field(gt=0, le=1)  # of cvar
    penalty: float = Field(ge=0)  # of variance

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = set(self.by.split(".")) - set(ATTRIBUTES)
        if unknown:
            raise ValueError(f"Expected attributes joined by dots but got {', '.join(sorted(unknown))}")
        return self


class TrainedModel(Section):
    """One model to train."""

    estimator: Word
    variant: Literal["original", "oversampled", "balanced", "synthetic_only"]
    seed: int = Field(ge=0)
    objective: ObjectiveName = "balanced_sampling"
    options: dict[Word, str | int | float | bool] = Field(default_factory=dict)


class Train(Section):
    """Estimators trained on the variants."""

    engine: TrainEngine
    objective: TrainObjective
    models: dict[Word, TrainedModel]


class PredictEngine(Section):
    """Settings shared by all predictions."""

    flip_test: bool
    scales: tuple[float, ...] = Field(min_length=1)  # sizes at which a picture is shown; each costs its square
    batch: Positive
    score_threshold: Share  # of detected people
    nms_iou: Share  # of two detected boxes
    nms_oks: Share  # OKS of two detected people in one picture
    max_people: Positive  # per picture


class PredictedModel(Section):
    """One model to predict with.

    Its folder of weights, or a results file that came with the data; and whose boxes it gets, if it needs any: the
    annotated ones, or those that a trained detector finds.
    """

    from_: str = Field(alias="from", pattern=r"^data/(train/[a-z0-9_]+|raw/[a-z0-9_]+/results/[a-z0-9_]+\.json)$")
    boxes: str = Field(pattern=r"^data/(ingest|train/[a-z0-9_]+)$")


class Predict(Section):
    """Where each model's predictions come from."""

    engine: PredictEngine
    models: dict[Word, PredictedModel]
