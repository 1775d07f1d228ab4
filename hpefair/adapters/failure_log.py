"""The last resort: an error nobody foresaw is one line on the terminal and a traceback in a file."""

import traceback
from pathlib import Path

from hpefair import artifacts


def keep(error: BaseException, where: str) -> str:
    """Write the traceback of an unforeseen error to a file.

    Args:
        error: The error.
        where: Stage or command that it ended.

    Returns:
        One line for the user.
    """
    path = artifacts.SCRATCH / "failure.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        path = Path("(no log could be written)")
    summary = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return (
        f"{where} met something hpefair does not expect ({summary}). This is a fault of hpefair: report it with {path}"
    )
