"""Several processes for one training, by torchrun, as many as the environment says."""

import os
import subprocess
import sys
from collections.abc import Sequence

from hpefair.errors import SettingsError, ToolError


def wanted() -> int:
    """How many processes HPEFAIR_PROCESSES asks for; one where it is not set.

    Raises:
        SettingsError: If it is no positive number.
    """
    said = os.environ.get("HPEFAIR_PROCESSES") or "1"
    if not said.isdigit() or said == "0":
        raise SettingsError(f"HPEFAIR_PROCESSES is {said!r}: expected the number of processes to train with")
    return int(said)


def inside() -> bool:
    """Whether this is one of the processes that torchrun started."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def first() -> bool:
    """Whether this process is the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def launch(module: str, arguments: Sequence[str]) -> None:
    """Run a module in that many processes of this machine, and wait for them.

    Raises:
        ToolError: If one of them fails.
    """
    count = ["--standalone", "--nproc-per-node", str(wanted())]
    command = [sys.executable, "-m", "torch.distributed.run", *count, "-m", module, *arguments]
    done = subprocess.run(command, check=False)
    if done.returncode:
        raise ToolError(f"a training process failed; its messages are above (exit code {done.returncode})")
