"""Progress bars for long work (rich), on standard error."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

Item = TypeVar("Item")


def track(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Iterate with a progress bar where a person is watching.

    Args:
        items: What to iterate over.
        what: What is being done, for the bar.

    Yields:
        The items.
    """
    console = Console(stderr=True)
    yield from rich_track(items, description=what, console=console, disable=not console.is_terminal, transient=True)
