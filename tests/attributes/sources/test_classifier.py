"""The classifier learns what can be learnt, comes out the same twice, and says nothing where it should not."""

import json

import numpy as np
import pytest

from hpefair.attributes.sources import classifier
from hpefair.attributes.sources.classifier_training import Recipe, fit
from hpefair.attributes.sources.person_views import (
    BODY_SIZE,
    HEAD_SIZE,
    SHAPE_SIZE,
    Views,
    head_window,
    mirrored_shape,
    portrait,
    see,
    shape_vector,
)
from hpefair.commands.labels import train_classifier
from hpefair.core.pose.geometry import mirror
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import InputError, MissingArtifactError
from hpefair.settings.params import Classifier
from hpefair.synthetic.dataset import Request, make_dataset
from tests.attributes.sights import sight
from tests.attributes.sources.test_body_build import body


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A hundred and thirty built-in pictures with labels."""
    folder = tmp_path_factory.mktemp("people") / "sample"
    make_dataset(folder, Request(130, 3, size=128, samples=1), workers=2)
    return folder


@pytest.fixture(scope="module")
def trained(sample, tmp_path_factory):
    """A classifier after very few steps, and its report."""
    out = tmp_path_factory.mktemp("models") / "classifier"
    return out, train_classifier.train(sample, None, out, Recipe(steps=12, shape_steps=40, batch=16))


def made_up(n=300, seed=0):
    """People whose build is written into one number of their shape, and whose age into the colour of their head."""
    rng = np.random.default_rng(seed)
    build, age = rng.integers(0, 3, n), rng.integers(0, 5, n)
    shape = rng.normal(0, 0.3, (n, SHAPE_SIZE)).astype(np.float32)
    shape[:, 90] += 2.5 * (build - 1)
    head = np.full((n, HEAD_SIZE[1], HEAD_SIZE[0], 3), 100, np.uint8)
    head[..., 1] = (40 * age)[:, None, None]
    views = Views(np.full((n, BODY_SIZE[1], BODY_SIZE[0], 4), 90, np.uint8), head, shape, np.ones((n, 3), np.float32))
    return views, {"build": build, "age_band": np.where(np.arange(n) % 7 == 0, -1, age)}


def test_learns_from_shape_and_from_pictures():
    """Held-out people, after seconds of training; labels that are missing do no harm."""
    views, codes = made_up()
    network = fit(views, views.shape[None], codes, Recipe(steps=120, shape_steps=200, batch=24), lambda *_: None)
    other, truth = made_up(200, seed=1)
    found = classifier.logits(network, other)
    assert (found["build"].argmax(axis=1) == truth["build"]).mean() > 0.85
    known = truth["age_band"] >= 0
    assert (found["age_band"].argmax(axis=1) == truth["age_band"])[known].mean() > 0.4  # chance is 0.2


def test_the_same_seed_gives_the_same_weights():
    """Bit by bit, and another seed gives others."""
    views, codes = made_up(60)
    recipe = Recipe(steps=6, shape_steps=6, batch=16)
    one, two = (fit(views, views.shape[None], codes, recipe, lambda *_: None) for _ in range(2))
    other = fit(views, views.shape[None], codes, Recipe(6, 6, 16, seed=1), lambda *_: None)
    for name, weights in one.state_dict().items():
        assert (weights == two.state_dict()[name]).all(), name
    assert any((w != other.state_dict()[n]).any() for n, w in one.state_dict().items())


def test_report_counts_the_held_out_people_by_group_and_stratum(trained):
    """Everybody is in one true group and one stratum; skin tone is not learnt."""
    out, report = trained
    card = json.loads((out / "model.json").read_text())
    assert card["attributes"] == ["gender_presentation", "age_band", "build"]
    for attribute, rows in report.groupby("attribute"):
        everybody = rows.loc[rows["by"] == "all", "n"].iloc[0]
        assert everybody == card["held_out"], attribute
        for by in ("true group", "joints", "box"):
            assert rows.loc[rows["by"] == by, "n"].sum() == everybody
        assert rows["low"].fillna(0).le(rows["accuracy"].fillna(1)).all()


def test_source_speaks_with_its_weights_and_abstains(trained):
    """Probabilities for who can be seen; a reason for the others; the hash of the weights as id."""
    source = classifier.ClassifierSource(Classifier(weights=str(trained[0])))
    labels = body(0)
    pixels = np.zeros((*labels.mask.shape, 3), np.uint8)
    whole = sight(pixels, labels.keypoints, labels.mask, labels.bbox)
    few = labels.keypoints.copy()
    few[6:, 2] = 0
    small = sight(pixels, labels.keypoints, labels.mask, [*labels.bbox[:3], 40])
    said = source.judge([whole, sight(pixels, few), sight(pixels, labels.keypoints), small])
    assert len(said[0]["age_band"].probabilities) == 5
    assert said[1]["age_band"].reason == "fewer than 7 joints are labelled"
    assert [one["build"].reason for one in said[2:]] == ["no segmentation", "the box is lower than 80 pixels"]
    assert source.judge([whole])[0]["build"].probabilities == pytest.approx(said[0]["build"].probabilities, abs=1e-4)
    assert source.judge([]) == []
    assert source.model_id.startswith("person classifier 1 ")


def test_missing_or_foreign_weights_say_what_to_do(trained, tmp_path):
    """No folder; weights cut short."""
    with pytest.raises(MissingArtifactError, match="hpefair attributes train"):
        classifier.ClassifierSource(Classifier(weights=str(tmp_path)))
    (tmp_path / "model.json").write_bytes((trained[0] / "model.json").read_bytes())
    (tmp_path / "weights.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(InputError, match="train it again"):
        classifier.ClassifierSource(Classifier(weights=str(tmp_path)))


def test_too_few_labels_are_refused(sample, tmp_path):
    """With the number that is needed."""
    tree = json.loads((sample / "annotations.json").read_text())
    for record in tree["annotations"]:
        record.pop("attributes")
    (tmp_path / "images").symlink_to(sample / "images")
    (tmp_path / "annotations.json").write_text(json.dumps(tree))
    with pytest.raises(InputError, match="at least 100 labelled people"):
        train_classifier.read(tmp_path)


def test_shape_does_not_change_with_place_size_or_rotation():
    """The same person elsewhere, twice as large, turned: positions, lengths and girths stay."""
    labels = body(0, size=200)
    turned = body(0, size=400, roll=0.0)
    one = shape_vector(labels.keypoints, labels.bbox, labels.mask)
    two = shape_vector(turned.keypoints, turned.bbox, turned.mask)
    assert np.abs(one - two).max() < 0.12
    moved = labels.keypoints + np.array([30, 20, 0])
    assert shape_vector(moved, labels.bbox + np.array([30, 20, 0, 0]), None)[:85] == pytest.approx(
        shape_vector(labels.keypoints, labels.bbox, None)[:85], abs=1e-5
    )


def test_mirrored_shape_is_the_shape_of_the_mirrored_person():
    """Left and right change places, and nothing else."""
    labels = body(3, facing=25.0)
    width = labels.mask.shape[1]
    flipped = mirror(labels.keypoints, width, COCO_17.flip_order())
    box = labels.bbox * [-1, 1, 1, 1] + [width - labels.bbox[2], 0, 0, 0]
    other = shape_vector(flipped, box, np.ascontiguousarray(labels.mask[:, ::-1]))
    found = mirrored_shape(shape_vector(labels.keypoints, labels.bbox, labels.mask)[None])[0]
    assert found == pytest.approx(other, abs=0.1)


def test_views_without_mask_or_keypoints():
    """What is missing is said to be missing."""
    pixels = np.full((90, 70, 3), 200, np.uint8)
    views = see(pixels, np.zeros((17, 3)), np.array([10.0, 10, 40, 60]), None)
    assert views.present.tolist() == [[0, 0, 0]]
    assert head_window(np.zeros((17, 3))) is None
    assert not views.shape.any()
    assert portrait(pixels).present.tolist() == [[0, 1, 0]]
