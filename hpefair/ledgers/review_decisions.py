"""review/decisions.jsonl: what people decided of people, one line each; a later line replaces an earlier one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hpefair.data.tables import append_jsonl, read_jsonl
from hpefair.errors import InputError

DECISIONS: Final = ("accept", "reject", "flag")
DECIDING: Final = ("accept", "reject")  # a flag asks for another look, and leaves what was decided


def read(path: Path) -> list[dict[str, str]]:
    """All lines.

    Raises:
        InputError: If a line lacks a person, or its decision is none of `DECISIONS`.
    """
    rows = read_jsonl(path, ("person_id", "decision"))
    for number, row in enumerate(rows, start=1):
        if row["decision"] not in DECISIONS:
            raise InputError(f"{path}, line {number}: no decision {row['decision']!r}; {', '.join(DECISIONS)}")
    return rows


def deciding(path: Path) -> dict[str, str]:
    """Person to `accept` or `reject`, whichever came last.

    Raises:
        InputError: See `read`.
    """
    return {row["person_id"]: row["decision"] for row in read(path) if row["decision"] in DECIDING}


def latest(path: Path) -> dict[str, str]:
    """Person to the last decision, flags included.

    Raises:
        InputError: See `read`.
    """
    return {row["person_id"]: row["decision"] for row in read(path)}


def append(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Add lines, complete or not at all, whoever else adds some at the same time."""
    append_jsonl(path, rows)
