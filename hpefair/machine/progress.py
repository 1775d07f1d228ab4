"""Progress bars for long work (rich), on standard error."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.progress import track as rich_track

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Iterate with a progress bar where a person is watching.

    Args:
        items: What to iterate over.
        what: What is being done, for the bar.
        total: Number of items, where they have no length.

    Yields:
        The items.
    """
    console = Console(stderr=True)
    hidden = not console.is_terminal
    yield from rich_track(items, total=total, description=what, console=console, disable=hidden, transient=True)


@contextmanager
def bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """A progress bar with the time that is left, where a person is watching.

    Args:
        total: Number of steps.
        what: What is being done.

    Yields:
        A function to call with the number of steps done.
    """
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)
