"""DVC's run-cache: which outputs a stage had with which inputs, one folder per stage and inputs.

DVC makes the folder first and moves the entry into it after. Between the two, another dvc that looks for the entry ends
with a fault of Python; for good, where the first was killed in between.
"""

import contextlib
import re
import time
from pathlib import Path
from typing import Final

CROSSED: Final = re.compile(
    # The entry under the name that it has while it is written, renamed or gone before it was read.
    r"No such file or directory: '.*/runs/[0-9a-f]{2}/[0-9a-f]{64}/\.[^/]+\.tmp'"
    # No entry in the folder: its name is None.
    r"|failed to reproduce .*join\(\) argument must be str, bytes, or os\.PathLike object, not 'NoneType'"
)
ABANDONED_S: Final = 60.0  # between a folder's making and its entry lie milliseconds


def clear_abandoned(cache: Path, older_than_s: float = ABANDONED_S) -> list[Path]:
    """Remove folders of the run-cache that hold no entry.

    Args:
        cache: DVC's cache folder.
        older_than_s: Age; a younger one may be about to get its entry.

    Returns:
        What was removed.
    """
    removed = []
    for folder in (cache / "runs").glob("*/*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime >= older_than_s:
                folder.rmdir()  # fails where anything is in it
                removed.append(folder)
    return removed
