"""review/labels.jsonl: what auditors saw, one line per person and attribute; a later line replaces an earlier one."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hpefair.data.tables import append_jsonl, read_jsonl
from hpefair.errors import InputError
from hpefair.schema import PERCEIVED, groups_of

COLUMNS = ("person_id", "attribute", "group", "reviewer")


def read(path: Path) -> pd.DataFrame:
    """Labels, the last one of each person and attribute.

    Raises:
        InputError: If a line names an attribute or a group that does not exist.
    """
    rows = read_jsonl(path, COLUMNS[:3])
    for number, row in enumerate(rows, start=1):
        if row["attribute"] not in PERCEIVED:
            raise InputError(f"{path}, label {number}: no attribute {row['attribute']!r}; {', '.join(PERCEIVED)}")
        if row["group"] not in groups_of(row["attribute"]):
            groups = ", ".join(groups_of(row["attribute"]))
            raise InputError(f"{path}, label {number}: {row['attribute']} has no group {row['group']!r}; {groups}")
    table = pd.DataFrame(rows, columns=list(COLUMNS)).fillna({"reviewer": ""})
    return table.drop_duplicates(["person_id", "attribute"], keep="last", ignore_index=True)


def append(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Add labels, complete or not at all, whoever else adds some at the same time."""
    append_jsonl(path, rows)
