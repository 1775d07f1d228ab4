"""Keypoint evaluation by group against pycocotools, faster-coco-eval, hotcoco and fairlearn: CPU seconds of one run.

The dataset is of the size of COCO val2017 and is generated (`benchmarks/workload.py`). Every tool starts from data in
its own form; only the evaluation is timed, and its numbers must agree. What a peer cannot do at all in reasonable time
is measured on a few cells and multiplied: such rows say `extrapolated`.
"""

import contextlib
import copy
import functools
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fairlearn.metrics
import faster_coco_eval
import hotcoco
import msgspec
import numpy as np
import pandas as pd
import pycocotools.coco
import pycocotools.cocoeval

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import workload
from benchmarks.rows import arguments, cpu_seconds, report, row
from hpefair.core.fairness.draws import draw
from hpefair.core.pose.candidates import THRESHOLDS, candidates
from hpefair.core.pose.person_scores import person_scores
from hpefair.core.pose.precision import coco_statistics
from hpefair.core.pose.precision_resamples import resampled_precision
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.pose.subgroup_precision import Rule
from hpefair.core.shares.groups import Group
from hpefair.core.uncertainty.intervals import percentile_interval, resample
from tests.oracles import arrays

LEVELS = (2, 3, 4, 5, 6, 6, 6, 8)  # eight attributes, forty groups
RESAMPLES = 1000
# The command line, and at its end the most memory that its process ever held.
MEASURED = """
import atexit, sys
from hpefair.cli import main
peak = lambda: next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
atexit.register(lambda: print(peak(), file=sys.stderr))
main()
"""
FEW = 6  # resamples that pycocotools is timed on


def quietly(work):
    """Run something that prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        return work()


def coco_like(kind, truth, found):
    """Evaluation, accumulation and summary of a tool with pycocotools' interface: its ten numbers."""

    def work():
        evaluation = kind(truth, found, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return list(evaluation.stats[:10])

    return quietly(work)


def evaluation_rows(paths, people, detections) -> list[dict]:
    """The ten statistics by every tool."""

    def ours():
        return coco_statistics(people, candidates(people, detections, COCO_17.variances, workload.IMAGES, 0.5))

    ours()  # compiles
    mine, rows = cpu_seconds(ours, 9), []
    for name, dataset, kind in (
        ("pycocotools", pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval),
        ("faster-coco-eval", faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster),
        ("hotcoco", hotcoco.COCO, hotcoco.COCOeval),
    ):
        truth = quietly(functools.partial(dataset, str(paths[0])))
        found = quietly(functools.partial(truth.load_res if name == "hotcoco" else truth.loadRes, str(paths[1])))
        work = functools.partial(coco_like, kind, truth, found)
        if not np.allclose(work(), list(ours().values()), atol=1e-12, rtol=0):
            sys.exit(f"{name} gives other numbers: the comparison would be meaningless")
        rows.append(row("evaluation", mine, "CPU s", name, cpu_seconds(work, 2 if name == "pycocotools" else 5)))
    return rows


def labels(n_people: int) -> np.ndarray:
    """Membership (N, 40): random labels of eight attributes."""
    rng = np.random.default_rng(7)
    columns = []
    for levels in LEVELS:
        label = rng.choice(levels, n_people, p=rng.dirichlet(np.full(levels, 2.0)))
        columns += [label == level for level in range(levels)]
    return np.stack(columns, axis=1)


def bootstrap_rows(paths, people, detections, member) -> list[dict]:
    """AP of forty groups in a thousand resamples, by our rule and by the one that peers can do."""
    found = candidates(people, detections, COCO_17.variances, workload.IMAGES, 0.5)
    counts = resample(np.arange(workload.IMAGES), RESAMPLES, 0)
    cells = member.shape[1] * RESAMPLES
    seconds = {}
    for rule in Rule:
        resampled_precision(people, found, member[:, :1], counts[:2], rule)
        work = functools.partial(resampled_precision, people, found, member, counts, rule)
        seconds[rule] = cpu_seconds(work, 4)
    each, once, precisions = pycocotools_cell(paths, member[:, 0], counts)
    ours = resampled_precision(people, found, member[:, :1], counts[:FEW], Rule.IGNORE)[:, 0]
    if np.abs(ours - precisions).max() > 1e-12:
        sys.exit("pycocotools gives other numbers for the resamples: the comparison would be meaningless")
    hot = hotcoco_seconds(paths)
    rows = [
        row("subgroup_bootstrap", seconds[rule], f"CPU s, {rule} rule", f"{name} (extrapolated)", value)
        for rule in Rule
        for name, value in (
            ("pycocotools, accumulate only", each * cells + once * member.shape[1]),
            ("hotcoco compare, one area", hot * member.shape[1]),
        )
    ]
    return [*rows, row("pycocotools_accumulate", each, "CPU s a cell, measured")]


def pycocotools_cell(paths, member, counts) -> tuple[float, float, list[float]]:
    """CPU seconds of one accumulate of a resampled image list and of one evaluate, and AP of a few resamples."""
    tree = msgspec.json.decode(paths[0].read_bytes())
    for annotation, inside in zip(tree["annotations"], member, strict=True):
        annotation["num_keypoints"] *= int(inside)
    truth = pycocotools.coco.COCO()
    truth.dataset = tree
    quietly(truth.createIndex)
    found = quietly(functools.partial(truth.loadRes, str(paths[1])))
    evaluation = pycocotools.cocoeval.COCOeval(truth, found, "keypoints")
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    start = time.process_time()
    quietly(evaluation.evaluate)
    once, images, spent, precisions = time.process_time() - start, evaluation.evalImgs, [], []
    for count in counts[:FEW]:
        evaluation.evalImgs = [images[i] for i in np.repeat(np.arange(len(count)), count)]
        evaluation._paramsEval = copy.deepcopy(evaluation.params)
        start = time.process_time()
        quietly(evaluation.accumulate)
        spent.append(time.process_time() - start)
        precisions.append(float(evaluation.eval["precision"].mean()))
    return min(spent), once, precisions


def hotcoco_seconds(paths) -> float:
    """CPU seconds of hotcoco's own bootstrap, restricted to one area range, for one model and one group.

    Its `compare` draws for two models at once. It drops repeated draws, so its intervals are too narrow; only the time
    is compared.
    """
    truth = hotcoco.COCO(str(paths[0]))
    both = []
    for path in paths[1:]:
        one = hotcoco.COCOeval(truth, truth.load_res(str(path)), "keypoints")
        one.params.area_rng = [[0, 1e10]]
        one.params.area_rng_lbl = ["all"]
        quietly(one.evaluate)
        quietly(one.accumulate)
        both.append(one)
    work = functools.partial(hotcoco.compare, *both, n_bootstrap=RESAMPLES, seed=1)
    return cpu_seconds(lambda: quietly(work), 1) / 2


def interval_rows(people, detections, member) -> list[dict]:
    """Intervals of two per-person metrics for eight attributes: ours for all, fairlearn's for one, times eight."""
    found = candidates(people, detections, COCO_17.variances, workload.IMAGES)
    table = person_scores(people, detections, found, COCO_17).table
    listed = [Group("a", str(g), column) for g, column in enumerate(member[table["row"]].T)]
    clusters = np.arange(workload.IMAGES)

    def ours():
        draws = draw(table, ("ar", "oks"), listed, clusters, resample(clusters, RESAMPLES, 0))
        return percentile_interval(draws.means, 0.95, draws.clusters[:, None])

    ours()
    label = pd.Series(np.where(listed[0].member, "one", "two"))

    def peer():
        means = {name: lambda truth, value: float(np.mean(value)) for name in ("ar", "oks")}
        frame = fairlearn.metrics.MetricFrame(
            metrics=means,
            y_true=table["ar"],
            y_pred=table["oks"],
            sensitive_features=label,
            n_boot=RESAMPLES // 10,
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )
        return frame.by_group_ci

    spent = cpu_seconds(peer, 1) * 10 * len(LEVELS)
    return [row("per_person_intervals", cpu_seconds(ours, 5), "CPU s", "fairlearn (extrapolated)", spent)]


def audit_rows(paths, n_people: int) -> list[dict]:
    """The command from start to finish, with four attributes of labels: wall seconds and memory of its process."""
    rng = np.random.default_rng(0)
    table = {"person_id": np.arange(1, n_people + 1)}
    for name, groups in (
        ("gender_presentation", ("feminine", "masculine", "unknown")),
        ("age_band", ("child", "teen", "adult", "middle", "older")),
        ("build", ("slim", "average", "large")),
    ):
        table[name] = rng.choice(groups, n_people)
    pd.DataFrame(table).to_csv(paths[0].with_name("labels.csv"), index=False)
    command = [sys.executable, "-c", MEASURED, "audit-predictions", "--annotations", str(paths[0])]
    command += ["--results", str(paths[1]), "--labels", str(paths[0].with_name("labels.csv"))]
    wall, memory = [], 0.0
    for _ in range(5):
        start = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        wall.append(time.perf_counter() - start)
        memory = int(done.stderr.split()[-1]) / 1024
    return [row("audit_predictions", min(wall), "wall s"), row("audit_predictions_memory", memory, "MB")]


def main() -> None:
    options = arguments(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        paths = workload.write(Path(folder))
        rows = audit_rows(paths, workload.PEOPLE)
        tree = msgspec.json.decode(paths[0].read_bytes())
        people, detections, _ = arrays(tree, msgspec.json.decode(paths[1].read_bytes()))
        member = labels(workload.PEOPLE)
        rows += evaluation_rows(paths, people, detections)
        rows += bootstrap_rows(paths, people, detections, member)
        rows += interval_rows(people, detections, member)
    what = f"{workload.IMAGES} images, {workload.PEOPLE} people, {workload.DETECTIONS} detections"
    what += f"; {sum(LEVELS)} groups, {RESAMPLES} resamples, {len(THRESHOLDS)} thresholds"
    report(what, rows, options.json)


if __name__ == "__main__":
    main()
