"""Annotated people for the cells that are short; resumable, and the same for the same item whoever makes it."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts
from hpefair.data import tables
from hpefair.generation.batches import make_all
from hpefair.generation.records import COLUMNS
from hpefair.ledgers import generation_times
from hpefair.settings import params
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write one PNG per generated person, and a table of all attempts with their provenance."""
    everything = params.load()
    attributes = everything.plan.attributes
    wanted = tables.read(artifacts.PLAN / "items.parquet")
    wanted = wanted[wanted["shard"] == item].reset_index(drop=True)
    made = make_all(wanted, attributes, out / "images", artifacts.GENERATE / item / "images", work)
    table = made.reindex(columns=[*COLUMNS, *(f"wanted_{name}" for name in attributes)])
    tables.write(out / "generated.parquet", _typed(table))
    if len(made):
        generation_times.write(item, made)
    print(f"generate {item}: {int(table['made'].sum())} of {len(table)} attempts made")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Columns without gaps: an attempt that failed has no parent, no sources, no model and no path."""
    sources = pd.Series([[] if isinstance(one, float) else one for one in table["sources"]], table.index, dtype=object)
    texts = ["parent_person", "parent_image", "operation", "license", "model", "prompt", "path", "others", "garments"]
    filled = {name: table[name].astype(object).fillna("") for name in texts}
    return table.assign(**filled, made=table["made"].eq(True), sources=sources)


if __name__ == "__main__":
    stage.main("generate", write, resumable=True)
