"""What every benchmark prints and writes: rows of name, value, unit, peer and ratio."""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table


def arguments(what: str) -> argparse.Namespace:
    """Command line of a benchmark: --json FILE."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    return parser.parse_args()


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU time of several runs of this process; other jobs on the machine inflate wall time, not this."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def row(name: str, value: float, unit: str, peer: str = "", peer_value: float = float("nan")) -> dict:
    """One result; ratio = peer / ours for times, so that larger is better for us."""
    ratio = peer_value / value if peer else None
    return {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio}


def report(what: str, rows: list[dict], path: Path | None) -> None:
    """Print the table, write the file."""
    table = Table(title=f"{what} ({platform.machine()}, Python {platform.python_version()})")
    for column in ("name", "value", "unit", "peer", "ratio"):
        table.add_column(column)
    for one in rows:
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}x"
        table.add_row(one["name"], f"{one['value']:.4g}", one["unit"], one["peer"], ratio)
    Console(width=120).print(table)
    if path:
        path.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")
