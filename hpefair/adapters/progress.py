"""Progress bars for long work (rich), on standard error."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
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
