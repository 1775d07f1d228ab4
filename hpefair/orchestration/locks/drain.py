"""Who works on a cache: many tasks alongside each other, or one that needs it for itself.

Pools would have to be held all at once for the same effect, which a scheduler with few slots can never grant.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hpefair.errors import ToolError

NAME: Final = ".hpefair.users"
PATIENCE_S: Final = 600.0
POLL_S: Final = 0.5


class BusyError(ToolError):
    """Somebody else went on working on the cache."""


@contextmanager
def beside(cache: Path) -> Iterator[None]:
    """Work on a cache with others; waits while somebody has it alone."""
    with _held(cache, fcntl.LOCK_SH, PATIENCE_S):
        yield


@contextmanager
def alone(cache: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Have a cache alone.

    Args:
        cache: DVC cache.
        patience_s: Seconds to wait for the others.

    Raises:
        BusyError: If they are still there then.
    """
    with _held(cache, fcntl.LOCK_EX, patience_s):
        yield


@contextmanager
def _held(cache: Path, kind: int, patience_s: float) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    limit = time.monotonic() + patience_s
    with (cache / NAME).open("a") as file:
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise BusyError(f"other runs still use {cache}: try again when they have ended") from None
                time.sleep(POLL_S)
        yield
