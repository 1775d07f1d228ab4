"""Recomposed people: the wanted cell, exact annotations, whose turn it is, same item same person."""

import json

import numpy as np
import pandas as pd
import pytest

from hpefair.attributes.measured.measurement import measure_image
from hpefair.data import images
from hpefair.data.coco import masks
from hpefair.generation.parents import capacity
from hpefair.generation.protocol import Item, Made
from hpefair.generation.recompose.recompose import Recompose
from hpefair.settings.params import ContrastBins, Generate

BINS = ContrastBins(low_below=10, high_from=25)
SETTINGS = Generate(shards=("s0",), seed=1, context=0.1, max_tries=12, size=256, forbid_licenses=("NoDerivs",))


@pytest.fixture(scope="module")
def backend(training):
    """The backend on the drawn dataset."""
    return Recompose(*training, BINS, SETTINGS)


@pytest.fixture(scope="module")
def made(backend):
    """A dozen attempts at each cell."""
    items = [Item(f"{group}{n}", {"contrast": group}, 7 * n, n) for group in ("low", "mid", "high") for n in range(12)]
    return [(item, one) for item, one in zip(items, backend.make(items), strict=True) if isinstance(one, Made)]


def as_table(one):
    """A made picture as a people table."""
    return pd.DataFrame(
        [
            {
                "person_id": str(number),
                "image_id": "made",
                "keypoints": person.keypoints.ravel().tolist(),
                "num_keypoints": int((person.keypoints[:, 2] > 0).sum()),
                "bbox": person.bbox.tolist(),
                "area": float(person.mask.sum()),
                "segmentation": masks.encode(person.mask),
                "garments": "",
                "iscrowd": False,
            }
            for number, person in enumerate([one.person, *one.others])
        ]
    )


def test_the_wanted_cell_is_measured_from_the_file(made, attribute_settings, tmp_path):
    """Most attempts succeed, and the picture on disk lies in the cell."""
    assert len(made) >= 24
    for item, one in made:
        images.write_png(tmp_path / "made.png", one.pixels)
        found = measure_image(str(tmp_path / "made.png"), as_table(one), attribute_settings)
        assert found["contrast"].iloc[0] == item.wanted["contrast"]


def test_annotations_are_the_parents(made, training):
    """Where nothing was pasted, joints and mask are the parent's, shifted by the window."""
    people = training[0].set_index("person_id")
    checked = 0
    for _, one in made:
        if "pasted" in one.operation:
            continue
        parent = people.loc[one.person.parent_person]
        assert one.parent_image == parent["image_id"]
        joints = np.array(parent["keypoints"], float).reshape(17, 3)
        shift = np.array(parent["bbox"][:2]) - one.person.bbox[:2]
        np.testing.assert_allclose(one.person.keypoints[:, :2] + shift, joints[:, :2])
        whole = masks.decode(parent["segmentation"], parent["height"], parent["width"])
        left, top = shift.astype(int)
        height, width = one.person.mask.shape
        assert (one.person.mask == whole[top : top + height, left : left + width]).all()
        checked += 1
    assert checked >= 5


def test_everybody_is_annotated_and_every_source_named(made, training):
    """Pasted people are among all people of the other image; each image whose pixels are there is a source."""
    people = training[0]
    pasted = [one for _, one in made if "pasted" in one.operation]
    assert pasted
    for one in pasted:
        scene = one.sources[-1]
        assert {other.parent_person for other in one.others} == set(
            people.loc[people["image_id"] == scene, "person_id"]
        )
        assert one.sources[0] == one.parent_image != scene
    for _, one in made:
        assert one.license == "derived from: free"
        assert one.sources
        assert all(other.mask.shape == one.pixels.shape[:2] for other in one.others)


def test_every_parent_before_any_twice(backend, training):
    """One round of attempts names every eligible parent once."""
    number = capacity(training[0], ["contrast"], SETTINGS.context, SETTINGS.forbid_licenses)["low"][0]
    items = [Item(f"low{n}", {"contrast": "low"}, n, n) for n in range(number)]
    parents = [one.person.parent_person for one in backend.make(items) if isinstance(one, Made)]
    assert len(parents) == len(set(parents)) >= 0.6 * number


def test_same_item_same_person(training, backend):
    """Whoever makes it, in whatever order."""
    item = Item("a", {"contrast": "high"}, 5, 3)
    other = Recompose(training[0].sample(frac=1, random_state=0), training[1][::-1], BINS, SETTINGS)
    other.make([Item("other", {"contrast": "low"}, 99, 1)])
    first, second = (one.make([item])[0] for one in (backend, other))
    assert isinstance(first, Made)
    assert (first.pixels == second.pixels).all()
    assert first.operation == second.operation
    assert json.dumps(first.sources) == json.dumps(second.sources)


def test_other_groups_are_inherited(training):
    """A cell of two attributes takes its parents from those who have the other group already."""
    people = training[0].copy()
    people["age_band"] = np.where(np.arange(len(people)) % 3 == 0, "older", "adult")
    backend = Recompose(people, training[1], BINS, SETTINGS)
    items = [Item(f"a{n}", {"age_band": "older", "contrast": "low"}, n, n) for n in range(6)]
    older = set(people.loc[people["age_band"] == "older", "person_id"])
    good = [one for one in backend.make(items) if isinstance(one, Made)]
    assert good
    for one in good:
        assert one.person.labels["age_band"] == "older"
        assert one.person.parent_person in older
    missing = backend.make([Item("b", {"age_band": "middle", "contrast": "low"}, 0)])[0]
    assert "middle.low" in missing


def test_nobody_without_a_measured_contrast_is_a_parent(training):
    """Clothes that cannot be told from the background cannot be steered."""
    backend = Recompose(training[0].assign(contrast="unknown"), training[1], BINS, SETTINGS)
    assert "no training person" in backend.make([Item("a", {"contrast": "low"}, 0)])[0]
