"""Disks that fail: a library below a stage that makes calls fail, and small file systems that run full."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import environment, unavailable

SOURCE = Path(__file__).parent / "disk.c"


@pytest.fixture(scope="session")
def faulty_disk(tmp_path_factory):
    """Environment in which a stage's reading of some file fails."""
    if not shutil.which("gcc"):
        unavailable("gcc, which builds a disk that fails: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("faults") / "disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)

    def fail(process: str, path: str, number: int, call: str = "read", first: int = 1) -> dict[str, str]:
        return {
            **environment(), "LD_PRELOAD": str(library), "FAULT_PROCESS": process, "FAULT_PATH": path,
            "FAULT_ERRNO": str(number), "FAULT_CALL": call, "FAULT_FROM": str(first),
        }  # fmt: skip

    return fail
