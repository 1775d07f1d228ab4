"""Do generated people help a pose estimator on real people, at equal real exposure? Train on LSPET with and without.

Arms: `--small` and all real training people, each alone | + rendered | + recomposed | + unaltered; the small set also +
repeats. Every step of every arm shows the same `--batch` real people with the same augmentation (same seed, same step),
and an arm with an addition shows as many added samples on top; so real exposures are equal, and total samples are not:
the arm `repeats`, whose added samples are the same real people once more, tells what more samples alone do.
`recomposed` are COCO people (LSPET has no masks), `unaltered` the same COCO people as often, as they were. All arms of
a seed start from the same weights. Twelve limb joints are learned and tested; the face is labelled in no arm.

Tested on people of held-out images (`--test`, by a hash of the name): PCK@.2 of the torso diagonal, and mean OKS with
.53 of the box as area. Intervals resample images and contain the seed noise (seed_intervals.py). LSPET holds series of
one event: held-out people are other pictures, not other photographers, which favours all arms alike.

Two seeds of 1,500 steps cost about 35 CPU minutes on one core. `--work` keeps what is done; a second call goes on.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import addition_people, real_people
from benchmarks.seed_intervals import CONFIDENCE, SeedNoise, difference, pooled_noise
from hpefair.core.pose.localization import correct_joints, row_mean
from hpefair.core.pose.normalizers import torso_length
from hpefair.core.pose.similarity import keypoint_similarity
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import tables
from hpefair.errors import HpefairError, InputError
from hpefair.settings.params import TrainEngine
from hpefair.settings.params import load as load_params

ROOT = Path(__file__).resolve().parent.parent
ADDITIONS = ("alone", "repeats", "rendered", "recomposed", "unaltered")
METRICS = ("PCK@.2", "mean OKS")
PCK_AT = 0.2

Scores = dict[tuple[int, str], np.ndarray]  # (seeds, N, 2) by number of real people and addition


@dataclass(frozen=True)
class Job:
    """One model to train."""

    real: int
    addition: str
    seed: int

    @property
    def name(self) -> str:
        """Name of its files."""
        return f"{self.real}_{self.addition}_{self.seed}"


@dataclass(frozen=True)
class Trial:
    """What a finished model scored: (N, 2) of PCK and OKS, its CPU seconds and its last losses' mean."""

    scores: np.ndarray
    seconds: float
    loss: float


def training_set(real: pd.DataFrame, added: pd.DataFrame | None) -> pd.DataFrame:
    """People table for the engine, such that a step shows as many added people as real ones."""
    if added is None:
        return real.assign(exposure=1.0, synthetic=False)
    # The engine shows batch * len(added) / sum(exposure) added people a step.
    own = real.assign(exposure=len(added) / len(real), synthetic=False)
    return pd.concat([own, added.assign(exposure=0.0, synthetic=True)], ignore_index=True)


def train(job: Job, people: pd.DataFrame, test: pd.DataFrame, engine: TrainEngine, work: Path) -> Trial:
    """Train and test one model, or read what it scored."""
    done = work / f"{job.name}.json"
    if not done.exists():
        start = time.process_time()
        poses, loss = _fitted(job, people, test, engine, work / job.name)
        seconds = time.process_time() - start
        values = scores(test, poses).tolist()
        tables.write_json_atomically(done, {"scores": values, "seconds": seconds, "loss": loss}, indent=None)
        shutil.rmtree(work / job.name)
    kept = tables.read_json(done)
    return Trial(np.array(kept["scores"], dtype=float), kept["seconds"], kept["loss"])


def _fitted(job: Job, people: pd.DataFrame, test: pd.DataFrame, engine: TrainEngine, work: Path) -> tuple:
    """Poses (N, 17, 3) of the test people and the mean of the last losses."""
    import torch

    from hpefair.estimators.protocol import make
    from hpefair.prediction.prediction import TestTime, predict
    from hpefair.training.engine import Recipe, fit
    from hpefair.training.training_set import TrainingSet

    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    model = make("heatmap", (engine.input_width, engine.input_height), COCO_17)
    work.mkdir(exist_ok=True)
    curves = fit(model, TrainingSet.plain(people), Recipe(engine, job.seed, COCO_17), work)
    poses, _ = predict(model, test, TestTime())
    return poses, float(curves.tables()["curve"]["loss"].iloc[-50:].mean())


def scores(test: pd.DataFrame, poses: np.ndarray) -> np.ndarray:
    """PCK@.2 and OKS (N, 2) of every test person."""
    keypoints = np.array(test["keypoints"].to_list(), float).reshape(len(test), 17, 3)
    torso, _ = torso_length(keypoints, COCO_17)
    right = row_mean(correct_joints(keypoints, poses[..., :2], torso, PCK_AT))
    similarity = keypoint_similarity(keypoints, test["area"].to_numpy(float), poses[..., :2], COCO_17.variances)
    return np.stack([right, np.nanmean(similarity, axis=1)], axis=1)


def noises(found: Scores, metric: int) -> SeedNoise:
    """Seed noise of differences from the real-only arm, pooled over both numbers of real people."""
    families = []
    for real in {key[0] for key in found}:
        base = np.nanmean(found[real, "alone"][:, :, metric], axis=1)
        arms = [values for key, values in found.items() if key[0] == real and key[1] != "alone"]
        families.append(np.stack([np.nanmean(values[:, :, metric], axis=1) - base for values in arms]))
    return pooled_noise(families)


def compared(found: Scores, image: np.ndarray) -> list[dict]:
    """One row per metric and arm: its mean, each seed's, and the differences from the arms that it is held against."""
    rows = []
    for metric, name in enumerate(METRICS):
        noise = noises(found, metric)
        for (real, addition), values in found.items():
            mine = values[:, :, metric]
            seeds = np.nanmean(mine, axis=1)
            row = {"metric": name, "real": real, "addition": addition, "value": float(seeds.mean())}
            row |= {"seeds": seeds.tolist(), "seed_noise": noise.deviation, "freedom": noise.freedom}
            for other in rivals(addition, found, real):
                against = found[real, other][:, :, metric]
                row[f"beyond {other}"] = difference(mine, against, image, noise)
            rows.append(row)
    return rows


def rivals(addition: str, found: Scores, real: int) -> list[str]:
    """Arms that an arm is held against: nothing added; as many samples; and for recomposing, the unaltered people."""
    wanted = {"alone": (), "repeats": ("alone",), "recomposed": ("alone", "repeats", "unaltered")}
    return [other for other in wanted.get(addition, ("alone", "repeats")) if (real, other) in found]


def printed(rows: list[dict], title: str) -> Table:
    out = Table(title=title)
    for column in ("metric", "real people", "added", "score", "by seed", *(f"beyond {a}" for a in ADDITIONS[:2])):
        out.add_column(column)
    out.add_column("beyond unaltered")
    for row in rows:
        seeds = " ".join(f"{value:.3f}" for value in row["seeds"])
        cells = [_interval(row.get(f"beyond {name}")) for name in ("alone", "repeats", "unaltered")]
        out.add_row(row["metric"], str(row["real"]), row["addition"], f"{row['value']:.3f}", seeds, *cells)
    return out


def _interval(values: tuple[float, float, float] | None) -> str:
    return "" if values is None else f"{values[0]:+.3f} [{values[1]:+.3f}, {values[2]:+.3f}]"


def additions(options: argparse.Namespace, data: Path, work: Path) -> dict[str, pd.DataFrame]:
    """Added people by name, for the arms that add other people than the real ones."""
    everything, found = load_params(ROOT / "params.yaml"), {}
    if "rendered" in options.arms:
        made = addition_people.rendered(work / "rendered", options.rendered)
        found["rendered"] = addition_people.cut(made, work / "cut_rendered")
    if {"recomposed", "unaltered"} & set(options.arms):
        changed = addition_people.recomposed(work / "recomposed", options.recomposed, data, everything)
        found["recomposed"] = addition_people.cut(changed.made, work / "cut_recomposed")
        found["unaltered"] = addition_people.cut(changed.unaltered, work / "cut_unaltered")
        parents = changed.unaltered["person_id"].nunique()
        print(f"{len(changed.made)} recomposed people of {changed.attempts} attempts, from {parents} people")
    return {name: people for name, people in found.items() if name in options.arms}


def claimed(work: Path, options: argparse.Namespace) -> None:
    """Refuse a work folder of other settings: its models would be compared with unlike ones."""
    names = ("steps", "batch", "test", "small", "rendered", "recomposed", "precision")
    mine = {name: getattr(options, name) for name in names}
    work.mkdir(parents=True, exist_ok=True)
    claim = work / "settings.json"
    if claim.exists() and tables.read_json(claim) != mine:
        raise InputError(f"{work} was made with other settings (see {claim}); choose another --work")
    tables.write_json_atomically(claim, mine)


def run(options: argparse.Namespace, work: Path) -> None:
    """Train every arm, print and write the rows."""
    claimed(work, options)
    os.environ["ACCELERATE_MIXED_PRECISION"] = options.precision
    data = real_people.folder_of(options.data)
    athletes = addition_people.cut(real_people.lspet(data), work / "cut_real")
    test, pool = athletes.iloc[: options.test], athletes.iloc[options.test :].reset_index(drop=True)
    engine = load_params(ROOT / "params.yaml").train.engine
    engine = engine.model_copy(update={"steps": options.steps, "batch": options.batch})
    added = additions(options, data, work)
    found: Scores = {}
    seconds, sizes = 0.0, {}
    for number in (options.small, len(pool)):
        real = pool.iloc[:number]
        sets = {"alone": None, "repeats": real, **added}
        for addition in (name for name in ADDITIONS if name in options.arms):
            if addition == "repeats" and number != options.small:
                continue  # what more samples alone do is asked once
            people = training_set(real, sets[addition])
            jobs = [Job(number, addition, seed) for seed in range(1, options.seeds + 1)]
            made = [train(job, people, test, engine, work) for job in jobs]
            found[number, addition] = np.stack([one.scores for one in made])
            sizes[number, addition] = len(people) - number
            seconds += sum(one.seconds for one in made)
            told = "; ".join(f"{np.nanmean(one.scores[:, 0]):.3f}, loss {one.loss:.3f}" for one in made)
            print(f"{number} real, {addition}: PCK@.2 {told}; {sum(one.seconds for one in made):.0f} CPU s", flush=True)
    rows = compared(found, np.arange(len(test)))
    what = (
        f"{len(test)} held-out LSPET people, {options.seeds} seeds, {options.steps} steps, {options.batch} real people "
        f"a step in every arm ({options.steps * options.batch} exposures), {CONFIDENCE:.0%} intervals over images and "
        f"seeds, {options.precision}, {seconds:.0f} CPU s of training"
    )
    Console(width=170).print(printed(rows, what))
    for row in rows:
        row |= {"added_people": sizes[row["real"], row["addition"]]}
    if options.json:
        settings = {**{k: v for k, v in vars(options).items() if not isinstance(v, Path)}, "cpu_seconds": seconds}
        options.json.write_text(json.dumps({"settings": settings, "rows": rows}, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help=f"folder of real people; else the variable {real_people.VARIABLE}")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=2, help="at least 2")
    parser.add_argument("--batch", type=int, default=16, help="real people a step, and added ones on top")
    parser.add_argument("--test", type=int, default=200, help="held-out people")
    parser.add_argument("--small", type=int, default=300, help="real people of the small training set")
    parser.add_argument("--rendered", type=int, default=1500, help="pictures")
    parser.add_argument("--recomposed", type=int, default=600, help="attempts")
    parser.add_argument("--precision", choices=("no", "bf16"), default="bf16", help="of training; testing is in full")
    parser.add_argument("--arms", nargs="+", choices=ADDITIONS, default=list(ADDITIONS))
    parser.add_argument("--work", type=Path, help="keep what is made and trained here, and go on from it")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    if options.seeds < 2 or "alone" not in options.arms or len(options.arms) < 2:
        parser.error("at least 2 seeds, the arm `alone` and another one are needed")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            run(options, options.work or Path(scratch))
    except HpefairError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
