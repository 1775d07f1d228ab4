"""Bodies have the stature and the body mass index that were asked for, measured by another formula."""

import numpy as np
import pytest

from hpefair.synthetic.body import growth
from hpefair.synthetic.body.body import load_body
from hpefair.synthetic.body.fitting import DENSITY
from hpefair.synthetic.population import Population, draw_person
from hpefair.synthetic.streams import Streams
from tests.oracles import enclosed_volume

PEOPLE = [draw_person(Streams(5, str(number)), "p0", Population(), {}) for number in range(200)]


def test_stature_and_bmi_are_as_asked():
    body = load_body()
    off_stature, off_bmi, ages, bmis = [], [], [], []
    for person in PEOPLE:
        fit = person.fitted()
        points = body.rest(fit.phenotype, fit.sliders)[body.surfaces["body"]].astype(float)
        stature = points[:, 1].max() - points[:, 1].min()
        bmi = enclosed_volume(points, body.faces["body"]) * DENSITY / stature**2
        off_stature.append(stature - person.stature_m)
        off_bmi.append(bmi - person.bmi)
        ages.append(person.age_years)
        bmis.append(bmi)
        assert fit.bmi == pytest.approx(bmi, abs=1e-3)
    assert np.abs(off_stature).max() < 0.01
    assert np.abs(off_bmi).max() < 0.5
    assert min(ages) < 5
    assert max(ages) > 85
    assert min(bmis) < 15
    assert max(bmis) > 38


@pytest.mark.parametrize(("build", "relative"), [("slim", 0.7), ("average", 1.0), ("large", 1.8)])
def test_build_follows_relative_bmi(build, relative):
    assert growth.build_of(relative) == build
    adult = growth.body_mass_index(30, relative)
    assert {"slim": adult < 20, "average": 20 <= adult < 28, "large": adult >= 28}[build]


def test_ends_of_the_range_are_reached():
    assert growth.body_mass_index(30, growth.BUILD_RANGES["slim"][0]) < 15
    assert growth.body_mass_index(30, growth.BUILD_RANGES["large"][1]) > 41
    assert growth.age_band(2) == "child"
    assert growth.age_band(89.9) == "older"
