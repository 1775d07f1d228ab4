"""Hypothesis strategies: poses, COCO keypoint datasets with every oddity, group labels."""

import numpy as np
from hypothesis import strategies as st

CANVAS = 200


@st.composite
def coco_datasets(draw):
    """A dataset and results with crowds, ties, empty images, people without keypoints and more than 20 detections."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_images = draw(st.integers(1, 5))
    annotations, results = [], []
    for image in range(1, n_images + 1):
        people = [_person(rng, len(annotations) + 1 + k, image) for k in range(draw(st.integers(0, 4)))]
        annotations += people
        for _ in range(draw(st.integers(0, 26))):
            results.append(_detection(rng, image, people))
    images = [{"id": i, "file_name": f"{i}.jpg", "width": CANVAS, "height": CANVAS} for i in range(1, n_images + 1)]
    tree = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": [], "skeleton": []}],
    }
    return tree, results


def _person(rng, number, image):
    keypoints = np.concatenate([rng.integers(20, 180, (17, 2)), rng.choice([0, 1, 2], (17, 1))], axis=1)
    if rng.random() < 0.2:
        keypoints[:, 2] = 0
    keypoints[keypoints[:, 2] == 0, :2] = 0
    side = float(rng.uniform(10, 150))
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "iscrowd": int(rng.random() < 0.15),
        "keypoints": keypoints.ravel().tolist(),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()),
        "area": side**2 * float(rng.uniform(0.3, 1)),
        "bbox": [float(rng.uniform(0, 50)), float(rng.uniform(0, 50)), side, side],
    }


def _detection(rng, image, people):
    if people and rng.random() < 0.8:
        near = np.array(people[rng.integers(len(people))]["keypoints"], float).reshape(17, 3)
        points = near[:, :2] + rng.normal(0, rng.choice([0, 2, 6, 25]), (17, 2))
    else:
        points = rng.uniform(0, CANVAS, (17, 2))
    # Two decimals on purpose: ties between scores are the rule, not the exception.
    score = round(float(rng.uniform(0, 1)), int(rng.integers(1, 3)))
    keypoints = np.concatenate([points, np.ones((17, 1))], axis=1).ravel().tolist()
    return {"image_id": image, "category_id": 1, "keypoints": keypoints, "score": score}
