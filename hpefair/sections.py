"""The sections of params.yaml as frozen classes, one per stage; `hpefair.params` reads them."""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hpefair.schema import ATTRIBUTES, MODELS, PERCEIVED, SPLITS, groups_of

SourceName = Literal["labels", "face", "zero_shot", "classifier", "build"]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]

# What each generation backend can ask for.
BACKEND_ATTRIBUTES: Final = {
    "recompose": ("contrast",),
    "render": ("gender_presentation", "age_band", "build", "contrast", "skin_tone"),
}


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
            groups = ATTRIBUTES[attribute] if attribute in PERCEIVED else ()
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
            raise ValueError(f"Expected sources of {', '.join(PERCEIVED)} but got {', '.join(self.sources)}")
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


class Split(Section):
    """Leak-free assignment of images to splits."""

    salt: str = Field(min_length=1)
    fractions: dict[str, Share]
    forbid_training: tuple[str, ...]  # substrings of licence names whose images never enter training

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if set(self.fractions) != set(SPLITS) or abs(sum(self.fractions.values()) - 1) > 1e-9:
            raise ValueError(f"Expected fractions for {', '.join(SPLITS)} that add up to 1 but got {self.fractions}")
        return self


class ReferenceFile(Section):
    """Reference shares in a CSV file with columns attribute, group, share."""

    file: str = Field(pattern=r"^expectations/references/[^/]+\.csv$")


class ReferenceDataset(Section):
    """Reference shares as they are in one of the datasets under data/raw."""

    dataset: Word


class CoveredCells(Section):
    """Cells of several attributes that should hold people."""

    attributes: tuple[str, ...] = Field(min_length=1, max_length=6)
    minimum: Positive  # distinct people that a cell needs


Reference = Literal["uniform"] | ReferenceFile | ReferenceDataset | dict[str, Share]


class Audit(Section):
    """Whose shares are counted, and against which reference."""

    attributes: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    coverage: CoveredCells
    reference: dict[str, Reference]
    confidence: float = Field(gt=0, lt=1)
    resamples: Positive
    seed: int

    @model_validator(mode="after")
    def _known(self) -> Self:
        names = [*self.attributes, *self.reference, *self.coverage.attributes]
        _check_attributes([*names, *(a for pair in self.cells for a in pair)])
        for attribute, shares in self.reference.items():
            if isinstance(shares, dict):
                check_reference(attribute, shares)
        return self


class Validate(Section):
    """How expectation results are written."""

    max_unexpected_rows: Positive


class Gate(Section):
    """Which severities can fail a gate."""

    failing_severities: tuple[Literal["critical", "warning", "info"], ...]


class Plan(Section):
    """The smallest repair, as an integer program."""

    attributes: tuple[str, ...] = Field(min_length=1)
    tolerance: Share
    max_repeats: Positive
    max_synthetic_share: float = Field(ge=0, lt=1)
    cost_resample: float = Field(gt=0)
    cost_generate: float = Field(gt=0)
    default_yield: float = Field(gt=0, le=1)
    backend: Literal["recompose", "render"]

    @model_validator(mode="after")
    def _possible(self) -> Self:
        able = BACKEND_ATTRIBUTES[self.backend]
        beyond = [name for name in self.attributes if name not in able]
        if beyond or len(set(self.attributes)) < len(self.attributes):
            raise ValueError(
                f"Expected plan.attributes, each once, among {', '.join(able)}, which {self.backend} can change, "
                f"but got {', '.join(self.attributes)}"
            )
        return self


class Generate(Section):
    """Generation of annotated people."""

    shards: tuple[Word, ...] = Field(min_length=1)
    seed: int
    context: float = Field(gt=0)  # margin around a person's box, in box sizes
    tries: Positive
    size: int = Field(ge=64)  # pixels a side of a rendered picture
    forbid_licenses: tuple[str, ...]  # substrings of licence names whose images are never altered


class Screen(Section):
    """What a generated person must satisfy to be let in."""

    duplicate_delta_e: float = Field(ge=0)
    min_keypoints: Positive


class Assemble(Section):
    """Training variants."""

    skip_rejected: bool  # leave out generated people that a reviewer turned down


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
    adjust_for: tuple[str, ...]
    ap_rule: Literal["shared", "ignore"]
    resamples: Positive
    confidence: float = Field(gt=0, lt=1)
    min_support: Positive
    tolerance: float = Field(ge=0)
    power: float = Field(gt=0, lt=1)
    seed: int

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check_attributes([*self.by, *self.adjust_for, *(a for pair in self.cells for a in pair)])
        return self


class Compare(Section):
    """Verdicts of candidates against a baseline."""

    baseline: Word
    candidates: tuple[Word, ...] = Field(min_length=1)
    attributes: tuple[str, ...]
    metric: Literal["ar", "oks"]
    tolerance: float = Field(gt=0)

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
    calibrate: Calibrate
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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        strangers = {self.compare.baseline, *self.compare.candidates} - set(self.predict.models)
        if strangers:
            raise ValueError(f"Expected compare to name models of predict.models but got {sorted(strangers)}")
        for shards in (self.attribute.shards, self.generate.shards):
            if len(set(shards)) < len(shards):
                raise ValueError(f"Expected every shard once but got {', '.join(shards)}")
        return self


def _check_attributes(names: list[str] | tuple[str, ...]) -> None:
    for name in names:
        groups_of(name)


def check_reference(attribute: str, shares: dict[str, float]) -> None:
    """Reference shares name every known group once and add up to 1.

    Raises:
        ValueError: If they do not.
    """
    # Written so that NaN, which compares false to everything, is refused, too.
    sensible = all(share >= 0 for share in shares.values()) and abs(sum(shares.values()) - 1) <= 1e-6
    if set(shares) != set(ATTRIBUTES[attribute]) or not sensible:
        groups = ", ".join(ATTRIBUTES[attribute])
        raise ValueError(
            f"Expected reference shares of {attribute} for exactly {groups} adding up to 1 but got {shares}"
        )
