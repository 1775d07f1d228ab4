"""params.yaml as frozen classes, one per stage; unknown keys are refused with their path."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from hpefair import artifacts
from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.schema import ATTRIBUTES, SPLITS, groups_of

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A frozen settings section that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ingest(Section):
    """How raw datasets become tables."""

    skeleton: Literal["coco_17"]
    max_pixels: Positive  # larger images are quarantined before a pixel is decoded


class ContrastBins(Section):
    """Bins of the clothing-to-background contrast, in CIEDE2000 units."""

    low_below: float = Field(gt=0)
    high_from: float = Field(gt=0)


class Attribute(Section):
    """Who is in the picture."""

    shards: tuple[Word, ...] = Field(min_length=1)
    contrast: ContrastBins
    min_area_px: float = Field(ge=0)  # smaller people have no measurable clothing


class Split(Section):
    """Leak-free assignment of images to splits."""

    salt: str = Field(min_length=1)
    fractions: dict[str, Share]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if set(self.fractions) != set(SPLITS) or abs(sum(self.fractions.values()) - 1) > 1e-9:
            raise ValueError(f"Expected fractions for {', '.join(SPLITS)} that add up to 1 but got {self.fractions}")
        return self


class Audit(Section):
    """Whose shares are counted, and against which reference."""

    attributes: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    reference: dict[str, Literal["uniform"] | dict[str, Share]]
    confidence: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check_attributes([*self.attributes, *self.reference, *(a for pair in self.cells for a in pair)])
        for attribute, shares in self.reference.items():
            if isinstance(shares, dict):
                _check_reference(attribute, shares)
        return self

    def reference_shares(self, attribute: str) -> dict[str, float] | None:
        """Reference share of each known group of an attribute; None where params name no reference."""
        reference = self.reference.get(attribute)
        if reference == "uniform":
            groups = ATTRIBUTES[attribute]
            return {group: 1 / len(groups) for group in groups}
        return dict(reference) if isinstance(reference, dict) else None


class Validate(Section):
    """How expectation results are written."""

    max_unexpected_rows: Positive


class Gate(Section):
    """Which severities can fail a gate."""

    failing_severities: tuple[Literal["critical", "warning", "info"], ...]


class Plan(Section):
    """The smallest repair, as an integer program."""

    attribute: str
    tolerance: Share
    max_repeats: Positive
    max_synthetic_share: float = Field(ge=0, lt=1)
    cost_resample: float = Field(gt=0)
    cost_generate: float = Field(gt=0)
    default_yield: float = Field(gt=0, le=1)
    backend: Literal["recompose"]

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check_attributes([self.attribute])
        return self


class Generate(Section):
    """Generation of annotated people."""

    shards: tuple[Word, ...] = Field(min_length=1)
    seed: int
    context: float = Field(gt=0)  # margin around a person's box, in box sizes
    tries: Positive
    forbid_licenses: tuple[str, ...]  # substrings of licence names whose images are never altered


class Screen(Section):
    """What a generated person must satisfy to be let in."""

    duplicate_delta_e: float = Field(ge=0)
    min_keypoints: Positive


class Assemble(Section):
    """Training variants."""

    forbid_licenses: tuple[str, ...]  # substrings of licence names whose images never enter training


class TrainEngine(Section):
    """Settings shared by all trained models."""

    input_width: Positive
    input_height: Positive
    steps: Positive
    batch: Positive
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    checkpoint_every: Positive
    rotation_degrees: float = Field(ge=0)
    scale_jitter: float = Field(ge=0, lt=1)
    colour_jitter: float = Field(ge=0, lt=1)


class TrainedModel(Section):
    """One model to train."""

    estimator: Word
    variant: Literal["original", "oversampled", "balanced"]
    seed: int


class Train(Section):
    """Estimators trained on the variants."""

    engine: TrainEngine
    models: dict[Word, TrainedModel]


class PredictEngine(Section):
    """Settings shared by all predictions."""

    flip_test: bool
    batch: Positive


class PredictedModel(Section):
    """One model to predict with: the folder of its weights, or a results file that came with the data."""

    from_: str = Field(alias="from", pattern=r"^data/(train/[a-z0-9_]+|raw/[a-z0-9_]+/results/[a-z0-9_]+\.json)$")


class Predict(Section):
    """Where each model's predictions come from."""

    engine: PredictEngine
    models: dict[Word, PredictedModel]


class Evaluate(Section):
    """Which groups are measured, and how uncertainty is drawn."""

    by: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    resamples: Positive
    ap_resamples: Positive
    confidence: float = Field(gt=0, lt=1)
    min_support: Positive
    seed: int

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check_attributes([*self.by, *(a for pair in self.cells for a in pair)])
        return self


class Compare(Section):
    """Verdicts of candidates against a baseline."""

    baseline: Word
    candidates: tuple[Word, ...]
    attributes: tuple[str, ...]
    metric: Literal["ar", "oks"]
    tolerance: float = Field(gt=0)
    power: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check_attributes(self.attributes)
        return self


class Report(Section):
    """The page one can hand over."""

    title: str
    min_cell: Positive  # groups of fewer people are not shown in public outputs


class Params(Section):
    """All sections, in pipeline order."""

    ingest: Ingest
    attribute: Attribute
    split: Split
    audit: Audit
    validate_: Validate = Field(alias="validate")
    gate: Gate
    plan: Plan
    generate: Generate
    screen: Screen
    assemble: Assemble
    train: Train
    predict: Predict
    evaluate: Evaluate
    compare: Compare
    report: Report


def _check_attributes(names: list[str] | tuple[str, ...]) -> None:
    for name in names:
        groups_of(name)


def _check_reference(attribute: str, shares: dict[str, float]) -> None:
    if set(shares) != set(ATTRIBUTES[attribute]) or abs(sum(shares.values()) - 1) > 1e-6:
        groups = ", ".join(ATTRIBUTES[attribute])
        raise ValueError(
            f"Expected reference shares of {attribute} for exactly {groups} adding up to 1 but got {shares}"
        )


def load(path: Path = artifacts.PARAMS) -> Params:
    """Read and check params.yaml.

    Raises:
        MissingArtifactError: If the file does not exist.
        SettingsError: If it is not YAML, or holds an unknown key or a bad value.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingArtifactError(
            f"{path} is not here: run hpefair from the root of its clone or of a workspace"
        ) from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    return parse(raw, str(path))


def parse(raw: Any, name: str = "params.yaml") -> Params:
    """Check an already loaded settings tree; `name` is what messages call it.

    Raises:
        SettingsError: Naming every unknown key and bad value with its path.
    """
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(f"{name}: " + "; ".join(_explain(e) for e in error.errors())) from error


def _explain(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"] if not str(part).startswith(("function", "dict[", "literal")))
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; check its spelling in docs/pipeline.md"
    if error["type"] == "missing":
        return f"missing key {where}"
    if error["type"] == "value_error":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    return f"{where}: {error['msg']}, got {error['input']!r}"
