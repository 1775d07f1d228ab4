"""The matte against a composite whose opacity is known, and grain against known noise."""

import cv2
import numpy as np
import pytest

from hpefair.generation.recompose.exchange import Cutout, Surroundings, exchange
from hpefair.generation.recompose.grain import grained, grey_of, noise
from hpefair.generation.recompose.matting import matte, own_colours
from hpefair.generation.recompose.shot import Shot
from tests.generation.figures import standing


@pytest.fixture
def composite():
    """A red ellipse over green with a soft edge: picture, opacity, and a mask that is a little wrong."""
    rng = np.random.default_rng(0)
    drawn = np.zeros((480, 400), np.uint8)
    cv2.ellipse(drawn, (200, 240), (110, 170), 0, 0, 360, 255, -1)
    opacity = cv2.resize(cv2.GaussianBlur(drawn, (0, 0), 3), (200, 240), interpolation=cv2.INTER_AREA) / 255.0
    front, back = np.array([200.0, 60, 50]), np.array([60.0, 140, 70])
    clean = opacity[..., None] * front + (1 - opacity[..., None]) * back
    pixels = np.clip(clean + rng.normal(0, 1, clean.shape), 0, 255).astype(np.uint8)
    mask = np.roll(opacity > 0.5, 2, axis=1)
    return pixels, opacity, mask, front


def test_the_matte_is_better_than_the_mask(composite):
    """The annotated outline is two pixels off; the matte finds the edge."""
    pixels, opacity, mask, _ = composite
    found = matte(pixels, mask)
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.abs(found - opacity).sum() < 0.45 * np.abs(mask - opacity).sum()


def test_no_background_shines_through(composite):
    """Half-covered pixels have the person's own colour, not a mixture."""
    pixels, opacity, mask, front = composite
    found = matte(pixels, mask)
    edge = (opacity > 0.3) & (opacity < 0.9) & (found > 0.3) & (found < 0.9)
    assert edge.sum() > 100
    error = np.abs(own_colours(pixels, found)[edge] - front).mean()
    assert error < 0.5 * np.abs(pixels[edge] - front).mean()


def test_a_full_and_an_empty_mask():
    """Nothing to solve: the matte is the mask."""
    pixels = np.full((40, 30, 3), 90, np.uint8)
    assert (matte(pixels, np.ones((40, 30), bool)) == 1).all()
    assert (matte(pixels, np.zeros((40, 30), bool)) == 0).all()


@pytest.mark.parametrize("sigma", [0.8, 2.0, 4.0])
def test_noise_is_found_and_matched(sigma):
    """The estimate is within a quarter of the truth alongside a texture, and grain adds up to the wanted level."""
    rng = np.random.default_rng(1)
    picture = np.full((120, 160, 3), 128, np.float32)
    picture[:, 100:] += 30 * (np.indices((120, 60)).sum(axis=0) % 7 > 3)[..., None]
    noisy = picture + rng.normal(0, sigma, (120, 160, 1)).astype(np.float32)
    everywhere = np.ones((120, 160), bool)
    assert noise(grey_of(noisy), everywhere) == pytest.approx(sigma, rel=0.25)
    plain = np.full((120, 160, 3), 128, np.float32)
    assert grey_of(grained(plain, 0.0, sigma, rng)).std() == pytest.approx(sigma, rel=0.25)
    assert (grained(plain, sigma, sigma, rng) == plain).all()


def test_exchange_keeps_the_person_and_nothing_of_the_old_background():
    """Inside the person its own pixels, far outside the new ones; annotations untouched."""
    person = standing((160, 120), 40, 30)
    pixels = np.full((160, 120, 3), (90, 160, 90), np.uint8)
    pixels[person.mask] = (160, 60, 60)
    shot = Shot(pixels, person, (), ("a/1",), ("free",))
    new = np.full((160, 120, 3), (80, 80, 150), np.uint8)
    made = exchange(Cutout(shot), Surroundings(new, "a/2", "alike", "a wall"), np.random.default_rng(0))
    inner = cv2.erode(person.mask.astype(np.uint8), np.ones((9, 9))).astype(bool)
    outer = ~cv2.dilate(person.mask.astype(np.uint8), np.ones((41, 41))).astype(bool)
    assert np.abs(made.pixels[inner].astype(int) - pixels[inner]).max() <= 3
    # Exposures come closer by six hundredths at most.
    assert np.abs(made.pixels[outer].astype(int) - new[outer]).max() <= 12
    assert made.person is person
    assert made.others == ()
    assert made.sources == ("a/1", "a/2")
    assert made.licenses == ("free", "alike")
