"""What later runs learn from: this batch's generation yield, and the shares of a release."""

import hashlib
import json

from hpefair import artifacts
from hpefair.adapters import release_history, tables


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
    tables.write_text_atomically(artifacts.ACCEPTANCE_HISTORY, "\n".join(lines) + "\n")
    return len(rows)


def record_release(variant: str) -> int:
    """Keep the shares of a variant as those of the last release, from which drift is measured.

    Args:
        variant: `original` or `balanced`.

    Returns:
        Rows written.
    """
    shares = tables.read(artifacts.AUDIT / variant / "shares.parquet")
    return release_history.write(artifacts.RELEASE_HISTORY, variant, shares)
