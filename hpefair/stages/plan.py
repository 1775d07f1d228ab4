"""The smallest repair: how many people of each cell to repeat and to generate."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, tables
from hpefair.core.balance.quotas import RepairCosts, cell_name, repair_plan
from hpefair.core.balance.yields import expected_yields
from hpefair.core.splits import deal, unit_hash
from hpefair.errors import SettingsError


def build(out: Path, work: Path, item: str) -> None:
    """Write quotas with and without generation, the shares they lead to, and the list of people to generate."""
    everything = params.load()
    settings = everything.plan
    people = tables.read(artifacts.AUDIT / "original" / "people.parquet")
    train = people[people["split"] == "train"]
    references = _references(everything)
    cells = [cell_name(groups) for groups in pd.MultiIndex.from_product([*references.values()])]
    history = tables.read_jsonl(artifacts.ACCEPTANCE_HISTORY, ("group", "made", "accepted"))
    yields = expected_yields(history, cells, settings.default_yield)
    repaired = repair_plan(train, references, yields, _costs(settings, settings.max_synthetic_share))
    resampled = repair_plan(train, references, yields, _costs(settings, 0.0))
    quota = repaired.cells.assign(resample_only=resampled.cells["resample"])
    shares = repaired.shares.assign(
        planned_by_resampling=resampled.shares["planned"], unmet_by_resampling=resampled.shares["unmet"]
    )
    tables.write(out / "quota.parquet", quota)
    tables.write(out / "shares.parquet", shares)
    items = _items(quota, settings.attributes, everything.generate)
    tables.write(out / "items.parquet", items)
    print(f"plan: repeat {quota['resample'].sum()}, generate {quota['generate'].sum()} ({len(items)} attempts)")


def _references(everything: params.Params) -> dict[str, dict[str, float]]:
    """Reference shares of the planned attributes, as the audit used them."""
    shares = tables.read(artifacts.AUDIT / "original" / "shares.parquet")
    shares = shares[(shares["scope"] == "train") & shares["reference"].notna()]
    references = {
        name: {str(group): float(share) for group, share in zip(part["group"], part["reference"], strict=True)}
        for name, part in shares.groupby("attribute")
    }
    missing = [name for name in everything.plan.attributes if name not in references]
    if missing:
        raise SettingsError(f"audit.reference names no shares for {', '.join(missing)} of plan.attributes; add them")
    return {name: references[name] for name in everything.plan.attributes}


def _costs(settings: params.Plan, synthetic_share: float) -> RepairCosts:
    return RepairCosts(
        settings.cost_resample, settings.cost_generate, settings.max_repeats, synthetic_share, settings.tolerance
    )


def _items(quota: pd.DataFrame, attributes: tuple[str, ...], settings: params.Generate) -> pd.DataFrame:
    """One row per attempt: item_id, wanted group per attribute, seed, shard."""
    rows = [
        {"item_id": f"{row['cell'].replace('.', '_')}_{n:05d}", **{f"wanted_{name}": row[name] for name in attributes}}
        for row in tables.records(quota)
        for n in range(row["attempts"])
    ]
    items = pd.DataFrame(rows, columns=["item_id", *(f"wanted_{name}" for name in attributes)]).astype(str)
    items["seed"] = [int(unit_hash(str(settings.seed), name) * 2**53) for name in items["item_id"]]
    items["shard"] = deal(list(items["item_id"]), settings.shards)
    return items


if __name__ == "__main__":
    dvc_stage.main("plan", build)
