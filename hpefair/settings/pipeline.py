"""The sections of params.yaml as frozen classes, one per stage; `hpefair.settings.params` reads them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from hpefair.schema import ATTRIBUTES, DECIDING, SPLITS, groups_of
from hpefair.settings.attributes import Attribute, Calibrate, Positive, Section, Share, Word
from hpefair.settings.repair import Assemble, Generate, Plan, Screen
from hpefair.settings.training import Predict, Train


class Ingest(Section):
    """How raw datasets become tables."""

    skeleton: Literal["coco_17"]
    max_pixels: Positive  # larger images are quarantined before a pixel is decoded


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
    min_people: Positive  # distinct people that a cell needs


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
        for together in (*self.cells, self.coverage.attributes):
            if len(set(together)) < len(together):
                raise ValueError(f"Expected different attributes in a cell but got {', '.join(together)}")
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
    metric: str
    tolerance: float = Field(gt=0)

    @model_validator(mode="after")
    def _known(self) -> Self:
        _check_attributes(self.attributes)
        if self.metric not in DECIDING:
            raise ValueError(f"Expected metric to be one of {', '.join(DECIDING)} but got {self.metric}")
        return self


class Gallery(Section):
    """Pictures of generated people on the page."""

    pictures: int = Field(ge=0)
    photographs: bool  # also those made from photographs that are not in the public domain: people can be recognized


class Report(Section):
    """The page one can hand over."""

    title: str
    public: bool  # groups of fewer than min_cell people are not shown
    min_cell: Positive
    gallery: Gallery

    @property
    def least(self) -> int:
        """Smallest group that is shown."""
        return self.min_cell if self.public else 1


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
        unseen = [name for name in self.plan.attributes if name not in self.audit.attributes]
        if unseen:
            raise ValueError(
                f"Expected audit.attributes to name {', '.join(unseen)} of plan.attributes: who was not audited cannot "
                "be planned for"
            )
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
    # Written so that NaN, which compares false to everything, is refused as well.
    sensible = all(share >= 0 for share in shares.values()) and abs(sum(shares.values()) - 1) <= 1e-6
    if set(shares) != set(ATTRIBUTES[attribute]) or not sensible:
        groups = ", ".join(ATTRIBUTES[attribute])
        raise ValueError(
            f"Expected reference shares of {attribute} for exactly {groups} adding up to 1 but got {shares}"
        )
