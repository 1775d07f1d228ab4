"""The smallest repair: how many people of each cell to repeat, and to generate with which backend."""

from pathlib import Path
from typing import Any

import pandas as pd

from hpefair.core.splits import deal, hexadecimal, unit_hash
from hpefair.data import tables
from hpefair.generation.planning import Plan, plan_repair
from hpefair.settings import params
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write quotas with and without generation, the expectations they are for, and the list of people to generate."""
    everything = params.load()
    plan = plan_repair(everything, "original")
    quota = _quota(plan, everything)
    tables.write(out / "quota.parquet", quota)
    tables.write(out / "shares.parquet", _shares(plan, everything))
    alone = plan.resampled.requirements["met"]
    requirements = plan.repaired.requirements.assign(met_by_resampling=alone)
    tables.write(out / "requirements.parquet", requirements)
    items = _items(quota, everything)
    tables.write(out / "items.parquet", items)
    missed = int((~requirements["met"]).sum())
    print(
        f"plan: repeat {quota['resample'].sum()}, generate {quota['generate'].sum()} ({len(items)} attempts); "
        f"{len(requirements) - missed} of {len(requirements)} expectations about planned attributes will hold"
    )


def _quota(plan: Plan, everything: params.Params) -> pd.DataFrame:
    """One row per cell: its groups, n_people, resample, resample_only, generate and attempts, by backend and in all."""
    cells = plan.repaired.cells
    sure = [f"{name}_sure" for name in everything.plan.attributes]
    attempts = sum((cells[f"attempts_{backend}"] for backend in everything.plan.backends), start=0 * cells["resample"])
    return cells.drop(columns=sure).assign(resample_only=plan.resampled.cells["resample"], attempts=attempts)


def _shares(plan: Plan, everything: params.Params) -> pd.DataFrame:
    """One row per planned attribute and group: reference, n_people, and exposures before and after the repair."""
    cells, rows = plan.repaired.cells, []
    after = cells["exposure"] + cells["resample"] + cells["generate"]
    for attribute, groups in plan.references.items():
        for group, reference in groups.items():
            of = cells[attribute] == group
            numbers = (int(cells.loc[of, "n_people"].sum()), float(after[of].sum()))
            rows.append((attribute, group, reference, *numbers))
    return pd.DataFrame(rows, columns=["attribute", "group", "reference", "n_people", "planned"])


def _items(quota: pd.DataFrame, everything: params.Params) -> pd.DataFrame:
    """One row per attempt: item_id, backend, number among those of its cell and backend, wanted groups, seed, shard."""
    rows = [
        _item(backend, row, number, everything)
        for row in tables.records(quota)
        for backend in everything.plan.backends
        for number in range(row[f"attempts_{backend}"])
    ]
    texts = ["item_id", "backend", "cell", *(f"wanted_{name}" for name in everything.plan.attributes)]
    types = {**dict.fromkeys(texts, str), "number": int, "seed": int, "shard": str}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def _item(backend: str, row: dict[str, Any], number: int, everything: params.Params) -> dict[str, Any]:
    """An attempt.

    Its id becomes a file name and the name of a person, which are shown where groups are not: it does not say the cell.
    Ids sort by number, so that whoever takes items in that order uses all parents before any of them twice.
    """
    whole = f"{backend}_{row['cell'].replace('.', '_')}_{number:05d}"
    return {
        "item_id": f"{backend}_{number:05d}_{hexadecimal(whole)}",
        "backend": backend,
        "cell": row["cell"],
        **{f"wanted_{name}": row[name] for name in everything.plan.attributes},
        "number": number,
        "seed": int(unit_hash(str(everything.generate.seed), whole) * 2**53),
        "shard": deal([whole], everything.generate.shards)[0],
    }


if __name__ == "__main__":
    stage.main("plan", write)
