"""Dyeing: the wanted contrast, skin untouched, folds kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.attributes.measured.lab import to_lab
from hpefair.generation.protocol import AnnotatedPerson
from hpefair.generation.recompose.aim import Aim
from hpefair.generation.recompose.cloth import clothing, tamed
from hpefair.generation.recompose.dye import shaded
from hpefair.generation.recompose.matting import matte
from hpefair.generation.recompose.recolour import recolour
from hpefair.generation.recompose.shot import Shot
from hpefair.schema import PERCEIVED
from hpefair.settings.params import ContrastBins
from tests.tiny_dataset import SKIN, draw_person, place

BINS = ContrastBins(low_below=10, high_from=25)


def drawn(cloth=(60, 90, 160), background=(110, 115, 105), garments=False, noise=2.0):
    """A stick person in a window, with the clothes' own pixels."""
    rng = np.random.default_rng(0)
    pixels = np.empty((240, 160, 3), np.uint8)
    pixels[:] = background
    joints = place(80, 15, 2.1)
    mask = draw_person(pixels, joints, cloth, 2.1)
    worn = mask & (pixels == np.array(cloth, np.uint8)).all(axis=2)
    noisy = np.clip(pixels + rng.normal(0, noise, (*mask.shape, 1)), 0, 255).astype(np.uint8)
    rows, columns = np.nonzero(mask)
    box = np.array([columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1], float)
    labels = dict.fromkeys(PERCEIVED, "unknown")
    person = AnnotatedPerson(joints, mask, box, labels, worn if garments else None, "p")
    return Shot(noisy, person, (), ("a/1",), ("free",)), worn


@pytest.mark.parametrize("group", ["low", "mid", "high"])
@pytest.mark.parametrize("garments", [True, False])
def test_the_wanted_contrast_is_measured(group, garments):
    """With parsed garments and without."""
    shot, _ = drawn(garments=garments)
    aim = Aim.at(group, BINS)
    dyed = recolour(shot, aim, np.random.default_rng(3))
    assert dyed is not None
    assert aim.holds(dyed.contrast())
    assert "dyed" in dyed.operation


@given(st.integers(0, 10_000), st.sampled_from(["low", "mid", "high"]), st.booleans())
@settings(max_examples=20)
def test_skin_and_background_stay(seed, group, garments):
    """Bare skin moves by less than one CIELAB unit, and so does everything beyond the matte."""
    shot, worn = drawn(garments=garments)
    dyed = recolour(shot, Aim.at(group, BINS), np.random.default_rng(seed))
    if dyed is None:
        return
    change = np.linalg.norm(to_lab(dyed.pixels) - to_lab(shot.pixels), axis=2)
    mask = shot.person.mask
    assert change[mask & ~worn].max() < 1
    assert change[(matte(shot.pixels, mask) == 0) & ~mask].max() < 1
    assert (dyed.person.mask == mask).all()
    assert dyed.person.keypoints is shot.person.keypoints


def test_skin_coloured_clothes_are_left_alone():
    """Nobody can tell a leotard from skin."""
    shot, _ = drawn(cloth=SKIN)
    assert clothing(shot, to_lab(shot.pixels)) is None
    assert recolour(shot, Aim.at("high", BINS), np.random.default_rng(0)) is None


def test_no_skin_is_taken_for_cloth():
    """Keypoints alone: upper arms and thighs that are bare are not dyed."""
    shot, worn = drawn()
    cloth = clothing(shot, to_lab(shot.pixels))
    assert not (cloth & ~worn & shot.person.mask).any()
    assert (cloth & worn).sum() > 0.5 * worn.sum()


def test_black_and_white_stays_black_and_white():
    """No coloured clothes in a photograph without colours."""
    shot, _ = drawn(cloth=(60, 60, 60), background=(120, 120, 120), garments=True)
    grey = np.repeat(shot.pixels[..., :1], 3, axis=2)
    dyed = recolour(Shot(grey, shot.person), Aim.at("high", BINS), np.random.default_rng(1))
    assert dyed is not None
    assert (dyed.pixels.max(axis=2).astype(int) - dyed.pixels.min(axis=2)).max() <= 3


@given(st.floats(10, 90), st.floats(10, 90), st.floats(-25, 25), st.floats(0.5, 1))
def test_folds_keep_their_order(old, new, tint, kept):
    """What was darker is darker still, and shadows carry less colour than the lit cloth."""
    lab = np.array([[old - 8, 0, 0], [old, 0, 0], [old + 8, 0, 0]], float)
    before, after = np.tile([old, 0.0, 0.0], (3, 1)), np.tile([new, tint, 0.0], (3, 1))
    found = shaded(lab, before, after, kept)
    assert (np.diff(found[:, 0]) > 0).all()
    assert abs(found[0, 1]) <= abs(found[1, 1]) + 1e-9


@given(st.lists(st.tuples(st.floats(-20, 120), st.floats(-120, 120), st.floats(-120, 120)), min_size=1, max_size=20))
def test_no_neon(colours):
    """Drawn colours are those of cloth: moderate chroma, neither ink nor paper."""
    found = tamed(np.array(colours))
    assert (np.hypot(found[:, 1], found[:, 2]) <= 42 + 1e-9).all()
    assert ((found[:, 0] >= 9) & (found[:, 0] <= 94)).all()
