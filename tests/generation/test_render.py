"""Rendered people: exactly the wanted cell, exact annotations, same item same person."""

import numpy as np
import pytest

from hpefair.attributes.measured import contrast
from hpefair.core.balance.screening import annotation_fault
from hpefair.generation.protocol import Item, Made
from hpefair.generation.render import Render
from hpefair.settings.params import ContrastBins
from tests.attributes.measured.test_measurement import SETTINGS

BACKEND = Render(SETTINGS, size=160, tries=12, min_keypoints=5)
WANTED = [
    {"age_band": "child", "build": "large", "contrast": "low"},
    {"age_band": "older", "build": "slim", "contrast": "high"},
    {"age_band": "teen", "build": "average", "contrast": "mid"},
    {"gender_presentation": "feminine", "skin_tone": "monk_10", "contrast": "low"},
]


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_wanted_cell_is_delivered(wanted, seed):
    made = BACKEND.make([Item("x", wanted, seed)])[0]
    assert isinstance(made, Made)
    person = made.person
    cutout = contrast.Cutout(
        contrast.NO_LAB, person.mask, np.zeros_like(person.mask), person.keypoints, person.garments
    )
    value = contrast.of_person(made.pixels, cutout, person.bbox).outline
    found = {**person.labels, "contrast": "low" if value < 10 else "high" if value >= 25 else "mid"}
    assert {name: found[name] for name in wanted} == wanted
    assert annotation_fault(person.keypoints, person.mask, person.bbox, 5) is None
    assert person.parent_person == ""
    assert "CC0" in made.license


def test_same_item_same_person():
    one, again, other = (BACKEND.make([Item("x", WANTED[0], seed)])[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.pixels, again.pixels)
    np.testing.assert_array_equal(one.person.keypoints, again.person.keypoints)
    assert (one.pixels != other.pixels).mean() > 0.3


def test_what_does_not_come_out_is_said():
    """No scene has a contrast between two equal bounds: the reason names what was wanted."""
    impossible = Render(
        SETTINGS.model_copy(update={"contrast": ContrastBins(low_below=200, high_from=300)}),
        size=96,
        tries=2,
        min_keypoints=5,
    )
    reason = impossible.make([Item("x", {"contrast": "high", "build": "slim"}, 1)])[0]
    assert reason == "2 scenes did not show contrast high, build slim"
