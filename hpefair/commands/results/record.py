"""What later runs learn from: this batch's generation yield, and the shares of a release."""

import hashlib

import pandas as pd

from hpefair import artifacts
from hpefair.data import tables
from hpefair.ledgers import generation_times, release_history
from hpefair.settings import params


def record() -> int:
    """Append one line per backend and cell, unless this very batch is recorded already.

    Returns:
        Lines appended.
    """
    rates = tables.read(artifacts.SCREEN / "rates.parquet")
    items = tables.read(artifacts.PLAN / "items.parquet")
    batch = hashlib.sha256(items.to_json(orient="records").encode() + rates.to_json().encode()).hexdigest()[:12]
    history = tables.read_jsonl(artifacts.ACCEPTANCE_HISTORY)
    if any(row.get("batch") == batch for row in history):
        return 0
    seconds = _seconds(items)
    rows = [
        {
            "batch": batch,
            "backend": row.backend,
            "cell": row.cell,
            "attempts": int(row.attempts),
            "accepted": int(row.accepted),
            "seconds": seconds.get((row.backend, row.cell)),
        }
        for row in rates.itertuples()
    ]
    tables.append_jsonl(artifacts.ACCEPTANCE_HISTORY, rows)
    return len(rows)


def _seconds(items: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Core seconds by backend and cell, of those all of whose attempts were made on this machine."""
    known = generation_times.read(params.load().generate.shards)
    spent = items.assign(seconds=items["item_id"].map(known))
    whole = spent.groupby(["backend", "cell"])["seconds"].agg(["sum", "count", "size"])
    whole = whole[whole["count"] == whole["size"]]
    return {(str(backend), str(cell)): round(float(sum_), 3) for (backend, cell), sum_ in whole["sum"].items()}


def record_release(variant: str) -> int:
    """Keep the shares of a variant as those of the last release, from which drift is measured.

    Args:
        variant: `original` or `balanced`.

    Returns:
        Rows written.
    """
    shares = tables.read(artifacts.AUDIT / variant / "shares.parquet")
    return release_history.write(artifacts.RELEASE_HISTORY, variant, shares)
