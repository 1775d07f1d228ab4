"""Which of the papers' claims hold on a small machine: the estimators against each other, on the same people.

Two sets of people, each split once: LSPET's 700 sports photographs (500 to learn from, by a hash of the name), and
pictures of built-in people. Every estimator gets the same number of optimizer steps, the same augmentation and, within
a seed, the same batches; crops are those of annotated boxes, while YOLO-Pose sees whole pictures and finds its own
boxes. Decoders are compared on the same weights, a cascade's stages within one model.

Measured per person: PCK@.2 (torso diagonal) and AR (mean over COCO's ten OKS thresholds). Intervals resample pictures
and contain the noise of seeds (seed_intervals.py). LSPET's other people are not annotated, so a detector is taught to
overlook some of them. With `--work DIR` a second call goes on where the first was stopped.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import real_people
from benchmarks.seed_intervals import SeedNoise, difference, pooled_noise
from hpefair.core.pose.assignment import assign, assigned_keypoints
from hpefair.core.pose.candidates import Detections, candidates
from hpefair.core.pose.localization import correct_joints, row_mean
from hpefair.core.pose.normalizers import torso_length
from hpefair.core.pose.person_scores import person_scores
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import pose_arrays, tables
from hpefair.machine import worker_pool
from hpefair.synthetic.dataset import Request, make_dataset

ROOT = Path(__file__).resolve().parent.parent
METRICS = ("PCK@.2", "AR")
LEARN = 500
LARGE, SMALL = (96, 128), (48, 64)
SIDE = 160
BATCH = 16  # crops or pictures a step


@dataclass(frozen=True)
class Contestant:
    """An estimator with its options, and how its one training is read several times."""

    name: str
    estimator: str
    size: tuple[int, int] = LARGE
    options: dict[str, Any] = field(default_factory=dict)
    readings: tuple[str, ...] = ("",)

    @property
    def rows(self) -> list[str]:
        """Names of its rows."""
        return [f"{self.name}, {reading}" if reading else self.name for reading in self.readings]


DECODERS = ("dark", "quarter", "argmax")
CONTESTANTS = (
    Contestant("heatmap 96x128", "heatmap", readings=DECODERS),
    Contestant("heatmap 96x128 biased", "heatmap", options={"encoding": "biased"}, readings=DECODERS),
    Contestant("heatmap 48x64", "heatmap", SMALL, readings=DECODERS),
    Contestant("heatmap 48x64 biased", "heatmap", SMALL, {"encoding": "biased"}, DECODERS),
    Contestant("heatmap 96x128 mse", "heatmap", options={"loss": "mse"}),
    Contestant("deeppose", "deeppose", options={"stages": 1}),
    Contestant("deeppose cascade", "deeppose", readings=("stage 1", "stage 2", "stage 3")),
    Contestant(
        "deeppose cascade wide", "deeppose", options={"spread": 2.0}, readings=("stage 1", "stage 2", "stage 3")
    ),
    Contestant("yolo_pose OKS", "yolo_pose", options={"side": SIDE}),
    Contestant("yolo_pose L1", "yolo_pose", options={"side": SIDE, "joint_loss": "l1"}),
)
CLAIMS = (
    ("DARK over quarter offset", "heatmap 96x128, dark", "heatmap 96x128, quarter"),
    ("quarter offset over argmax", "heatmap 96x128, quarter", "heatmap 96x128, argmax"),
    ("DARK over quarter offset, 48x64", "heatmap 48x64, dark", "heatmap 48x64, quarter"),
    ("quarter offset over argmax, 48x64", "heatmap 48x64, quarter", "heatmap 48x64, argmax"),
    ("unbiased over biased encoding", "heatmap 96x128, dark", "heatmap 96x128 biased, dark"),
    ("unbiased over biased encoding, 48x64", "heatmap 48x64, dark", "heatmap 48x64 biased, dark"),
    ("cross-entropy over squared error", "heatmap 96x128, dark", "heatmap 96x128 mse"),
    ("heatmap over regression", "heatmap 96x128, dark", "deeppose"),
    ("cascade: stage 2 over stage 1", "deeppose cascade, stage 2", "deeppose cascade, stage 1"),
    ("cascade: stage 3 over stage 2", "deeppose cascade, stage 3", "deeppose cascade, stage 2"),
    (
        "cascade of wide windows: stage 2 over stage 1",
        "deeppose cascade wide, stage 2",
        "deeppose cascade wide, stage 1",
    ),
    (
        "cascade of wide windows: stage 3 over stage 2",
        "deeppose cascade wide, stage 3",
        "deeppose cascade wide, stage 2",
    ),
    ("YOLO-Pose: OKS loss over L1", "yolo_pose OKS", "yolo_pose L1"),
)


@dataclass(frozen=True)
class Trainer:
    """Trains and tests one contestant on one set with one seed; picklable."""

    work: Path
    steps: dict[str, int]

    def __call__(self, job: tuple[str, int, int]) -> tuple[str, int, int]:
        """Do a job: set, contestant, seed. What it scored is left in the work folder."""
        import torch

        from hpefair.estimators.protocol import make
        from hpefair.settings.params import load as load_params
        from hpefair.training.engine import Recipe, fit
        from hpefair.training.training_set import TrainingSet

        name, number, seed = job
        done = result_file(self.work, job)
        if done.exists():
            return job
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        who = CONTESTANTS[number]
        learn, test = (
            pd.read_parquet(self.work / f"{name}_learn.parquet"),
            pd.read_parquet(self.work / f"{name}_test.parquet"),
        )
        model = make(who.estimator, who.size, COCO_17, who.options)
        engine = load_params(ROOT / "params.yaml").train.engine
        settings = engine.model_copy(
            update={"steps": self.steps[name], "batch": BATCH, "keep": "last", "checkpoint_every": 10**9}
        )
        with tempfile.TemporaryDirectory(dir=self.work) as scratch:
            start = time.process_time()
            fit(model, TrainingSet.plain(learn), Recipe(settings, seed, COCO_17), Path(scratch))
            seconds = time.process_time() - start
        scores = {
            row: read(model, who, reading, test).tolist() for row, reading in zip(who.rows, who.readings, strict=True)
        }
        parameters = sum(parameter.numel() for parameter in model.parameters())
        tables.write_json_atomically(
            done, {"scores": scores, "seconds": seconds, "parameters": parameters}, indent=None
        )
        return job


def result_file(work: Path, job: tuple[str, int, int]) -> Path:
    """Where a job leaves what it scored."""
    return work / f"{job[0]}_{CONTESTANTS[job[1]].name.replace(' ', '_')}_{job[2]}.json"


def read(model: Any, who: Contestant, reading: str, test: pd.DataFrame) -> np.ndarray:
    """PCK and AR (N, 2) of the test people, with one way of reading a model."""
    from hpefair.prediction.prediction import TestTime, detect, predict
    from hpefair.training.validation import annotated

    if reading in DECODERS:
        model.options = model.options.model_copy(update={"decoding": reading})
    elif reading:
        model.begin(int(reading.removeprefix("stage ")) - 1, None)
    truth, index = annotated(test)
    if model.scope == "crop":
        poses, score = predict(model, test, TestTime())
        found = Detections(truth.image, poses, score)
    else:
        pictures = test.drop_duplicates("image_id")
        found = pose_arrays.detections(detect(model, pictures, TestTime()).assign(area=np.nan), index)
    pairs = candidates(truth, found, COCO_17.variances, len(index))
    scored = person_scores(truth, found, pairs, COCO_17)
    assigned = assigned_keypoints(assign(truth, pairs), found, COCO_17.size)
    torso, _ = torso_length(truth.keypoints, COCO_17)
    right = row_mean(correct_joints(truth.keypoints, assigned, torso, 0.2))
    return np.stack([right, scored.table["ar"].to_numpy()], axis=1)


def prepare(work: Path, data: Path | None) -> list[str]:
    """Write the sets' people as tables; names of the sets."""
    names = []
    if data is not None:
        athletes = real_people.lspet(data).assign(exposure=1.0, synthetic=False, iscrowd=False)
        write_split(work, "lspet", athletes.iloc[:LEARN], athletes.iloc[LEARN:])
        names.append("lspet")
    for part, number, seed in (("learn", LEARN, 11), ("test", 200, 12)):
        if not (work / part).exists():
            make_dataset(work / part, Request(number, seed), os.cpu_count() or 1)
    write_split(work, "builtin", built_in(work / "learn"), built_in(work / "test"))
    return [*names, "builtin"]


def write_split(work: Path, name: str, learn: pd.DataFrame, test: pd.DataFrame) -> None:
    columns = ["image_id", "path", "bbox", "keypoints", "area", "exposure", "synthetic", "iscrowd"]
    learn[columns].reset_index(drop=True).to_parquet(work / f"{name}_learn.parquet")
    test[columns].reset_index(drop=True).to_parquet(work / f"{name}_test.parquet")


def built_in(folder: Path) -> pd.DataFrame:
    """People of a set of built-in pictures who have keypoints."""
    tree = json.loads((folder / "annotations.json").read_text())
    paths = {image["id"]: str(folder / "images" / image["file_name"]) for image in tree["images"]}
    rows = pd.DataFrame(tree["annotations"])
    rows = rows[rows["num_keypoints"] > 0]
    return rows.assign(
        path=rows["image_id"].map(paths),
        image_id=rows["image_id"].astype(str),
        exposure=1.0,
        synthetic=False,
        iscrowd=False,
    )


def gathered(
    work: Path, name: str, seeds: int, chosen: list[int]
) -> tuple[dict[str, np.ndarray], dict[str, tuple[float, int]]]:
    """Scores (seeds, N, 2) by row; mean CPU seconds and parameters by row."""
    scores: dict[str, list] = {}
    costs: dict[str, list] = {}
    for number in chosen:
        who = CONTESTANTS[number]
        for seed in range(seeds):
            kept = tables.read_json(result_file(work, (name, number, seed)))
            for row in who.rows:
                scores.setdefault(row, []).append(kept["scores"][row])
                costs.setdefault(row, []).append((kept["seconds"], kept["parameters"]))
    means = {row: (float(np.mean([s for s, _ in cost])), cost[0][1]) for row, cost in costs.items()}
    return {row: np.array(values, float) for row, values in scores.items()}, means


def same_weights(one: str, other: str) -> bool:
    """Whether two rows are readings of the same trained models."""
    return one.partition(",")[0] == other.partition(",")[0]


def noise_of(scores: dict[str, np.ndarray], metric: int) -> dict[bool, SeedNoise]:
    """Noise of seeds, pooled over claims about the same weights (True) and over those about others."""
    families: dict[bool, list] = {True: [], False: []}
    for _, one, other in claims_about(scores):
        gain = np.nanmean(scores[one][:, :, metric] - scores[other][:, :, metric], axis=1)
        families[same_weights(one, other)].append(gain[None])
    return {same: pooled_noise(parts) for same, parts in families.items() if parts}


def claims_about(scores: dict[str, np.ndarray]) -> list[tuple[str, str, str]]:
    """The claims of which both rows are there."""
    return [claim for claim in CLAIMS if set(claim[1:]) <= set(scores)]


def reported(work: Path, name: str, seeds: int, steps: int, chosen: list[int]) -> list[dict[str, Any]]:
    """Print and return the rows of one set."""
    scores, costs = gathered(work, name, seeds, chosen)
    image = pd.factorize(pd.read_parquet(work / f"{name}_test.parquet")["image_id"])[0].astype(np.int64)
    title = f"{name}: {seeds} seeds, {steps} steps of {BATCH}, {len(image)} test people"
    table = Table(title=title)
    for column in ("estimator", *METRICS, "parameters", "CPU s"):
        table.add_column(column)
    rows = []
    for row, values in scores.items():
        means = [float(np.nanmean(values[:, :, metric])) for metric in range(len(METRICS))]
        spread = [float(np.nanmean(values[:, :, metric], axis=1).std(ddof=1)) for metric in range(len(METRICS))]
        told = [f"{mean:.3f} (seeds {deviation:.3f})" for mean, deviation in zip(means, spread, strict=True)]
        table.add_row(row, *told, f"{costs[row][1] / 1e6:.2f} M", f"{costs[row][0]:.0f}")
        rows.append({"set": name, "estimator": row, **dict(zip(METRICS, means, strict=True)), "cpu_s": costs[row][0]})
    Console(width=120).print(table)
    claims = Table(title=f"{name}: claims")
    for column in ("claim", *METRICS, "verdict"):
        claims.add_column(column)
    noises = [noise_of(scores, metric) for metric in range(len(METRICS))]
    for claim, one, other in claims_about(scores):
        cells, verdicts = [], []
        for metric in range(len(METRICS)):
            ours, base = scores[one][:, :, metric], scores[other][:, :, metric]
            value, low, high = difference(ours, base, image, noises[metric][same_weights(one, other)])
            cells.append(f"{value:+.3f} [{low:+.3f}, {high:+.3f}]")
            verdicts.append("yes" if low > 0 else "no, the reverse" if high < 0 else "not seen")
            rows.append(
                {"set": name, "claim": claim, "metric": METRICS[metric], "value": value, "low": low, "high": high}
            )
        claims.add_row(claim, *cells, " / ".join(dict.fromkeys(verdicts)))
    Console(width=140).print(claims)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help=f"folder that holds lspet/; {real_people.VARIABLE} by default")
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--steps", type=int, default=600, help="on photographs")
    parser.add_argument("--built-in-steps", type=int, default=400, help="on built-in people, who are learnt sooner")
    parser.add_argument("--only", default="", help="contestants whose name holds this, such as 'cascade wide'")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, help="keep what is done here, and go on")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        named = options.data or (Path(os.environ[real_people.VARIABLE]) if real_people.VARIABLE in os.environ else None)
        names = prepare(work, named)
        steps = {"lspet": options.steps, "builtin": options.built_in_steps}
        chosen = [k for k, who in enumerate(CONTESTANTS) if options.only in who.name]
        jobs = [(name, k, seed) for seed in range(options.seeds) for name in names for k in chosen]
        for _ in worker_pool.run(Trainer(work, steps), jobs, options.workers, "training"):
            pass
        rows = [row for name in names for row in reported(work, name, options.seeds, steps[name], chosen)]
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
