"""The smallest repair: how many people of each group to repeat and to generate."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, tables
from hpefair.core.balance.quotas import RepairCosts, quotas
from hpefair.core.balance.yields import expected_yields
from hpefair.core.splits import deal, unit_hash
from hpefair.errors import SettingsError
from hpefair.schema import UNKNOWN


def build(out: Path, work: Path, item: str) -> None:
    """Write quotas with and without generation, and the list of people to generate."""
    everything = params.load()
    settings = everything.plan
    people = tables.read(artifacts.AUDIT / "original" / "people.parquet")
    train = people[people["split"] == "train"]
    reference = everything.audit.reference_shares(settings.attribute)
    if reference is None:
        raise SettingsError(f"audit.reference names no shares for plan.attribute {settings.attribute}; add them")
    counts = train[settings.attribute].value_counts().to_dict()
    history = tables.read_jsonl(artifacts.ACCEPTANCE_HISTORY, ("group", "made", "accepted"))
    yields = expected_yields(history, list(reference), settings.default_yield)
    unknown = int(counts.get(UNKNOWN, 0))
    repaired = quotas(counts, unknown, reference, yields, _costs(settings, settings.max_synthetic_share))
    resampled = quotas(counts, unknown, reference, yields, _costs(settings, 0.0))
    quota = repaired.assign(resample_only=resampled["resample"], unmet_by_resampling=resampled["unmet"])
    tables.write(out / "quota.parquet", quota.assign(attribute=settings.attribute))
    items = _items(quota, everything.generate)
    tables.write(out / "items.parquet", items)
    print(f"plan: repeat {quota['resample'].sum()}, generate {quota['generate'].sum()} ({len(items)} attempts)")


def _costs(settings: params.Plan, synthetic_share: float) -> RepairCosts:
    return RepairCosts(
        settings.cost_resample, settings.cost_generate, settings.max_repeats, synthetic_share, settings.tolerance
    )


def _items(quota: pd.DataFrame, settings: params.Generate) -> pd.DataFrame:
    names = [(f"{row.group}_{n:05d}", row.group) for row in quota.itertuples() for n in range(row.attempts)]
    items = pd.DataFrame(names, columns=["item_id", "group"]).astype(str)
    items["seed"] = [int(unit_hash(str(settings.seed), name) * 2**53) for name in items["item_id"]]
    items["shard"] = deal(list(items["item_id"]), settings.shards)
    return items


if __name__ == "__main__":
    dvc_stage.main("plan", build)
