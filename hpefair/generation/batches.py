"""All items of a shard, made by their backends: side by side, resumable, and the same whoever makes them."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from hpefair.data import tables
from hpefair.generation.backends import open_backend
from hpefair.generation.protocol import Backend, Item
from hpefair.generation.records import record
from hpefair.machine import progress, worker_pool
from hpefair.settings import params
from hpefair.settings.params import BackendName

Row = dict[str, Any]


@dataclass
class Batches:
    """Makes items of one backend, a batch at a time; opened where it is used, so that it travels between processes.

    Attributes:
        backend: The backend.
        out: Folder for pictures.
        seen_from: The same folder as the finished workspace names it.
        work: Folder for finished rows, from which an interrupted run goes on.
    """

    backend: BackendName
    out: Path
    seen_from: Path
    work: Path

    @cached_property
    def _maker(self) -> Backend:
        return open_backend(self.backend, params.load())

    @property
    def size(self) -> int:
        """Items that the backend likes to be given at once."""
        return self._maker.batch

    def __call__(self, items: Sequence[Item]) -> int:
        """Make those items that are not made yet; their number."""
        missing = [item for item in items if not self.finished(item.item_id)]
        if not missing:
            return 0
        maker = self._maker
        start = time.process_time()
        outcomes = maker.make(missing)
        seconds = (time.process_time() - start) / len(missing)
        for item, made in zip(missing, outcomes, strict=True):
            row = record(item, made, self.out, self.seen_from) | {"backend": self.backend, "seconds": seconds}
            tables.write_json_atomically(self.row_file(item.item_id), row)
        return len(missing)

    def finished(self, item_id: str) -> bool:
        """Whether an item was made, picture and row, or given up."""
        row = self.row_file(item_id)
        return row.exists() and (not tables.read_json(row)["made"] or (self.out / f"{item_id}.png").exists())

    def row_file(self, item_id: str) -> Path:
        """Where the row of a finished item is kept."""
        return self.work / f"{item_id}.json"


def make_all(wanted: pd.DataFrame, attributes: Sequence[str], out: Path, seen_from: Path, work: Path) -> pd.DataFrame:
    """Make every item of a table of the plan.

    Args:
        wanted: item_id, backend, cell, number, seed, and wanted_<attribute>.
        attributes: The planned attributes.
        out: Folder for pictures.
        seen_from: The same folder as the finished workspace names it.
        work: Folder that an interrupted run leaves behind, and the next one goes on from.

    Returns:
        One row per item in the given order, with the core seconds that it took.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in wanted.groupby("backend", sort=False):
        batches = Batches(_named(name), out, seen_from, work)
        items = [
            Item(row["item_id"], {a: row[f"wanted_{a}"] for a in attributes}, row["seed"], row["number"])
            for row in tables.records(rows)
        ]
        missing = [item for item in items if not batches.finished(item.item_id)]
        if missing:
            _run(batches, missing, f"generate {name}")
    made = [tables.read_json(work / f"{item}.json") for item in wanted["item_id"]]
    return pd.DataFrame(made).assign(cell=wanted["cell"].to_numpy()) if made else pd.DataFrame()


def _run(batches: Batches, items: list[Item], what: str) -> None:
    """Diffusion here, where the accelerator is; everything else in as many processes as there are cores."""
    if batches.backend == "diffusion":
        for first in progress.track(range(0, len(items), batches.size), what):
            batches(items[first : first + batches.size])
        return
    workers = min(os.cpu_count() or 1, len(items))
    for _ in worker_pool.run(batches, [[item] for item in items], workers, what):
        pass


def _named(name: object) -> BackendName:
    if name == "recompose" or name == "render" or name == "diffusion":
        return name
    raise ValueError(f"Expected the backend recompose, render or diffusion but got {name!r}")
