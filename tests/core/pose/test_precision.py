"""Average precision and recall equal pycocotools, entry by entry."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpefair.core.pose.candidates import candidates
from hpefair.core.pose.matching import AREA_RANGES, match
from hpefair.core.pose.precision import STATISTICS, Weights, coco_statistics, mean_precision, precision_recall
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.pose.subgroup_precision import Rule, average_precisions, subgroup_precision
from tests import oracles
from tests.strategies import coco_datasets


def assert_equal(tree, results):
    expected = oracles.coco_eval(tree, results)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    for number, limits in enumerate(AREA_RANGES.values()):
        precision, recall = precision_recall(found, match(people, found, people.ignored, limits))
        np.testing.assert_array_equal(precision, expected.eval["precision"][:, :, 0, number, 0])
        np.testing.assert_array_equal(recall, expected.eval["recall"][:, 0, number, 0])
    for least in (0.0, 0.5):  # leaving hopeless pairs out changes nothing
        ours = coco_statistics(people, candidates(people, detections, COCO_17.variances, n_images, least))
        assert list(ours) == list(STATISTICS)
        np.testing.assert_array_equal(list(ours.values()), expected.stats)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(coco_datasets())
def test_equals_pycocotools_on_odd_datasets(case):
    """Crowds, ties, empty images, people without keypoints, more than 20 detections."""
    tree, results = case
    if tree["annotations"]:
        assert_equal(tree, results)


@pytest.mark.parametrize("model", ["yolo11n", "movenet-lightning"])
def test_equals_pycocotools_on_annotated_people(annotated_people, model):
    """The 168 complete COCO images with two real models; drawn people where those are not here."""
    tree = json.loads((annotated_people / "person_keypoints_pixels168.json").read_text())
    assert_equal(tree, json.loads((annotated_people / f"predictions/{model}.json").read_text()))


def random_dataset(seed=0, n_images=150):
    """People with noisy detections and background detections."""
    rng = np.random.default_rng(seed)
    annotations, results = [], []
    for image in range(1, n_images + 1):
        for _ in range(2):
            points = rng.uniform(20, 180, (17, 2))
            person = np.concatenate([points, np.full((17, 1), 2.0)], axis=1)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image, "category_id": 1, "iscrowd": 0, "area": 8000.0}
                | {"keypoints": person.ravel().tolist(), "num_keypoints": 17, "bbox": [20.0, 20.0, 160.0, 160.0]}
            )
            noisy = person.copy()
            noisy[:, :2] += rng.normal(0, rng.uniform(1, 12), (17, 2))
            results.append(
                {"image_id": image, "category_id": 1, "keypoints": noisy.ravel().tolist(), "score": rng.random()}
            )
        for _ in range(2):
            stray = np.concatenate([rng.uniform(0, 200, (17, 2)), np.ones((17, 1))], axis=1).ravel().tolist()
            results.append({"image_id": image, "category_id": 1, "keypoints": stray, "score": rng.random() * 0.8})
    images = [{"id": i, "file_name": "x", "width": 200, "height": 200} for i in range(1, n_images + 1)]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}, results


def rewritten(tree, member):
    """The dataset with everybody outside the group marked as pycocotools ignores people: without keypoints."""
    rows = [
        {**row, "num_keypoints": row["num_keypoints"] if inside else 0}
        for row, inside in zip(tree["annotations"], member, strict=True)
    ]
    return {**tree, "annotations": rows}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(coco_datasets(), st.integers(0, 2**31))
def test_ignore_rule_equals_pycocotools_on_rewritten_truth(case, seed):
    """Precision, recall and their means, with crowds, ties and empty groups among them."""
    tree, results = case
    if not tree["annotations"]:
        return
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    member = np.random.default_rng(seed).random(len(people.image)) < 0.5
    precision, recall = subgroup_precision(people, found, member, Rule.IGNORE)
    expected = oracles.coco_eval(rewritten(tree, member), results)
    np.testing.assert_array_equal(precision, expected.eval["precision"][:, :, 0, 0, 0])
    np.testing.assert_array_equal(recall, expected.eval["recall"][:, 0, 0, 0])


@pytest.mark.parametrize("model", ["yolo11n", "movenet-lightning"])
def test_ignore_rule_equals_pycocotools_on_annotated_people(annotated_people, model):
    """A subgroup of the 168 complete COCO images: small people; drawn ones where those are not here."""
    tree = json.loads((annotated_people / "person_keypoints_pixels168.json").read_text())
    results = json.loads((annotated_people / f"predictions/{model}.json").read_text())
    people, detections, n_images = oracles.arrays(tree, results)
    member = people.area < 96**2
    found = candidates(people, detections, COCO_17.variances, n_images)
    precision, recall = subgroup_precision(people, found, member, Rule.IGNORE)
    expected = oracles.coco_eval(rewritten(tree, member), results)
    np.testing.assert_array_equal(precision, expected.eval["precision"][:, :, 0, 0, 0])
    np.testing.assert_array_equal(recall, expected.eval["recall"][:, 0, 0, 0])


def test_random_labels_show_no_gap():
    """Over 200 random labellings: sharing false positives out removes the confounding with size that ignoring has."""
    tree, results = random_dataset(n_images=400)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    overall = mean_precision(precision_recall(found, match(people, found, people.ignored))[0])
    rng = np.random.default_rng(1)
    for size in (60, 120, 240, 480):
        member = np.stack([rng.permutation(len(people.image)) < size for _ in range(200)], axis=1)
        shared = average_precisions(people, found, member)
        assert abs(shared.mean() - overall) <= 0.01, size
        if size < 200:
            plain = average_precisions(people, found, member[:, :20], Rule.IGNORE)
            assert overall - plain.mean() > 0.1, size


def test_shared_rule_takes_probabilities():
    """Certain membership is the hard group; everybody with the same probability is nearly everyone."""
    tree, results = random_dataset(n_images=60)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    hard = np.arange(len(people.image)) % 3 == 0
    everyone = precision_recall(found, match(people, found, people.ignored))
    expected = subgroup_precision(people, found, hard)
    for ours, wanted in zip(subgroup_precision(people, found, hard * 1.0), expected, strict=True):
        np.testing.assert_array_equal(ours, wanted)
    # A recall of exactly r / 100 reaches a point that lies an ulp above it only where rounding is allowed for.
    alike, recall = subgroup_precision(people, found, np.full(len(hard), 0.25))
    assert alike.mean() == pytest.approx(everyone[0].mean(), abs=1e-3)
    np.testing.assert_allclose(recall, everyone[1])
    for bad, message in ((np.full(len(hard), 1.5), "within"), (np.full(len(hard), 0.5), "use the rule shared")):
        with pytest.raises(ValueError, match=message):
            subgroup_precision(people, found, bad, Rule.IGNORE)


def test_expected_ap_is_near_the_mean_over_drawn_labels():
    """AP with probabilities against AP of labels drawn from them."""
    tree, results = random_dataset(n_images=200)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    rng = np.random.default_rng(0)
    probability = rng.beta(1, 2, len(people.image))
    drawn = rng.random((len(probability), 200)) < probability[:, None]
    mean = average_precisions(people, found, drawn).mean()
    assert mean == pytest.approx(average_precisions(people, found, probability[:, None])[0], abs=0.01)


def test_weights_equal_an_expanded_image_list():
    """Multiplicities give what evaluating the literally repeated images gives."""
    tree, results = random_dataset(n_images=30)
    for position, row in enumerate(results):
        row["score"] += position * 1e-9  # no ties: the order among copies is then immaterial
    count = np.random.default_rng(3).multinomial(30, np.full(30, 1 / 30))
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    weights = Weights(person=count[people.image].astype(float), candidate=count[found.image].astype(float))
    weighted = precision_recall(found, match(people, found, people.ignored), weights)[0]
    expected = oracles.coco_eval(*expanded(tree, results, count)).eval["precision"][:, :, 0, 0, 0]
    np.testing.assert_allclose(weighted, expected, atol=1e-12)


def expanded(tree, results, count):
    """The dataset with each image repeated `count` times under new ids."""
    images, annotations, found = [], [], []
    for original, times in enumerate(count, start=1):
        for _ in range(times):
            number = len(images) + 1
            images.append({"id": number, "file_name": "x", "width": 200, "height": 200})
            annotations += [
                {**row, "id": len(annotations) + 1 + k, "image_id": number}
                for k, row in enumerate(r for r in tree["annotations"] if r["image_id"] == original)
            ]
            found += [{**row, "image_id": number} for row in results if row["image_id"] == original]
    return {**tree, "images": images, "annotations": annotations}, found
