"""Average precision and recall equal pycocotools, entry by entry."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hpefair.core.pose.matching import AREA_RANGES, candidates, match
from hpefair.core.pose.precision import STATISTICS, coco_statistics, precision_recall, subgroup_precision
from hpefair.core.pose.skeletons import COCO_17
from tests import oracles
from tests.strategies import coco_datasets


def assert_equal(tree, results):
    expected = oracles.coco_eval(tree, results)
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    for number, limits in enumerate(AREA_RANGES.values()):
        precision, recall = precision_recall(match(people, found, people.ignored, limits), found.score)
        np.testing.assert_array_equal(precision, expected.eval["precision"][:, :, 0, number, 0])
        np.testing.assert_array_equal(recall, expected.eval["recall"][:, 0, number, 0])
    ours = coco_statistics(people, found)
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
def test_equals_pycocotools_on_real_people(real_data, model):
    """The 168 complete COCO images with two real models."""
    tree = json.loads((real_data / "coco_kp/person_keypoints_pixels168.json").read_text())
    assert_equal(tree, json.loads((real_data / f"coco_kp/predictions/{model}.json").read_text()))


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


def test_unweighted_subgroup_equals_pycocotools_on_rewritten_truth():
    """With weight 1, a subgroup's precision is what pycocotools gives when all others are marked as ignored."""
    tree, results = random_dataset()
    member = np.arange(len(tree["annotations"])) % 5 == 0
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    matches, _ = subgroup_precision(people, found, member)
    precision, recall = precision_recall(matches, found.score)
    for row, inside in zip(tree["annotations"], member, strict=True):
        row["num_keypoints"] = 17 if inside else 0
    expected = oracles.coco_eval(tree, results)
    np.testing.assert_array_equal(precision, expected.eval["precision"][:, :, 0, 0, 0])
    np.testing.assert_array_equal(recall, expected.eval["recall"][:, 0, 0, 0])


def test_random_labels_show_no_gap():
    """Sharing false positives out removes the confounding with group size that the plain rule has."""
    tree, results = random_dataset()
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    overall = precision_recall(match(people, found, people.ignored), found.score)[0].mean()
    rng = np.random.default_rng(1)
    shared, plain = [], []
    for _ in range(20):
        member = rng.permutation(len(people.image)) < 60
        matches, weight = subgroup_precision(people, found, member)
        shared.append(precision_recall(matches, found.score, weight)[0].mean())
        plain.append(precision_recall(matches, found.score)[0].mean())
    assert abs(np.mean(shared) - overall) < 0.015
    assert overall - np.mean(plain) > 0.05


def test_weights_equal_an_expanded_image_list():
    """Multiplicities give what evaluating the literally repeated images gives."""
    tree, results = random_dataset(n_images=30)
    for position, row in enumerate(results):
        row["score"] += position * 1e-9  # no ties: the order among copies is then immaterial
    count = np.random.default_rng(3).multinomial(30, np.full(30, 1 / 30))
    people, detections, n_images = oracles.arrays(tree, results)
    found = candidates(people, detections, COCO_17.variances, n_images)
    weighted = precision_recall(
        match(people, found, people.ignored),
        found.score,
        1.0,
        count[found.image].astype(float),
        count[people.image].astype(float),
    )[0]
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
