"""Does skin tone, age, build, gender presentation or contrast alone change how well a person can be seen?

The same scene with one factor changed, judged by an outside pose model that never saw these people: mean difference of
OKS to the unchanged picture, visible joints only, the true box given; a person who is not found counts as 0. Intervals
resample scenes. A difference of more than .02 would be a fault of the renderer that reads as a fairness gap.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hpefair.core.fairness.counterfactual import paired_gaps
from hpefair.core.pose.skeletons import COCO_17
from hpefair.judges import fetching
from hpefair.judges.catalogue import FOLDER
from hpefair.judges.opening import open_judge
from hpefair.synthetic.counterfactual import change
from hpefair.synthetic.picture.photograph import Photograph, photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams

BASE = {"age_band": "adult", "build": "average", "skin_tone": "monk_04", "contrast": "mid"}
CHANGES = {
    "age_band": ("child", "teen", "middle", "older"),
    "build": ("slim", "large"),
    "skin_tone": ("monk_01", "monk_07", "monk_09", "monk_10"),
    "gender_presentation": ("feminine", "masculine"),
    "contrast": ("low", "high"),
}
LIMIT = 0.02


def seen(judge, picture: Photograph) -> tuple[np.ndarray, np.ndarray]:
    """OKS terms (17,) of the judge's joints and which joints are visible (17,)."""
    labels = picture.people[0]
    sighting = judge.look(picture.pixels, labels.bbox)
    visible = labels.keypoints[:, 2] == 2
    if sighting is None:
        return np.zeros(17), visible
    squared = ((sighting.keypoints[:, :2] - labels.keypoints[:, :2]) ** 2).sum(axis=1)
    return np.exp(-squared / (2 * labels.mask.sum() * COCO_17.variances)), visible


def usable(picture: Photograph) -> bool:
    """Large enough, and enough joints to see."""
    labels = picture.people[0]
    return bool(labels.mask.sum() >= 2000 and (labels.keypoints[:, 2] == 2).sum() >= 8)


def paired(judge, number: int, seed: int, pose: str) -> tuple[dict, list[float]]:
    """Scene and difference of every pair by factor and group, and OKS of the unchanged pictures."""
    differences: dict = {(f, g): [] for f, groups in CHANGES.items() for g in groups}
    base_oks: list[float] = []
    for index in track(range(number), "judging", console=Console(stderr=True)):
        wanted = {**BASE, "pose": pose} if pose else BASE
        base = photograph(stage(Streams(seed, f"pair {index}"), Setting(crowds=(1.0,)), wanted), 2)
        if not usable(base):
            continue
        terms, visible = seen(judge, base)
        base_oks.append(float(terms[visible].mean()))
        for factor, group in differences:
            if base.scene.people[0].labels.get(factor) == group:
                continue
            other = photograph(change(base.scene, factor, group), 2)
            if not usable(other):
                continue
            found, other_visible = seen(judge, other)
            both = visible & other_visible
            differences[factor, group].append((index, float(found[both].mean() - terms[both].mean())))
    return differences, base_oks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pose", default="", help="one kind of pose; all by default")
    parser.add_argument("--models", type=Path, default=FOLDER, help="where fetched judges are kept")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    for _, fault in fetching.fetch(["blazepose"], options.models):
        if fault:
            sys.exit(fault)
    differences, base = paired(open_judge("blazepose", options.models), options.scenes, options.seed, options.pose)
    pairs = pd.DataFrame(
        [(scene, *key, 0.0, value) for key, values in differences.items() for scene, value in values],
        columns=["scene", "factor", "group", "before", "after"],
    )
    table = Table(title=f"Paired counterfactuals judged by BlazePose full: {len(base)} scenes, OKS {np.mean(base):.3f}")
    for column in ("factor", "group", "pairs", "difference [95 % interval]", f"within {LIMIT}"):
        table.add_column(column)
    rows = []
    for row in paired_gaps(pairs, LIMIT, 0.95, 2000, 0).itertuples():
        verdict = "yes" if abs(row.difference) < LIMIT else "NO"
        interval = f"{row.difference:+.3f} [{row.difference_low:+.3f}, {row.difference_high:+.3f}]"
        table.add_row(row.factor, row.group, str(row.n_pairs), interval, verdict)
        numbers = {"value": row.difference, "low": row.difference_low, "high": row.difference_high}
        rows.append({"factor": row.factor, "group": row.group, "pairs": row.n_pairs, **numbers})
    Console(width=110).print(table)
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
