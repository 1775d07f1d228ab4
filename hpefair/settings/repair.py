"""The sections of params.yaml about the repair: plan, generate, screen, assemble."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from hpefair.settings.attributes import Positive, Section, Share, Word
from hpefair.settings.diffusion import Diffusion

# What generation can be asked for; `recompose` changes contrast and inherits the rest from its parents.
BackendName = Literal["recompose", "render", "diffusion"]
ASKED_FOR: Final = ("gender_presentation", "age_band", "build", "contrast", "skin_tone")


class PlannedBackend(Section):
    """A generation backend as the plan sees it; rate and seconds are believed until batches were recorded."""

    cost: float = Field(gt=0)  # of one accepted person, alongside computing
    rate: float = Field(gt=0, lt=1)  # share of attempts that is let in
    seconds: float = Field(gt=0)  # of one core, per attempt
    share: float = Field(gt=0, le=1)  # largest part of those generated people whom another backend could make as well


class Plan(Section):
    """The smallest repair, as an integer program."""

    attributes: tuple[str, ...] = Field(min_length=1)
    margin: float = Field(ge=0, lt=0.5)
    max_repeats: Positive
    max_descendants: Positive
    max_synthetic_share: float = Field(ge=0, lt=1)
    cost_resample: float = Field(gt=0)
    cost_per_second: float = Field(ge=0)
    assurance: float = Field(gt=0, lt=1)
    backends: dict[BackendName, PlannedBackend] = Field(min_length=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        beyond = [name for name in self.attributes if name not in ASKED_FOR]
        if beyond or len(set(self.attributes)) < len(self.attributes):
            raise ValueError(
                f"Expected plan.attributes, each once, among {', '.join(ASKED_FOR)}, which backends can be asked for, "
                f"but got {', '.join(self.attributes)}"
            )
        return self


class Generate(Section):
    """Generation of annotated people."""

    shards: tuple[Word, ...] = Field(min_length=1)
    seed: int
    context: float = Field(gt=0)  # margin around a person's box, in box sizes
    max_tries: Positive
    size: int = Field(ge=64)  # pixels a side of a rendered picture
    forbid_licenses: tuple[str, ...]  # substrings of licence names whose images are never altered
    photos: str = Field(default="", pattern=r"^(data/raw/[a-z0-9_]+)?$")  # folder of backgrounds that show nobody
    diffusion: Diffusion | None = None


class Screen(Section):
    """What a generated person must satisfy to be let in."""

    min_keypoints: Positive
    max_limb_length: float = Field(gt=1)  # relative to what the other limbs allow
    judges: tuple[Word, ...]  # outside pose estimators; none: poses are not checked
    judged: tuple[BackendName, ...]  # backends whose poses are checked
    min_oks: Share
    max_limb_error: float = Field(gt=0)  # of a visible limb joint, relative to the root of the person's area
    masked: tuple[BackendName, ...]  # backends of whose people those joints are masked that judges doubt
    max_judge_distance: float = Field(gt=0)  # up to which judges agree about a joint, likewise
    counter: str  # counts people; empty: they are not counted
    counter_score: Share
    duplicate_delta_e: float = Field(ge=0)
    copy_delta_e: float = Field(ge=0)
    min_acceptance_ratio: Share  # lowest acceptance rate of a group relative to the highest one
    confidence: float = Field(gt=0, lt=1)
    review_sample: Positive
    pairs: int = Field(ge=0)  # rendered counterfactual scenes by which the screen itself is checked

    @model_validator(mode="after")
    def _two_judges(self) -> Self:
        if len(self.judges) == 1 or len(set(self.judges)) < len(self.judges):
            raise ValueError(
                "Expected at least two unlike judges, or none, of which each is named once, but got "
                f"{', '.join(self.judges)}"
            )
        return self


class Assemble(Section):
    """Training variants."""

    skip_rejected: bool  # leave out generated people that a reviewer turned down
    forbid_licenses: tuple[str, ...]  # substrings of licences under which no generated person enters training
