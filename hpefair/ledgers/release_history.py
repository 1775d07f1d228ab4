"""history/release.jsonl: the shares of the last release, which drift is measured from."""

import json
from pathlib import Path

import pandas as pd

from hpefair.data import tables

SHARES = (
    "attribute",
    "group",
    "scope",
    "share_known",
    "corrected",
    "population_low",
    "population_high",
    "basis",
)


def read(path: Path, variant: str) -> pd.DataFrame:
    """Share rows of the last release of a variant; none before the first.

    Raises:
        InputError: If a line is no such row.
    """
    rows = [row for row in tables.read_jsonl(path, ("variant", *SHARES)) if row["variant"] == variant]
    return pd.DataFrame(rows, columns=["variant", *SHARES]).drop(columns="variant")


def write(path: Path, variant: str, shares: pd.DataFrame) -> int:
    """Put a variant's shares in the place of its last release; other variants stay.

    Returns:
        Rows written.
    """
    kept = [row for row in tables.read_jsonl(path, ("variant", *SHARES)) if row["variant"] != variant]
    rows = [
        {"variant": variant, **row}
        for row in tables.records(shares[shares["share_known"].notna() | shares["corrected"].notna()][list(SHARES)])
    ]
    text = "".join(json.dumps(row) + "\n" for row in [*kept, *rows])
    tables.write_text_atomically(path, text)
    return len(rows)
