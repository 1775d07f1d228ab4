"""What do fairness-aware objectives do on a biased set? ERM, balanced sampling and GroupDRO on the planted bias.

Every seed has a training set of its own with the built-in planted bias (few children, few older people), and every
objective gets the same pictures, steps and initialization. Tested on one set in which all age bands are equally
common. Intervals resample pictures and contain the noise of seeds (seed_intervals.py), pooled over objectives and age
bands. The objectives know everybody's exact age band.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.seed_intervals import difference, pooled_noise
from benchmarks.trials import people, scores, trained
from hpefair.core.fairness.objectives import Choice
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data.population_file import read_population
from hpefair.schema import ATTRIBUTES
from hpefair.settings.params import load as load_params
from hpefair.synthetic.dataset import PLANTED_BIAS, Request, make_dataset

ROOT = Path(__file__).resolve().parent.parent
BY = "age_band"
OBJECTIVES = ("erm", "balanced_sampling", "group_dro")
TEST_SEED = 300
SIZE, BATCH = (64, 96), 16
STEP = 0.01  # of GroupDRO, Sagawa et al.'s


@dataclass(frozen=True)
class Training:
    """Trains and tests with one objective and one seed; picklable."""

    folder: Path
    steps: int

    def __call__(self, job: tuple[str, int]) -> tuple[str, int, np.ndarray]:
        """Objective, seed, AR and OKS (N, 2) of the test people."""
        import torch

        from hpefair.core.labels.membership import membership, membership_rows
        from hpefair.estimators.protocol import make
        from hpefair.prediction.prediction import TestTime, predict
        from hpefair.training.engine import Recipe, fit
        from hpefair.training.training_set import Membership, TrainingSet

        objective, seed = job
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        learn, test = people(self.folder / f"biased_{seed}"), people(self.folder / "test")
        learn = learn.assign(person_id=[str(k) for k in range(len(learn))])
        nobody = pd.DataFrame(columns=["person_id", "attribute", "probabilities"])
        who = Membership(*membership(membership_rows(learn, nobody, [BY]), learn["person_id"], BY))
        engine = load_params(ROOT / "params.yaml").train.engine
        settings = engine.model_copy(update={"steps": self.steps, "batch": BATCH, "checkpoint_every": 10**9})
        model = make("heatmap", SIZE, COCO_17)
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            recipe = Recipe(settings, seed, COCO_17, Choice(objective, step=STEP))
            fit(model, TrainingSet(learn, who), recipe, Path(work))
        return objective, seed, scores(test, *predict(model, test, TestTime()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=700, help="pictures per training set")
    parser.add_argument("--test", type=int, default=400, help="pictures of the test set")
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_dataset(folder / "test", Request(options.test, TEST_SEED, crowds=(1.0,)), options.workers)
        for seed in range(options.seeds):
            request = Request(options.images, 1000 + seed, shares=read_population(PLANTED_BIAS), crowds=(1.0,))
            make_dataset(folder / f"biased_{seed}", request, options.workers)
        found = trained(Training(folder, options.steps), OBJECTIVES, options.seeds, options.workers)
        test, learn = people(folder / "test"), people(folder / "biased_0")
    rows = compared(test, learn, {name: values[:, :, 0] for name, values in found.items()})
    what = f"{options.seeds} seeds, {options.steps} steps of {BATCH}, {options.images} training pictures"
    Console(width=150).print(printed(rows, f"AR by age band ({what})"))
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


def compared(test: pd.DataFrame, learn: pd.DataFrame, ar: dict[str, np.ndarray]) -> list[dict]:
    """Rows by group: AR of every objective, and its difference from ERM with an interval."""
    image = pd.factorize(test["image_id"])[0].astype(np.int64)
    groups = {"all": np.ones(len(test), bool)} | {g: (test[BY] == g).to_numpy() for g in ATTRIBUTES[BY]}
    families = [
        np.stack([(ar[name] - ar["erm"])[:, member].mean(axis=1) for name in OBJECTIVES[1:]])
        for member in groups.values()
    ]
    noise = pooled_noise(families)
    rows = []
    for group, member in groups.items():
        share = 1.0 if group == "all" else float((learn[BY] == group).mean())
        row = {"group": group, "test": int(member.sum()), "trained on": share}
        own = pd.factorize(image[member])[0].astype(np.int64)
        for name in OBJECTIVES:
            row[name] = float(ar[name][:, member].mean())
            if name != "erm":
                row[f"{name} - erm"] = difference(ar[name][:, member], ar["erm"][:, member], own, noise)
        rows.append(row)
    return rows


def printed(rows: list[dict], title: str) -> Table:
    """The rows as a table."""
    table = Table(title=title)
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        cells = []
        for name, value in row.items():
            if isinstance(value, tuple):
                cells.append("{:+.3f} [{:+.3f}, {:+.3f}]".format(*value))
            elif isinstance(value, float):
                cells.append(f"{value:.0%}" if name == "trained on" else f"{value:.3f}")
            else:
                cells.append(str(value))
        table.add_row(*cells)
    return table


if __name__ == "__main__":
    main()
