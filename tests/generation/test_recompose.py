"""Recomposed people: wanted contrast, exact annotations, same item same person."""

import json

import numpy as np
import pandas as pd
import pytest

from hpefair.attributes import contrast
from hpefair.generation.protocol import Item
from hpefair.generation.recompose import Recompose, as_seen, move, recolour, whole
from hpefair.generation.sources import cut_out, eligible, empty_background
from hpefair.params import ContrastBins, Generate
from hpefair.schema import PERCEIVED

BINS = ContrastBins(low_below=10, high_from=25)
SETTINGS = Generate(shards=("s0",), seed=1, context=0.1, tries=12, size=256, forbid_licenses=("NoDerivs",))


@pytest.fixture(scope="module")
def training(tiny_coco):
    """People and images of the drawn dataset, as the generate stage hands them over."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    images = pd.DataFrame(tree["images"]).rename(columns={"id": "image_id"})
    images["path"] = [str(tiny_coco / "images" / name) for name in images["file_name"]]
    images["license"] = "free"
    people = pd.DataFrame(tree["annotations"]).rename(columns={"id": "person_id"})
    people["person_id"] = people["person_id"].astype(str)
    people["segmentation"] = people["segmentation"].map(json.dumps)
    people["iscrowd"] = False
    people = people.merge(images[["image_id", "path", "width", "height", "license"]], on="image_id")
    return people.assign(contrast="mid", **dict.fromkeys(PERCEIVED, "unknown")), images


@pytest.mark.parametrize("group", ["low", "high"])
def test_the_wanted_cell_is_reached(training, group):
    """Most attempts succeed, and the measured value lies in the cell."""
    backend = Recompose(*training, BINS, SETTINGS)
    made = backend.make([Item(f"{group}{n}", {"contrast": group}, n) for n in range(8)])
    good = [one for one in made if not isinstance(one, str)]
    assert len(good) >= 4
    for one in good:
        value = contrast.of_person(one.pixels, as_seen(one.person), one.person.bbox).outline
        assert (value < 10) == (group == "low")


def test_annotations_are_carried_over_exactly(training):
    """Joints, box and mask are the parent's, shifted by the window; outside the person nothing moves."""
    people, _ = training
    person = people.iloc[0]
    cutout = cut_out(person, "contrast", SETTINGS.context)
    parent = np.array(person["keypoints"], float).reshape(17, 3)
    shift = np.array(person["bbox"][:2]) - cutout.bbox[:2]
    np.testing.assert_allclose(cutout.keypoints[:, :2] + shift, parent[:, :2])
    assert cutout.mask.sum() == pytest.approx(person["area"], rel=0.1)
    dyed = recolour(cutout, "high", np.random.default_rng(0))
    far = ~contrast_neighbourhood(cutout.mask)
    assert np.abs(dyed[far].astype(int) - cutout.pixels[far].astype(int)).max() <= 1
    background = np.zeros_like(cutout.pixels)
    moved = move(cutout, background)
    assert (moved[far] == 0).all()


def contrast_neighbourhood(mask):
    """The mask and a few pixels around it, where edges are feathered."""
    import cv2

    return cv2.dilate(mask.astype(np.uint8), np.ones((11, 11), np.uint8)).astype(bool)


def test_same_item_same_person(training):
    """Whoever makes it, in whatever order."""
    one, other = (Recompose(*training, BINS, SETTINGS) for _ in range(2))
    other.make([Item("other", {"contrast": "low"}, 99)])
    first, second = (backend.make([Item("a", {"contrast": "high"}, 5)])[0] for backend in (one, other))
    assert (first.pixels == second.pixels).all()
    assert first.person.parent_person == second.person.parent_person


def test_only_alterable_lonely_people_are_sources(training):
    """No NoDerivs licence, no known minor, nobody else in the window."""
    people, _ = training
    assert eligible(people.assign(age_band="child"), "contrast", 0.1, ()).empty
    assert eligible(people.assign(license="Attribution-NoDerivs License"), "contrast", 0.1, ("NoDerivs",)).empty
    sources = eligible(people, "contrast", 0.1, ())
    alone = people.groupby("image_id")["person_id"].transform("size") == 1
    assert set(people.loc[alone, "person_id"]) <= set(sources["person_id"])
    backend = Recompose(people.assign(contrast="unknown"), training[1], BINS, SETTINGS)
    assert "no training person" in backend.make([Item("a", {"contrast": "low"}, 0)])[0]


def test_background_holds_nobody(training):
    """A stretch that touches no box, or none."""
    _, images = training
    everywhere = np.array([[0.0, 0.0, 1000.0, 1000.0]])
    rng = np.random.default_rng(0)
    assert empty_background(images.iloc[0], everywhere, (20, 20), rng) is None
    assert empty_background(images.iloc[0], np.zeros((0, 4)), (20, 30), rng).shape == (20, 30, 3)
    assert empty_background(images.iloc[0], np.zeros((0, 4)), (5000, 30), rng) is None


def test_people_in_pieces_are_not_moved():
    """Cut in two by something before them: recoloured at most, never set before another background."""
    mask = np.zeros((60, 40), bool)
    mask[5:50, 10:30] = True
    assert whole(mask)
    mask[20:30] = False
    assert not whole(mask)
    assert not whole(np.zeros((5, 5), bool))
