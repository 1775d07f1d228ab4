"""Population: with which shares the groups of a set of people are drawn, and drawing one person from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from hpefair.schema import ATTRIBUTES
from hpefair.synthetic.body import growth
from hpefair.synthetic.clothes.wardrobe import draw_hair, draw_outfit
from hpefair.synthetic.person import Frame, Person
from hpefair.synthetic.poses.kinds import draw_posture
from hpefair.synthetic.streams import Streams

Rng = np.random.Generator

ATTRIBUTES_DRAWN: Final = ("gender_presentation", "age_band", "build", "skin_tone", "contrast")
FARTHEST_Z: Final = 2.3  # no giants, no dwarfs: statures within 10 % of the median


@dataclass(frozen=True)
class Population:
    """Shares of the groups of each drawn attribute; equal shares where none are given.

    Attributes:
        shares: Share of each group, by attribute.
    """

    shares: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for attribute, groups in self.shares.items():
            if attribute not in ATTRIBUTES_DRAWN:
                raise ValueError(f"Expected an attribute among {', '.join(ATTRIBUTES_DRAWN)} but got {attribute!r}")
            strangers = set(groups) - set(ATTRIBUTES[attribute])
            # Written so that NaN, which compares false to everything, is refused as well.
            sensible = all(share >= 0 for share in groups.values()) and abs(sum(groups.values()) - 1) <= 1e-6
            if strangers or not sensible:
                known = ", ".join(ATTRIBUTES[attribute])
                raise ValueError(f"Expected shares of {attribute} among {known} adding up to 1 but got {dict(groups)}")

    def draw(self, attribute: str, streams: Streams, wanted: Mapping[str, str], *names: str) -> str:
        """A group of an attribute: the wanted one, or one drawn by its share.

        Args:
            attribute: The attribute.
            streams: Random streams.
            wanted: Groups that are asked for.
            names: What the draw is for, as the name of its stream.
        """
        groups = ATTRIBUTES[attribute]
        shares = self.shares.get(attribute, dict.fromkeys(groups, 1 / len(groups)))
        weights = np.array([shares.get(group, 0.0) for group in groups])
        drawn = groups[int(streams.of(*names, attribute).choice(len(groups), p=weights / weights.sum()))]
        return wanted.get(attribute, drawn)


def draw_person(streams: Streams, name: str, population: Population, wanted: Mapping[str, str]) -> Person:
    """A person, dressed and posed; place, facing and colours are left to staging.

    Args:
        streams: Random streams of the picture.
        name: Name of the person in the picture.
        population: Shares of the groups.
        wanted: Groups that are asked for, `pose` (a kind) among them.
    """
    group = {attribute: population.draw(attribute, streams, wanted, name) for attribute in ATTRIBUTES_DRAWN}
    low, high = growth.AGE_RANGES[group["age_band"]]
    age = float(streams.of(name, "age").uniform(low, high - 1e-6))
    gender = group["gender_presentation"]
    posture = draw_posture(streams.of(name, "posture"), wanted.get("pose", ""))
    return Person(
        age_years=age,
        gender_presentation=gender,
        stature_z=float(np.clip(streams.of(name, "stature").normal(), -FARTHEST_Z, FARTHEST_Z)),
        relative_bmi=_relative_bmi(streams.of(name, "bmi"), group["build"]),
        skin_tone=ATTRIBUTES["skin_tone"].index(group["skin_tone"]) + 1,
        frame=_draw_frame(streams.of(name, "frame"), gender),
        hair=draw_hair(streams.of(name, "hair"), gender),
        outfit=draw_outfit(streams.of(name, "outfit"), gender, posture),
        posture=posture,
    )


def _relative_bmi(rng: Rng, build: str) -> float:
    low, high = growth.BUILD_RANGES[build]
    if build == "average":
        return float(rng.uniform(low, high))
    # Extremes are rarer than their neighbours.
    share = float(rng.beta(1.2, 2.0))
    return low + (high - low) * (share if build == "large" else 1 - share)


def _draw_frame(rng: Rng, gender: str) -> Frame:
    offset = abs(float(rng.normal(0.0, 0.06)))
    leanness = float(rng.beta(3.0, 3.0))
    return Frame(
        gender=min(offset, 0.2) if gender == "masculine" else 1 - min(offset, 0.2),
        muscle=0.1 + 0.8 * (leanness if gender == "masculine" else 0.75 * leanness),
        proportions=float(rng.uniform(0.3, 1)),
        cupsize=float(rng.uniform(0.25, 0.75)),
        firmness=float(rng.uniform(0.4, 0.8)),
        variety=tuple(rng.dirichlet([0.6] * 3).tolist()),
    )
