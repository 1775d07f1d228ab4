"""Keypoint evaluation against pycocotools and faster-coco-eval on a generated dataset: same ten numbers, CPU seconds."""

import contextlib
import io
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import arguments, cpu_seconds, report, row
from hpefair.core.evaluation import Uncertainty, evaluate
from hpefair.core.fairness.groups import Group
from hpefair.core.pose.matching import candidates
from hpefair.core.pose.precision import coco_statistics
from hpefair.core.pose.skeleton import COCO_17
from tests.core.pose.test_precision import random_dataset
from tests.oracles import arrays, coco_eval

IMAGES = 1000


def faster_coco_eval(tree, results):
    from faster_coco_eval import COCO, COCOeval_faster

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(tree)
        evaluation = COCOeval_faster(truth, truth.loadRes(results), "keypoints", print_function=lambda *_: None)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def main() -> None:
    options = arguments(__doc__)
    tree, results = random_dataset(n_images=IMAGES)
    people, detections, n_images = arrays(tree, results)

    def ours():
        return coco_statistics(people, candidates(people, detections, COCO_17.variances, n_images))

    ours()  # compiles
    expected = list(coco_eval(tree, results).stats)
    if list(ours().values()) != expected or not np.allclose(faster_coco_eval(tree, results).stats[:10], expected):
        sys.exit("the ten numbers differ: the comparison would be meaningless")
    mine = cpu_seconds(ours)
    rows = [
        row("evaluation", mine, "CPU s", "pycocotools", cpu_seconds(lambda: coco_eval(tree, results))),
        row("evaluation", mine, "CPU s", "faster-coco-eval", cpu_seconds(lambda: faster_coco_eval(tree, results))),
    ]
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
