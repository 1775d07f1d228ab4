"""Outside truths that core is held against."""

import contextlib
import copy
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from hpefair.core.pose.candidates import Detections, People


def coco_eval(tree, results) -> COCOeval:
    """pycocotools' evaluation of a dataset tree and a results list; its chatter is swallowed."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = copy.deepcopy(tree)
        truth.createIndex()
        # loadRes refuses an empty list; a dataset without detections is legal for the evaluation itself.
        found = truth.loadRes(copy.deepcopy(results)) if results else _empty(truth)
        evaluation = COCOeval(truth, found, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def arrays(tree, results) -> tuple[People, Detections, int]:
    """The same dataset and results as core's arrays."""
    ids = sorted(image["id"] for image in tree["images"])
    index = {number: position for position, number in enumerate(ids)}
    rows = tree["annotations"]
    people = People(
        image=np.array([index[r["image_id"]] for r in rows], dtype=np.int64),
        keypoints=np.array([r["keypoints"] for r in rows], float).reshape(-1, 17, 3),
        area=np.array([r["area"] for r in rows], float),
        bbox=np.array([r["bbox"] for r in rows], float).reshape(-1, 4),
        crowd=np.array([r["iscrowd"] for r in rows], bool),
        num_keypoints=np.array([r["num_keypoints"] for r in rows], dtype=np.int64),
    )
    detections = Detections(
        image=np.array([index[r["image_id"]] for r in results], dtype=np.int64),
        keypoints=np.array([r["keypoints"] for r in results], float).reshape(-1, 17, 3),
        score=np.array([r["score"] for r in results], float),
    )
    return people, detections, len(ids)


def _empty(truth: COCO) -> COCO:
    found = COCO()
    found.dataset = {"images": truth.dataset["images"], "annotations": [], "categories": truth.dataset["categories"]}
    found.createIndex()
    return found


def enclosed_volume(points, faces):
    """Volume of a closed mesh as the integral of height over projected area: another formula than hpefair's."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    projected = 0.5 * ((b[:, 0] - a[:, 0]) * (c[:, 2] - a[:, 2]) - (c[:, 0] - a[:, 0]) * (b[:, 2] - a[:, 2]))
    return abs(float((projected * (a[:, 1] + b[:, 1] + c[:, 1]) / 3).sum()))


def nearest_triangle(x, y, inverse_depth, faces, px, py):
    """Inverse depth of the nearest triangle over a point of the image plane, one by one; None where there is none."""
    best = None
    for face in faces:
        if (inverse_depth[face] <= 0).any():
            continue
        corners = np.stack([x[face], y[face], np.ones(3)])
        if abs(np.linalg.det(corners)) < 1e-9:
            continue
        weights = np.linalg.solve(corners, [px, py, 1.0])
        if (weights >= 0).all():
            value = float(weights @ inverse_depth[face])
            best = value if best is None else max(best, value)
    return best


def first_surface(eye, point, corners):
    """Distance from the eye to the first triangle on the ray through a point, and its index (Möller and Trumbore 1997).

    Args:
        eye: Origin (3,).
        point: A point on the ray (3,).
        corners: Triangles (F, 3, 3).

    Returns:
        Distance and triangle; (inf, -1) where nothing is hit.
    """
    ray = point - eye
    ray = ray / np.linalg.norm(ray)
    edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(ray, edge2)
    determinant = np.einsum("ij,ij->i", edge1, p)
    with np.errstate(all="ignore"):
        start = eye - corners[:, 0]
        u = np.einsum("ij,ij->i", start, p) / determinant
        q = np.cross(start, edge1)
        v = q @ ray / determinant
        distance = np.einsum("ij,ij->i", edge2, q) / determinant
        hit = (np.abs(determinant) > 1e-14) & (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 1e-6)
    if not hit.any():
        return np.inf, -1
    best = int(np.argmin(np.where(hit, distance, np.inf)))
    return float(distance[best]), best


def coco_analyze_types(people, one, predicted, skeleton):
    """Error type of each joint of one person's prediction, as Ronchi and Perona's coco-analyze decides it.

    A matrix of keypoint similarities, the own person first, then everybody's mirrored joints; the arg max decides.
    """
    order = [one, *(k for k in range(len(people.area)) if k != one)]
    flip = skeleton.flip_order()
    truth = np.concatenate([people.keypoints[order], people.keypoints[order][:, flip]])
    area = np.concatenate([people.area[order], people.area[order]])[:, None]
    squared = ((truth[..., :2] - predicted) ** 2).sum(axis=2)
    similarity = np.exp(-squared / (np.array(skeleton.sigmas) * 2) ** 2 / (area + np.spacing(1)) / 2)
    similarity = np.where(truth[..., 2] > 0, similarity, -1)
    best, where = similarity.max(axis=0), similarity.argmax(axis=0)
    types = []
    for k in range(skeleton.size):
        if best[k] < 0.5:
            types.append("miss")
        elif where[k] == 0:
            types.append("good" if best[k] >= 0.85 else "jitter")
        else:
            types.append("inversion" if where[k] == len(order) else "swap")
    return types


def oks(keypoints, area, predicted) -> float:
    """Similarity of one prediction (17, 2) to one person (17, 3), by pycocotools."""
    person = {
        "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": area, "bbox": [0, 0, 1, 1],
        "keypoints": np.asarray(keypoints, float).ravel().tolist(),
        "num_keypoints": int((np.asarray(keypoints)[:, 2] > 0).sum()),
    }  # fmt: skip
    tree = {
        "info": {},
        "images": [{"id": 1, "width": 300, "height": 300}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [person],
    }
    points = np.column_stack([predicted, np.ones(17)]).ravel().tolist()
    result = {"image_id": 1, "category_id": 1, "keypoints": points, "score": 1.0}
    return float(coco_eval(tree, [result]).computeOks(1, 1)[0, 0])
