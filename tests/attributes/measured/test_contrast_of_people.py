"""Contrast of rendered people, whose garments are known exactly."""

import numpy as np
import pytest

from hpefair.attributes.measured import contrast
from hpefair.attributes.measured.contrast import NO_LAB, Cutout
from hpefair.synthetic.counterfactual import change
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams


def measured(drawn, parsed):
    """Contrast of the one person, with or without the garment masks."""
    labels = drawn.people[0]
    garments = np.logical_or.reduce(list(labels.garments.values())) if parsed else None
    person = Cutout(NO_LAB, labels.mask, np.zeros_like(labels.mask), labels.keypoints, garments)
    found = contrast.of_person(drawn.pixels, person, labels.bbox)
    return np.nan if isinstance(found, str) else found.outline


@pytest.fixture(scope="module")
def pairs():
    """People, and the same ones in another skin."""
    out = []
    for number in range(14):
        drawn = photograph(stage(Streams(9, f"c {number}"), Setting(size=256, crowds=(1.0,))), 2)
        tone = "monk_10" if drawn.scene.people[0].skin_tone < 6 else "monk_01"
        out.append((drawn, photograph(change(drawn.scene, "skin_tone", tone), 2)))
    return out


def test_skin_does_not_matter_where_garments_are_known(pairs):
    """From the lightest to the darkest skin, half a unit at most."""
    change_of = [measured(other, True) - measured(drawn, True) for drawn, other in pairs]
    assert np.isfinite(change_of).sum() >= 12
    assert np.nanmax(np.abs(change_of)) < 0.5


def test_without_garments_the_guess_is_near(pairs):
    """Mask minus head, forearms and shins: within 2 units in the median, within 9 for nine of ten."""
    off = np.array([abs(measured(drawn, False) - measured(drawn, True)) for drawn, _ in pairs])
    assert np.nanmedian(off) < 2
    assert np.nanpercentile(off, 90) < 9
