"""Does a planted bias show? Train on biased and on balanced built-in people, test both on a balanced sealed set.

Every seed has training sets of its own, one per arm, of the same number of pictures, and every model gets the same
number of steps; only the shares of the groups differ. A planted gap is a group that gains more from balance than all
others do: the difference between arms in the group minus that in everybody else.

Intervals resample test images and the seeds of both arms; because few seeds understate their variance, deviations over
seeds are widened by sqrt(n / (n - 1)). The verdict is about the planted groups only (those whose biased share is below
half of an equal one), with Bonferroni's level over them; the other rows are context.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.trials import people, scores, trained
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.uncertainty.intervals import percentile_interval, resample
from hpefair.data.population_file import read_population
from hpefair.schema import ATTRIBUTES as ATTRIBUTE_GROUPS
from hpefair.settings.params import load as load_params
from hpefair.synthetic.dataset import PLANTED_BIAS, Request, make_dataset

ROOT = Path(__file__).resolve().parent.parent
ARMS = ("biased", "balanced")
TEST_SEED = 300
ATTRIBUTES = ("age_band", "build", "contrast", "gender_presentation")
RESAMPLES = 2000


@dataclass(frozen=True)
class Training:
    """One model: arm and seed; picklable."""

    folder: Path
    steps: int

    def __call__(self, job: tuple[str, int]) -> tuple[str, int, np.ndarray]:
        """Train and test one model: arm, seed, scores (N, 2)."""
        import torch

        from hpefair.estimators.protocol import make
        from hpefair.prediction.prediction import TestTime, predict
        from hpefair.training.engine import Recipe, fit
        from hpefair.training.training_set import TrainingSet

        arm, seed = job
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        engine = load_params(ROOT / "params.yaml").train.engine.model_copy(update={"steps": self.steps})
        model = make("heatmap", (engine.input_width, engine.input_height), COCO_17)
        work = self.folder / f"work_{arm}_{seed}"
        work.mkdir()
        fit(model, TrainingSet.plain(people(self.folder / f"{arm}_{seed}")), Recipe(engine, seed, COCO_17), work)
        test = people(self.folder / "test")
        poses, score = predict(model, test, TestTime())
        return arm, seed, scores(test, poses, score)


def _drawn_seeds(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mean over resampled seeds (RESAMPLES, N) of scores (seeds, N), its deviations widened for the number of seeds."""
    seeds = len(values)
    mean = values.mean(axis=0)
    resampled = values[rng.integers(0, seeds, (RESAMPLES, seeds))].mean(axis=1)
    return mean + (resampled - mean) * np.sqrt(seeds / (seeds - 1))


def compared(test: pd.DataFrame, results: dict[str, np.ndarray], metric: int, planted: set) -> pd.DataFrame:
    """Mean of every group in both arms and their paired difference, with intervals over images and seeds."""
    image = pd.factorize(test["image_id"])[0]
    counts = resample(np.arange(int(image.max()) + 1), RESAMPLES, 0)[:, image]
    rng = np.random.default_rng(1)
    draws = {arm: _drawn_seeds(values[:, :, metric], rng) for arm, values in results.items()}
    rows = []
    groups = [("all", "all", np.ones(len(test), bool))]
    groups += [(a, g, (test[a] == g).to_numpy()) for a in ATTRIBUTES for g in ATTRIBUTE_GROUPS[a]]
    for attribute, group, member in groups:
        weight = counts * member
        means = {arm: _mean(drawn, weight) for arm, drawn in draws.items()}
        means["difference"] = means["balanced"] - means["biased"]
        if group != "all":
            others = {arm: _mean(drawn, counts * ~member) for arm, drawn in draws.items()}
            means["beyond"] = means["difference"] - (others["balanced"] - others["biased"])
        row = {"attribute": attribute, "group": group, "n": int(member.sum())}
        for name, drawn in means.items():
            level = 1 - 0.05 / len(planted) if name == "beyond" and (attribute, group) in planted else 0.95
            low, high = percentile_interval(drawn[:, None], level)
            row |= {f"{name}_low": float(low[0]), f"{name}_high": float(high[0])}
        for arm, values in results.items():
            row[arm] = float(values[:, member, metric].mean())
        row["difference"] = row["balanced"] - row["biased"]
        if group != "all":
            rest = {arm: float(values[:, ~member, metric].mean()) for arm, values in results.items()}
            row["beyond"] = row["difference"] - (rest["balanced"] - rest["biased"])
            if (attribute, group) in planted:
                row["effect"] = "yes" if row["beyond_low"] > 0 or row["beyond_high"] < 0 else "none seen"
        rows.append(row)
    return pd.DataFrame(rows)


def _mean(drawn: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted mean of every resample."""
    return (weight * drawn).sum(axis=1) / weight.sum(axis=1)


def printed(table: pd.DataFrame, shares: dict[tuple[str, str], float], title: str) -> Table:
    """The rows as a table."""
    out = Table(title=title)
    heads = (
        "attribute",
        "group",
        "test",
        "trained on, biased",
        *ARMS,
        "balanced - biased",
        "beyond others",
        "planted effect",
    )
    for column in heads:
        out.add_column(column)
    for row in table.to_dict(orient="records"):
        cells = [_interval(row, name, "") for name in ARMS]
        cells += [_interval(row, name, "+") for name in ("difference", "beyond")]
        share = shares.get((row["attribute"], row["group"]))
        text = "" if share is None else f"{share:.0%}"
        effect = row["effect"] if isinstance(row["effect"], str) else ""
        out.add_row(row["attribute"], row["group"], str(row["n"]), text, *cells, effect)
    return out


def _interval(row: dict, name: str, sign: str) -> str:
    if pd.isna(row[name]):
        return ""
    return f"{row[name]:{sign}.3f} [{row[name + '_low']:{sign}.3f}, {row[name + '_high']:{sign}.3f}]"


def drawn(table: pd.DataFrame, path: Path, title: str) -> None:
    """What every group gained beyond all others, with its interval."""
    table = table[table["beyond"].notna()]
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7, 0.27 * len(table) + 1))
        axes = figure.subplots()
        rows = np.arange(len(table))[::-1]
        axes.hlines(rows, table["beyond_low"], table["beyond_high"], color="#0b6e99", linewidth=2)
        axes.plot(table["beyond"], rows, "o", color="#0b6e99", markersize=4)
        axes.axvline(0, color="#1c2530", linewidth=1, linestyle=":")
        axes.set_yticks(rows, [f"{row.attribute} {row.group} (n={row.n})" for row in table.itertuples()])
        axes.set_xlabel(title)
        figure.savefig(path, dpi=110, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=700, help="pictures per training set")
    parser.add_argument("--test", type=int, default=500, help="pictures of the balanced test set")
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--bias", type=Path, default=PLANTED_BIAS, help="shares of the biased arm")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--png", type=Path, help="draw the differences to this file")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_dataset(folder / "test", Request(options.test, TEST_SEED, crowds=(1.0,)), options.workers)
        for seed in range(options.seeds):
            for number, arm in enumerate(ARMS):
                shares = read_population(options.bias) if arm == "biased" else {}
                request = Request(options.images, 1000 * (number + 1) + seed, shares=shares, crowds=(1.0,))
                make_dataset(folder / f"{arm}_{seed}", request, options.workers)
        results = trained(Training(folder, options.steps), ARMS, options.seeds, options.workers)
        test, biased = people(folder / "test"), people(folder / "biased_0")
    shares = {(a, g): float((biased[a] == g).mean()) for a in ATTRIBUTES for g in biased[a].unique()}
    bias = read_population(options.bias)
    planted = {(a, g) for a, groups in bias.items() for g, share in groups.items() if share < 0.5 / len(groups)}
    what = f"{options.seeds} seeds, {options.steps} steps, {options.images} training pictures"
    rows = []
    for metric, name in enumerate(("AR", "mean OKS")):
        table = compared(test, results, metric, planted)
        Console(width=190).print(printed(table, shares, f"Planted gap, {name} ({what})"))
        rows += [{"metric": name, **row} for row in table.to_dict(orient="records")]
        if options.png and name == "AR":
            drawn(table, options.png, f"{name} gained by balance, beyond all others ({what})")
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
