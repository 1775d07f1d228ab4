"""DVC through its command line, the one interface it promises to keep."""

import os
import subprocess
import sys
from pathlib import Path

from hpefair.errors import ToolError


def environment() -> dict[str, str]:
    """The current environment with this interpreter's folder first on PATH, so that stages run in the same Python."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def run(arguments: list[str], root: Path = Path(), quiet: bool = False) -> str:
    """Run `dvc --wait-for-lock …` and return what it printed.

    Args:
        arguments: Command and options.
        root: Workspace folder.
        quiet: Capture the output instead of showing it.

    Returns:
        Standard output where captured, else an empty string.

    Raises:
        ToolError: If dvc fails; the message carries its last line.
    """
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    done = subprocess.run(command, cwd=root, env=environment(), text=True, capture_output=quiet, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout or "").strip().splitlines()
        raise ToolError(f"dvc {' '.join(arguments)} failed" + (f": {said[-1]}" if said else "; see its messages above"))
    return done.stdout or ""


def add(path: Path, root: Path = Path()) -> None:
    """Put a folder under DVC's control."""
    run(["add", "--quiet", str(path)], root, quiet=True)


def repro(root: Path = Path(), targets: tuple[str, ...] = ()) -> None:
    """Run every stage whose inputs changed."""
    run(["repro", *targets], root)
