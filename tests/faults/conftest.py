"""Disks that fail: a library below a stage that makes calls fail, and small file systems that run full."""

import os
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
        unavailable("gcc, which builds a disk that fails: apt-get install gcc")
    library = tmp_path_factory.mktemp("faults") / "disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)

    def fail(process: str, path: str, number: int, call: str = "read", first: int = 1) -> dict[str, str]:
        return {
            **environment(), "LD_PRELOAD": str(library), "FAULT_PROCESS": process, "FAULT_PATH": path,
            "FAULT_ERRNO": str(number), "FAULT_CALL": call, "FAULT_FROM": str(first),
        }  # fmt: skip

    return fail


@pytest.fixture
def small_disk():
    """Mounts a small file system over a folder, and makes it larger; needs root."""
    if os.geteuid():
        pytest.skip("a small file system is mounted by root only")
    mounted: list[Path] = []

    def mount(folder: Path, kibibytes: int, kind: str = "tmpfs") -> None:
        if folder in mounted:
            _mount("-o", f"remount,size={kibibytes}k", folder)
            return
        folder.mkdir(parents=True, exist_ok=True)
        _mount("-t", kind, "-o", f"size={kibibytes}k", kind, folder)
        mounted.append(folder)

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(*words: object) -> None:
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        unavailable(f"a small file system cannot be mounted here: {done.stderr.strip()}")
