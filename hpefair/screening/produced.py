"""Perceived attributes of diffused people: what was asked for is not what was produced, so somebody else has to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.sources.source import Source
from hpefair.attributes.sources.sources import judge
from hpefair.schema import ATTRIBUTES, MEASURED, PERCEIVED, UNKNOWN
from hpefair.screening.faults import ATTRIBUTE, NONE, Fault
from hpefair.settings.params import Params


@dataclass(frozen=True)
class Told:
    """What attribute sources say of a produced person.

    Attributes:
        groups: Group of every perceived attribute; unknown where no source can tell with confidence.
        sources: Who says so, by attribute; empty where nobody does.
    """

    groups: Mapping[str, str]
    sources: Mapping[str, str]

    def fault(self, wanted: Mapping[str, str]) -> Fault:
        """Fault of a person who is not seen as what was asked for."""
        for attribute, group in wanted.items():
            if attribute in MEASURED or self.groups[attribute] == group:
                continue
            if self.groups[attribute] == UNKNOWN:
                return ATTRIBUTE, f"{attribute} cannot be told from the picture, wanted {group}"
            return ATTRIBUTE, f"{attribute} looks {self.groups[attribute]}, wanted {group}"
        return NONE


def told(picture: Picture, sources: Mapping[str, Source], settings: Params) -> Told:
    """Ask every source about the person whom a picture was made for, in the order of trust that settings name.

    Args:
        picture: The picture, that person first.
        sources: From `attributes.sources.chosen`.
        settings: All settings.
    """
    names, sights = picture.sights()
    said = judge(sources, settings.attribute, names[:1], sights[:1])
    groups, told_by = dict.fromkeys(PERCEIVED, UNKNOWN), dict.fromkeys(PERCEIVED, "")
    for attribute in PERCEIVED:
        for source in settings.attribute.sources.get(attribute, ()):
            answer = _answer(said, attribute, source, settings)
            if answer:
                groups[attribute], told_by[attribute] = answer, source
                break
    return Told(groups, told_by)


def _answer(said: Any, attribute: str, source: str, settings: Params) -> str:
    rows = said[(said["attribute"] == attribute) & (said["source"] == source) & (said["reason"] == "")]
    if rows.empty:
        return ""
    shares = np.asarray(rows["probabilities"].iloc[0], dtype=float)
    sure = shares.max() >= settings.calibrate.default_thresholds.get(source, 1.0)
    return ATTRIBUTES[attribute][int(shares.argmax())] if sure else ""
