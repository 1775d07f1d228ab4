"""Files that are complete or absent: written alongside their place, flushed to disk, and renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the path to write to; at the end of the block it takes the place of `path`, whole or not at all.

    Args:
        path: Where the file belongs; its folder is made if absent. On an error an earlier file stays as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
