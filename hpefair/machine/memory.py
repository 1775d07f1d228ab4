"""The garbage collector, where it would only walk over millions of parsed records."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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


def leave_quickly() -> None:
    """Spare the interpreter a last walk over everything before it ends, which takes longer than many commands."""
    gc.freeze()
