"""Factors are drawn from streams of their own, with the shares that were asked for."""

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from scipy.stats import chisquare
from skimage.color import rgb2lab

from hpefair.synthetic.clothes.garments import PART, SKIN
from hpefair.synthetic.clothes.materials import reflectance
from hpefair.synthetic.picture.geometry import gather
from hpefair.synthetic.picture.lens import tone
from hpefair.synthetic.picture.lighting import cast
from hpefair.synthetic.picture.raster import rasterize
from hpefair.synthetic.picture.shading import light_up
from hpefair.synthetic.population import Population, draw_person
from hpefair.synthetic.streams import Streams
from tests.synthetic.scenes import picture

# Fields that a wanted group may move; clothes and hair go with the presentation.
MOVES = {
    "age_band": {"age_years"},
    "build": {"relative_bmi"},
    "skin_tone": {"skin_tone"},
    "gender_presentation": {"gender_presentation", "frame", "hair", "outfit"},
    "contrast": set(),
    "pose": {"posture", "outfit"},
}
ASKED = {
    "age_band": ("child", "older"),
    "build": ("slim", "large"),
    "skin_tone": ("monk_01", "monk_10"),
    "gender_presentation": ("feminine", "masculine"),
    "contrast": ("low", "high"),
    "pose": ("handstand", "sit"),
}


@pytest.mark.parametrize("factor", sorted(ASKED))
def test_a_changed_factor_leaves_the_others(factor):
    for seed in range(25):
        one, other = (draw_person(Streams(seed, "x"), "p0", Population(), {factor: group}) for group in ASKED[factor])
        differing = {field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)}
        assert differing <= MOVES[factor]


def test_order_of_drawing_does_not_matter():
    streams = Streams(3, "x")
    first = streams.of("a").random(3).tolist()
    streams.of("b").random(100)
    assert streams.of("a").random(3).tolist() == first
    assert Streams(3, "y").of("a").random(3).tolist() != first
    assert Streams(4, "x").of("a").random(3).tolist() != first


def test_shares_are_as_asked():
    shares = {"age_band": {"child": 0.5, "teen": 0.2, "adult": 0.1, "middle": 0.1, "older": 0.1}}
    people = [draw_person(Streams(0, str(number)), "p0", Population(shares), {}) for number in range(600)]
    counts = Counter(person.labels["age_band"] for person in people)
    assert (
        chisquare([counts[g] for g in shares["age_band"]], [600 * s for s in shares["age_band"].values()]).pvalue
        > 0.001
    )
    genders = Counter(person.gender_presentation for person in people)
    assert abs(genders["feminine"] - 300) < 4 * np.sqrt(150)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({"height": {"tall": 1.0}}, "Expected an attribute among"),
        ({"build": {"slim": 0.5}}, "adding up to 1"),
        ({"build": {"slim": 0.5, "giant": 0.5}}, "Expected shares of build among"),
        ({"build": {"slim": -0.5, "large": 1.5}}, "Expected shares of build"),
    ],
)
def test_shares_that_make_no_sense_are_refused(shares, words):
    with pytest.raises(ValueError, match=words):
        Population(shares)


def test_nobody_looks_undressed():
    """The mean colour of visible clothes is at least ΔE 15 (CIE76) from that of the face, as drawn."""
    compared = 0
    for number in range(24):
        shot = picture(number)
        for index, (labels, face) in enumerate(zip(shot.people, _faces(shot), strict=True)):
            for garment in labels.garments.values():
                if face is not None and garment.sum() >= 100:
                    cloth = rgb2lab(shot.pixels[garment] / 255).mean(axis=0)
                    assert np.linalg.norm(cloth - face) >= 15, (number, index)
                    compared += 1
    assert compared >= 15


def _faces(shot):
    """Mean CIELAB of each person's visible facial skin; None where it is hardly seen."""
    scene = shot.scene
    geometry = gather(scene)
    flat = geometry.projected(scene.camera)
    seen = rasterize(flat, scene.camera.height, scene.camera.width)
    fragments = light_up(scene, geometry, flat, seen, cast(scene, geometry, "numba"))
    light = reflectance(fragments, scene) * fragments.irradiance
    lab = rgb2lab(tone(light + fragments.gloss, scene.lens.exposure))
    for index in range(len(scene.people)):
        face = (fragments.owner == index) & (fragments.material == SKIN) & (fragments.values[:, PART] < 0.5)
        yield lab[face].mean(axis=0) if face.sum() >= 40 else None


def test_hair_fits_the_age():
    """No bearded or bald children; grey hair only later in life; natural hair is untouched by age."""
    for seed in range(60):
        hair = draw_person(Streams(seed, "x"), "p0", Population(), {"gender_presentation": "masculine"}).hair
        child, old = hair.worn(8, "masculine"), hair.worn(85, "masculine")
        assert not child.beard
        assert child.style != "bald"
        assert child.colour == hair.colour
        assert min(old.colour) > min(hair.colour)
        assert not hair.worn(40, "feminine").beard
