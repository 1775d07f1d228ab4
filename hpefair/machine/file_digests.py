"""Digests of files by their content, remembered by size and time, so that no file is read twice for nothing."""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hpefair.machine import disk_faults

WAIT_S: Final = 30.0
# A file may change twice within one tick of the file system's clock: what is younger is read again.
SETTLED_NS: Final = 2_000_000_000
TABLE: Final = "CREATE TABLE IF NOT EXISTS digests (path TEXT PRIMARY KEY, state TEXT NOT NULL, digest TEXT NOT NULL)"
CHUNK: Final = 500  # names that one query asks for


def digests(paths: Sequence[Path], memory: Path) -> list[str]:
    """SHA-256 of every file, in the given order.

    Args:
        paths: Files.
        memory: SQLite file that remembers digests; a missing, locked or broken one only costs time.

    Raises:
        OSError: If a file cannot be read.
    """
    states = [_state(path) for path in paths]
    with _opened(memory) as store:
        known = _recall(store, paths) if store else {}
        out, new = [], []
        for path, (state, settled) in zip(paths, states, strict=True):
            before, digest = known.get(str(path), ("", ""))
            if before != state:
                with disk_faults.naming(path), path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                if settled:
                    new.append((str(path), state, digest))
            out.append(digest)
        if store and new:
            with contextlib.suppress(sqlite3.Error), store:
                store.executemany("INSERT OR REPLACE INTO digests VALUES (?, ?, ?)", new)
    return out


def _state(path: Path) -> tuple[str, bool]:
    """What changes with a file's content, and whether it has rested long enough to be relied on."""
    status = path.stat()
    latest = max(status.st_mtime_ns, status.st_ctime_ns)
    state = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
    return state, time.time_ns() - latest > SETTLED_NS


@contextlib.contextmanager
def _opened(memory: Path) -> Iterator[sqlite3.Connection | None]:
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        store = sqlite3.connect(memory, timeout=WAIT_S)
        store.execute(TABLE)
    except (sqlite3.Error, OSError):
        yield None
        return
    with contextlib.closing(store):
        yield store


def _recall(store: sqlite3.Connection, paths: Sequence[Path]) -> dict[str, tuple[str, str]]:
    known: dict[str, tuple[str, str]] = {}
    with contextlib.suppress(sqlite3.Error):
        for start in range(0, len(paths), CHUNK):
            names = [str(path) for path in paths[start : start + CHUNK]]
            marks = ",".join("?" * len(names))
            rows = store.execute(f"SELECT path, state, digest FROM digests WHERE path IN ({marks})", names)  # noqa: S608
            known |= {path: (state, digest) for path, state, digest in rows}
    return known
