"""Errors, and Ctrl-C at a stage, as one line on the terminal; the traceback of an unforeseen error is in a file."""

import contextlib
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hpefair import artifacts
from hpefair.errors import DiskError, HpefairError
from hpefair.machine import disk_faults

INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells have it


@contextlib.contextmanager
def one_line_errors(where: str) -> Iterator[None]:
    """End the process with one line and an exit code where the body raises; no traceback reaches the terminal.

    Args:
        where: Stage or command, for the message about an unforeseen error.
    """
    try:
        yield
    except HpefairError as error:
        said = _of_the_disk(error) or error
        print(f"error: {said}", file=sys.stderr)
        sys.exit(said.exit_code)
    except KeyboardInterrupt:
        print(f"{where} was interrupted: run `dvc repro` again", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        fault, unforeseen = disk_faults.found(error), _keep(error, where)
        print(f"error: {fault or unforeseen}", file=sys.stderr)
        sys.exit(DiskError.exit_code if fault else 1)


def _of_the_disk(error: HpefairError) -> DiskError | None:
    """What to say instead where input was refused only because the machine could not read it."""
    cause = error.__cause__
    if isinstance(error, DiskError) or not isinstance(cause, OSError) or not disk_faults.of_the_machine(cause):
        return None
    return disk_faults.told(cause)


def _keep(error: BaseException, where: str) -> str:
    """Write the traceback of an unforeseen error to a file; the line for the user."""
    path = artifacts.SCRATCH / "failure.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        path = Path("(no log could be written)")
    summary = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"{where} met something unforeseen ({summary}). This is a fault of hpefair: report it with {path}"
