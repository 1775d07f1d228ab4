"""git and dvc as commands of a workspace; what they print on failure becomes the error."""

import subprocess
import sys
from pathlib import Path

from hpefair.adapters import dvc_cli
from hpefair.errors import ToolError


def git(arguments: list[str], folder: Path) -> str:
    """Run git in a folder and return what it printed.

    Raises:
        ToolError: If it fails.
    """
    return _run(["git", *arguments], folder, "git")


def dvc(arguments: list[str], folder: Path) -> str:
    """Run dvc in a workspace, waiting for its lock, and return what it printed.

    Raises:
        ToolError: If it fails.
    """
    return _run([sys.executable, "-m", "dvc", "--wait-for-lock", *arguments], folder, "dvc")


def _run(command: list[str], folder: Path, tool: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=dvc_cli.environment(), text=True, capture_output=True, stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        about = next((line for line in said if line.startswith(("ERROR", "fatal", "error"))), said[-1] if said else "")
        words = " ".join(command[command.index("--wait-for-lock") + 1 :] if tool == "dvc" else command[1:])
        raise ToolError(f"{tool} {words[:80]} failed in {folder}: {about or f'exit code {done.returncode}'}")
    return done.stdout
