"""Generated people that are let in, and why the others are not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, progress, tables
from hpefair.adapters.thumbnails import lab_thumbnail
from hpefair.attributes.measurement import COLUMNS
from hpefair.attributes.screening import inspect
from hpefair.core.balance.screening import near_duplicates


def build(out: Path, work: Path, item: str) -> None:
    """Write accepted and rejected people, and the acceptance rate by group."""
    everything = params.load()
    made = tables.read_folder(artifacts.GENERATE, "generated.parquet", everything.generate.shards).sort_values(
        "item_id", ignore_index=True
    )
    inspected = [
        (row.reason, {}) if row.reason else inspect(row, wanted, everything.attribute, everything.screen.min_keypoints)
        for row, wanted in progress.track(_with_wanted(made, everything.plan.attributes), "screen")
    ]
    made["reason"] = [reason for reason, _ in inspected]
    made = made.join(pd.DataFrame([found for _, found in inspected], index=made.index, columns=COLUMNS))
    _mark_duplicates(made, everything.screen.duplicate_delta_e)
    made["accepted"] = made["reason"] == ""
    rates = made.groupby("cell").agg(attempts=("item_id", "size"), made=("made", "sum"), accepted=("accepted", "sum"))
    tables.write(out / "accepted.parquet", made[made["accepted"]])
    tables.write(out / "rejected.parquet", made[~made["accepted"]])
    tables.write(out / "rates.parquet", rates.reset_index().rename(columns={"cell": "group"}))
    print(f"screen: {int(made['accepted'].sum())} of {len(made)} attempts accepted")


def _with_wanted(made: pd.DataFrame, attributes: tuple[str, ...]) -> list[tuple[Any, dict[str, str]]]:
    """Every row with the groups that were wanted of it."""
    wanted = made[[f"wanted_{name}" for name in attributes]].set_axis(list(attributes), axis=1)
    return list(zip(made.itertuples(), tables.records(wanted), strict=True))


def _mark_duplicates(made: pd.DataFrame, delta_e: float) -> None:
    """Reject pictures that repeat another generated one, or that resemble an image outside the training split."""
    standing = made.index[made["reason"] == ""]
    if standing.empty:
        return
    images = tables.read(artifacts.INGEST / "images.parquet")
    split = tables.read(artifacts.SPLIT / "images.parquet")
    held_out = images[images["image_id"].isin(split.loc[split["split"] != "train", "image_id"])]
    others = np.array([lab_thumbnail(Path(path)) for path in held_out["path"]]).reshape(-1, 16, 16, 3)
    pictures = np.stack([lab_thumbnail(Path(path)) for path in made.loc[standing, "path"]])
    repeated = near_duplicates(pictures, others, delta_e)
    made.loc[standing[repeated], "reason"] = "looks like another accepted or held-out picture"


if __name__ == "__main__":
    dvc_stage.main("screen", build)
