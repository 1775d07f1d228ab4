"""A keypoint dataset of the size of COCO val2017 with two models' detections, written as COCO JSON.

5,000 images, about 11,000 people of whom two in five have no keypoints and one in fifty is a crowd, 104,125 detections
per model: one per person most of the time, duplicates, detections inside crowds, background, left-right swaps. Scores
are float32, as models write them. Nothing is copied from anywhere: poses are a standing figure with random limbs.
"""

from pathlib import Path

import msgspec
import numpy as np

from hpefair.core.pose.skeletons import COCO_17

IMAGES, PEOPLE, DETECTIONS = 5000, 11_000, 104_125
FLIP = COCO_17.flip_order()
# Joints of a standing person in a box of width and height 1.
STANDING = np.array(
    [
        *([0.5, 0.08], [0.54, 0.06], [0.46, 0.06], [0.58, 0.08], [0.42, 0.08], [0.68, 0.22], [0.32, 0.22]),
        *([0.78, 0.38], [0.22, 0.38], [0.84, 0.52], [0.16, 0.52], [0.61, 0.53], [0.39, 0.53], [0.62, 0.74]),
        *([0.38, 0.74], [0.63, 0.96], [0.37, 0.96]),
    ]
)


def people(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Images and annotated people as arrays."""
    image = np.sort(rng.choice(2693, PEOPLE) + 1)  # the other images are empty, as in val2017
    height = np.exp(rng.normal(4.6, 0.75, PEOPLE)).clip(12, 470)
    width = height * rng.uniform(0.3, 0.8, PEOPLE)
    corner = np.stack([rng.uniform(0, 640 - width.clip(max=600)), rng.uniform(0, 480 - height.clip(max=475))], axis=1)
    box = np.concatenate([corner, width[:, None], height[:, None]], axis=1)
    kind = rng.random(PEOPLE)
    crowd = kind < 0.02
    visible = rng.random((PEOPLE, 17)) < rng.beta(4, 1.5, PEOPLE)[:, None]
    visible[crowd | (kind > 0.61)] = False
    return {
        "image": image,
        "box": np.round(box, 2),
        "area": np.round(width * height * rng.uniform(0.35, 0.7, PEOPLE), 4),
        "crowd": crowd,
        "points": np.round(box[:, None, :2] + pose(rng, PEOPLE) * box[:, None, 2:]),
        "v": visible * rng.choice([1, 2], (PEOPLE, 17), p=[0.2, 0.8]),
    }


def pose(rng: np.random.Generator, n: int) -> np.ndarray:
    """Poses (n, 17, 2) in unit boxes."""
    return (STANDING + rng.normal(0, 0.06, (n, 17, 2))).clip(0.01, 0.99)


def detections(truth: dict[str, np.ndarray], seed: int, error: float) -> dict[str, np.ndarray]:
    """Detections of a model whose keypoint errors are `error` times the usual ones."""
    rng = np.random.default_rng(seed)
    found = np.flatnonzero(~truth["crowd"] & (rng.random(PEOPLE) < np.where(truth["v"].any(axis=1), 0.97, 0.6)))
    quality = error * rng.lognormal(-1.1, 0.72, PEOPLE)
    score = 0.95 * np.exp(-0.55 * quality) * rng.uniform(0.75, 1, PEOPLE)
    copies = np.repeat(found, rng.poisson(1.2, len(found)))
    inside = np.repeat(np.flatnonzero(truth["crowd"]), rng.integers(2, 8, truth["crowd"].sum()))
    stray = DETECTIONS - len(found) - len(copies) - len(inside)
    image = rng.choice(IMAGES, stray, p=rng.dirichlet(np.full(IMAGES, 1.2))) + 1
    height = rng.uniform(30, 330, stray)
    corner = np.stack([rng.uniform(0, 560, stray), rng.uniform(0, 440, stray)], axis=1)
    size = np.stack([height * rng.uniform(0.25, 0.8, stray), height], axis=1)
    parts = [
        (truth["image"][found], scattered(rng, truth, found, quality[found]), score[found]),
        (
            truth["image"][copies],
            scattered(rng, truth, copies, quality[copies] + rng.uniform(0.8, 3, len(copies))),
            score[copies] * rng.uniform(0.05, 0.6, len(copies)),
        ),
        (truth["image"][inside], scattered(rng, truth, inside, 3.0), rng.uniform(0.1, 0.6, len(inside))),
        (image, corner[:, None] + pose(rng, stray) * size[:, None], rng.beta(0.6, 6, stray)),
    ]
    order = np.argsort(np.concatenate([part[0] for part in parts]), kind="stable")
    return {
        "image": np.concatenate([part[0] for part in parts])[order],
        "points": np.concatenate([part[1] for part in parts])[order].astype(np.float32),
        "score": np.concatenate([part[2] for part in parts])[order].clip(0.001).astype(np.float32),
    }


def scattered(rng, truth, rows, quality) -> np.ndarray:
    """Joints with Gaussian errors in units of each joint's sigma; one figure in twenty has left and right swapped."""
    spread = np.sqrt(truth["area"][rows])[:, None] * 2 * np.array(COCO_17.sigmas) * np.reshape(quality, (-1, 1))
    points = truth["points"][rows] + rng.normal(size=(len(rows), 17, 2)) * spread[:, :, None]
    swapped = rng.random(len(rows)) < 0.05
    points[swapped] = points[swapped][:, FLIP]
    return points


def write(folder: Path) -> tuple[Path, Path, Path]:
    """Write annotations.json, first.json and second.json, unless they are there."""
    paths = folder / "annotations.json", folder / "first.json", folder / "second.json"
    if all(path.exists() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    truth = people(np.random.default_rng(2017))
    paths[0].write_bytes(msgspec.json.encode(tree(truth)))
    for path, seed, error in ((paths[1], 1, 1.0), (paths[2], 2, 1.08)):
        found = detections(truth, seed, error)
        keypoints = np.concatenate([found["points"], np.full((DETECTIONS, 17, 1), 0.5, np.float32)], axis=2)
        rows = zip(found["image"].tolist(), keypoints.reshape(-1, 51).tolist(), found["score"].tolist(), strict=True)
        results = [{"image_id": i, "category_id": 1, "keypoints": k, "score": s} for i, k, s in rows]
        path.write_bytes(msgspec.json.encode(results))
    return paths


def tree(truth: dict[str, np.ndarray]) -> dict:
    """The dataset as a COCO tree."""
    keypoints = np.concatenate([truth["points"], truth["v"][:, :, None]], axis=2).astype(int)
    keypoints[truth["v"] == 0] = 0
    return {
        "images": [{"id": i, "file_name": f"{i:012d}.jpg", "width": 640, "height": 480} for i in range(1, IMAGES + 1)],
        "annotations": [
            {
                "id": number + 1,
                "image_id": int(truth["image"][number]),
                "category_id": 1,
                "iscrowd": int(truth["crowd"][number]),
                "keypoints": keypoints[number].ravel().tolist(),
                "num_keypoints": int((truth["v"][number] > 0).sum()),
                "area": float(truth["area"][number]),
                "bbox": truth["box"][number].tolist(),
            }
            for number in range(PEOPLE)
        ],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.joints), "skeleton": []}],
    }
