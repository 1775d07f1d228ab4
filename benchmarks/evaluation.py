"""Keypoint evaluation against pycocotools and faster-coco-eval on a generated dataset: same numbers, CPU seconds.

Every tool starts from data that is loaded in its own form; only evaluate, accumulate and summarize are timed.
"""

import contextlib
import copy
import functools
import io
import sys
from pathlib import Path

import faster_coco_eval
import numpy as np
import pycocotools.coco
import pycocotools.cocoeval

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import arguments, cpu_seconds, report, row
from hpefair.core.evaluation import Uncertainty, evaluate
from hpefair.core.fairness.groups import Group
from hpefair.core.pose.matching import candidates
from hpefair.core.pose.precision import coco_statistics
from hpefair.core.pose.skeletons import COCO_17
from tests.core.pose.test_precision import random_dataset
from tests.oracles import arrays

IMAGES = 1000


def summarized(kind, truth, found):
    """Evaluation, accumulation and summary of loaded data; their chatter is swallowed."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = kind(truth, found, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return list(evaluation.stats[:10])


def loaded(kind, tree, results):
    """Ground truth and detections in a peer's own form."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = kind()
        truth.dataset = copy.deepcopy(tree)
        truth.createIndex()
        return truth, truth.loadRes(copy.deepcopy(results))


def main() -> None:
    options = arguments(__doc__)
    tree, results = random_dataset(n_images=IMAGES)
    people, detections, n_images = arrays(tree, results)

    def ours():
        return coco_statistics(people, candidates(people, detections, COCO_17.variances, n_images))

    ours()  # compiles
    mine, rows = cpu_seconds(ours), []
    for peer, dataset, kind in (
        ("pycocotools", pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval),
        ("faster-coco-eval", faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster),
    ):
        data = loaded(dataset, tree, results)
        if not np.allclose(summarized(kind, *data), list(ours().values()), atol=1e-12):
            sys.exit(f"{peer} gives other numbers: the comparison would be meaningless")
        seconds = cpu_seconds(functools.partial(summarized, kind, *data))
        rows.append(row("evaluation", mine, "CPU s", peer, seconds))
    label = np.random.default_rng(0).integers(0, 4, len(people.image))
    listed = [Group("random", str(g), label == g) for g in range(4)]
    drawing = Uncertainty(1000, 100, 0.95, 10, 0)
    by_group = cpu_seconds(lambda: evaluate(people, detections, COCO_17.variances, n_images, listed, drawing), 1)
    rows.append(row("by_group_1000_resamples", by_group, "CPU s"))
    report(
        f"Evaluation of {n_images} images, {len(people.image)} people, {len(results)} detections", rows, options.json
    )


if __name__ == "__main__":
    main()
