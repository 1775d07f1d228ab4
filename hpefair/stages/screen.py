"""Generated people that are let in, and why the others are not."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts
from hpefair.core.balance.acceptance import acceptance_weights, rates_by_group, uneven
from hpefair.data import tables
from hpefair.schema import UNKNOWN
from hpefair.screening import self_check
from hpefair.screening.copies import copy_faults
from hpefair.screening.table import screen_all
from hpefair.settings import params
from hpefair.tools.dvc import stage

ACCEPTED_BY = ("age_band", "build", "gender_presentation", "skin_tone", "view", "age_band.build")
WEIGHED_BY = ("age_band", "build", "skin_tone", "view")


def write(out: Path, work: Path, item: str) -> None:
    """Write accepted and rejected people, and acceptance by cell and by group."""
    everything = params.load()
    made = tables.read_folder(artifacts.GENERATE, "generated.parquet", everything.generate.shards)
    made = screen_all(made.sort_values("item_id", ignore_index=True), everything, work)
    _reject_copies(made, everything)
    made["accepted"] = made["fault"] == ""
    seen = made[made["made"]].fillna(dict.fromkeys(WEIGHED_BY, UNKNOWN))
    made["weight"] = _weights(seen).reindex(made.index).fillna(0.0)
    rates = made.groupby(["backend", "cell"]).agg(
        attempts=("item_id", "size"), made=("made", "sum"), accepted=("accepted", "sum")
    )
    by_group, warnings = _by_group(seen, everything)
    tables.write(out / "accepted.parquet", made[made["accepted"]])
    tables.write(out / "rejected.parquet", made[~made["accepted"]])
    tables.write(out / "rates.parquet", rates.reset_index())
    tables.write(out / "acceptance.parquet", by_group)
    tables.write(out / "uneven.parquet", warnings)
    tables.write(
        out / "pairs.parquet",
        self_check.paired_acceptance(everything, work, everything.screen.pairs if len(made) else 0),
    )
    print(f"screen: {int(made['accepted'].sum())} of {len(made)} attempts accepted")
    for row in warnings.itertuples():
        sure = "" if row.clear else " (their intervals overlap)"
        print(f"screen: of {row.backend}, {row.lowest} is let in {row.ratio:.2f} times as often as {row.highest}{sure}")


def _weights(seen: pd.DataFrame) -> pd.Series:
    """Weights that undo an uneven screen, backend by backend: what one of them fails at is not another's fault."""
    parts = [pd.Series(acceptance_weights(own, WEIGHED_BY), index=own.index) for _, own in seen.groupby("backend")]
    return pd.concat(parts) if parts else pd.Series(dtype=float)


def _by_group(seen: pd.DataFrame, everything: params.Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Acceptance of every group by backend, and where it is uneven."""
    rates, warnings = [], []
    for name in everything.plan.backends:
        own = rates_by_group(seen[seen["backend"] == name], ACCEPTED_BY, everything.screen.confidence)
        rates.append(own.assign(backend=name))
        warnings.append(uneven(own, everything.screen.min_acceptance_ratio).assign(backend=name))
    return pd.concat(rates, ignore_index=True), pd.concat(warnings, ignore_index=True)


def _reject_copies(made: pd.DataFrame, everything: params.Params) -> None:
    """Reject pictures that repeat another one, and people who look like a photographed one."""
    standing = made.index[made["fault"] == ""]
    images = tables.read(artifacts.INGEST / "images.parquet")
    split = tables.read(artifacts.SPLIT / "images.parquet").set_index("image_id")["split"]
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[~people["iscrowd"]].merge(images[["image_id", "path"]], on="image_id", validate="m:1")
    real = people[people["image_id"].map(split) == "train"]
    held_out = list(images.loc[images["image_id"].map(split) != "train", "path"])
    faults = copy_faults(made.loc[standing], real, held_out, everything.screen)
    made.loc[standing, "fault"] = [fault for fault, _ in faults]
    made.loc[standing, "reason"] = [reason for _, reason in faults]


if __name__ == "__main__":
    stage.main("screen", write, resumable=True)
