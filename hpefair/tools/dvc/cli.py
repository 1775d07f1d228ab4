"""DVC through its command line, the one interface it promises to keep."""

import json
import os
import subprocess
import sys
from pathlib import Path

from hpefair.errors import ToolError


def environment() -> dict[str, str]:
    """The current environment with this interpreter's folder first on PATH, so that stages run in the same Python."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def command(*arguments: str) -> list[str]:
    """Argument list of a dvc command that waits for the workspace's lock instead of failing at it."""
    return [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]


def run(arguments: list[str], root: Path = Path(), quiet: bool = False) -> str:
    """Run `dvc --wait-for-lock …` and return what it printed.

    Args:
        arguments: Command and options.
        root: Workspace folder.
        quiet: Capture the output instead of showing it.

    Returns:
        Standard output where captured, else an empty string.

    Raises:
        ToolError: If dvc fails; the message carries the line that names the fault.
    """
    done = subprocess.run(
        command(*arguments), cwd=root, env=environment(), text=True, capture_output=quiet, check=False
    )
    if done.returncode:
        said = fault(done.stderr or done.stdout or "") or "see its messages above"
        raise ToolError(f"dvc {' '.join(arguments)[:80]} failed in {root.resolve()}: {said}")
    return done.stdout or ""


def fault(output: str) -> str:
    """The line of a tool's output that names what is wrong; dvc's last one only says where to ask for help."""
    said = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in said if line.startswith(("ERROR", "fatal", "error"))), said[-1] if said else "")


def add(path: Path, root: Path = Path()) -> None:
    """Put a folder under DVC's control."""
    run(["add", "--quiet", str(path)], root, quiet=True)


def status(root: Path = Path()) -> dict[str, list[object]]:
    """By stage, what changed of its own inputs, settings and outputs since it ran; stages as they were are left out."""
    return dict(json.loads(run(["status", "--json"], root, quiet=True) or "{}"))


def repro(root: Path = Path(), targets: tuple[str, ...] = ()) -> None:
    """Run every stage whose inputs changed."""
    run(["repro", *targets], root)
