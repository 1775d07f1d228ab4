"""Outside truths that core is held against."""

import contextlib
import copy
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from hpefair.core.pose.matching import Detections, People


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
