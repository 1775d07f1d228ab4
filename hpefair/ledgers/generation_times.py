"""How long generation took: kept alongside the outputs, which are the same on every machine and hold no times."""

from pathlib import Path
from typing import Any, Final

import pandas as pd

from hpefair import artifacts
from hpefair.data import tables

FOLDER: Final = artifacts.SCRATCH / "times"


def write(shard: str, made: pd.DataFrame) -> None:
    """Keep the core seconds of a shard's attempts.

    Args:
        shard: The shard.
        made: One row per attempt: item_id, seconds.
    """
    seconds = dict(zip(made["item_id"], made["seconds"].astype(float), strict=True))
    tables.write_json_atomically(FOLDER / f"{shard}.json", seconds, indent=None)


def read(shards: tuple[str, ...]) -> dict[str, float]:
    """Core seconds by item; without those that another machine made."""
    times: dict[str, float] = {}
    for shard in shards:
        path = FOLDER / f"{shard}.json"
        content: Any = tables.read_json(path) if Path(path).exists() else {}
        times |= {str(item): float(seconds) for item, seconds in content.items()}
    return times
