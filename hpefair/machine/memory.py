"""Memory: the garbage collector where it would only walk over records, and pages that are asked for again at once."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Of mallopt(3), for glibc; others ignore what they do not know.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGEST_THRESHOLD: Final = 32 * 2**20  # glibc takes no larger one for mmap


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the cyclic collector: parsed files hold no cycles, and it would visit every record again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_freed() -> None:
    """Have the C library keep what is freed, as long as this process lives.

    Each step of a training frees the maps of its layers and asks for as much again. By default they go back to the
    kernel, and a fifth of the time is spent on new pages. Where the C library has no such setting, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
        mallopt(MMAP_THRESHOLD, LARGEST_THRESHOLD)


def leave_quickly() -> None:
    """Spare the interpreter a last walk over everything before it ends, which takes longer than many commands."""
    gc.freeze()
