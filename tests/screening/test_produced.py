"""Perceived attributes of diffused people: told by sources in their order, where one is sure enough; else unknown."""

import numpy as np
import pandas as pd
import pytest

from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.sources.source import Judgement
from hpefair.schema import ATTRIBUTES
from hpefair.screening.faults import ATTRIBUTE, NONE
from hpefair.screening.produced import Told, told
from hpefair.settings import params


class Saying:
    """A source that says the same of everybody, and counts whom it was asked about."""

    model_id = "saying@1"

    def __init__(self, **shares):
        self.attributes = tuple(shares)
        self._shares = shares
        self.asked = 0

    def judge(self, people):
        """One entry per person."""
        self.asked += len(people)
        return [{name: self._one(name, share) for name, share in self._shares.items()} for _ in people]

    def _one(self, attribute, share):
        if share is None:
            return Judgement((), "it cannot tell")
        group, sure = share
        groups = ATTRIBUTES[attribute]
        rest = (1 - sure) / (len(groups) - 1)
        return Judgement(tuple(sure if name == group else rest for name in groups))


@pytest.fixture
def picture():
    """A grey picture of two people; the first is whom it was made for."""
    rows = [
        {"person_id": name, "bbox": [5.0 + 20 * place, 5.0, 15.0, 30.0], "iscrowd": False, "segmentation": ""}
        for place, name in enumerate(("made", "beside"))
    ]
    pixels = np.full((64, 64, 3), 128, np.uint8)
    nothing = np.zeros((64, 64), np.uint16)
    return Picture(pixels, pd.DataFrame(rows), np.zeros((2, 17, 3)), (None, None), (None, None), nothing)


@pytest.fixture
def settings(project):
    """Age bands by face, then by zero shot; a face has to be sure by .7, the other by .9."""
    found = params.load(project / "params.yaml")
    attribute = found.attribute.model_copy(update={"sources": {"age_band": ("face", "zero_shot")}})
    thresholds = {**found.calibrate.default_thresholds, "face": 0.7, "zero_shot": 0.9}
    calibrate = found.calibrate.model_copy(update={"default_thresholds": thresholds})
    return found.model_copy(update={"attribute": attribute, "calibrate": calibrate})


@pytest.mark.parametrize(
    ("face", "zero_shot", "group", "source"),
    [
        (("older", 0.7), ("child", 0.95), "older", "face"),  # the first that is sure
        (("older", 0.69), ("child", 0.95), "child", "zero_shot"),
        (None, ("child", 0.9), "child", "zero_shot"),
        (("older", 0.69), ("child", 0.89), "unknown", ""),
        (None, None, "unknown", ""),
    ],
)
def test_the_first_source_that_is_sure_says_who_it_is(picture, settings, face, zero_shot, group, source):
    """About the person whom the picture was made for, and nobody else."""
    sources = {"face": Saying(age_band=face), "zero_shot": Saying(age_band=zero_shot)}
    said = told(picture, sources, settings)
    assert (said.groups["age_band"], said.sources["age_band"]) == (group, source)
    assert sources["face"].asked == 1
    assert said.groups["gender_presentation"] == "unknown", "nobody was asked about it"


def test_whoever_is_seen_as_somebody_else_is_refused():
    """And whoever cannot be told; what is measured is not asked here."""
    seen = Told({"age_band": "older", "build": "unknown"}, {})
    assert seen.fault({"age_band": "older", "contrast": "low"}) == NONE
    assert seen.fault({"age_band": "child"}) == (ATTRIBUTE, "age_band looks older, wanted child")
    assert seen.fault({"build": "large"}) == (ATTRIBUTE, "build cannot be told from the picture, wanted large")
