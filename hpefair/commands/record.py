"""Append the measured yield of this generation batch to history/acceptance.jsonl, which later plans learn from."""

import hashlib
import json

from hpefair import artifacts
from hpefair.adapters import tables


def record() -> int:
    """Append one line per group, unless this very batch is recorded already.

    Returns:
        Lines appended.
    """
    rates = tables.read(artifacts.SCREEN / "rates.parquet")
    items = tables.read(artifacts.PLAN / "items.parquet")
    batch = hashlib.sha256(items.to_json(orient="records").encode() + rates.to_json().encode()).hexdigest()[:12]
    history = tables.read_jsonl(artifacts.ACCEPTANCE_HISTORY)
    if any(row.get("batch") == batch for row in history):
        return 0
    rows = [
        {"batch": batch, "group": row.group, "made": int(row.attempts), "accepted": int(row.accepted)}
        for row in rates.itertuples()
    ]
    text = artifacts.ACCEPTANCE_HISTORY.read_text(encoding="utf-8").strip()
    lines = ([text] if text else []) + [json.dumps(row) for row in rows]
    part = artifacts.ACCEPTANCE_HISTORY.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(artifacts.ACCEPTANCE_HISTORY)
    return len(rows)
