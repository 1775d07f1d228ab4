"""Progress of long work on standard error: a bar where a person is watching, plain lines where not."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.progress import track as rich_track

EVERY_S: Final = 15.0  # between two lines; work that is done before the first says nothing

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Iterate and show how far it is.

    Args:
        items: What to iterate over.
        what: What is being done.
        total: Number of items, where they have no length.

    Yields:
        The items.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        yield from rich_track(items, total=total, description=what, console=console, transient=True)
        return
    show = _lines(len(items) if total is None and isinstance(items, Sized) else total, what)
    for done, item in enumerate(items):
        show(done)
        yield item


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show how far work is, and the time that is left.

    Args:
        total: Number of steps.
        what: What is being done.

    Yields:
        A function to call with the number of steps done.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(total, what)
        return
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)


def _lines(total: int | None, what: str) -> Callable[[int], None]:
    """A function that says in a line of its own, every now and then, how many steps are done."""
    last = time.monotonic()
    whole = "" if total is None else f" of {total}"

    def show(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            print(f"{what}: {done}{whole}", file=sys.stderr, flush=True)

    return show
