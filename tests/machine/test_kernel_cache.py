"""Compiled kernels: made once for the same code wherever it lies, made again where any kernel's file changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

RUN = """
import numpy as np
from hpefair.core.pose.geometry import keypoint_extent
keypoint_extent(np.ones((2, 17, 3)))
print(sum(keypoint_extent.stats.cache_hits.values()), sum(keypoint_extent.stats.cache_misses.values()))
"""


def hits_and_misses(code: Path, cache: Path) -> str:
    """What numba says of one kernel's cache, run from a folder that holds hpefair."""
    return subprocess.run(
        [sys.executable, "-B", "-c", RUN], cwd=code, env={**os.environ, "XDG_CACHE_HOME": str(cache)}, check=True,
        capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


def test_copies_of_the_code_share_kernels_and_changed_code_does_not(tmp_path):
    """Numba itself compares only the kernel's own file."""
    for name in ("one", "two", "changed"):
        shutil.copytree(PROJECT / "hpefair", tmp_path / name / "hpefair", ignore=shutil.ignore_patterns("__pycache__"))
    other = tmp_path / "changed/hpefair/core/pose/similarity.py"
    other.write_text(other.read_text() + "\n")
    found = [hits_and_misses(tmp_path / name, tmp_path / "cache") for name in ("one", "two", "two", "changed")]
    assert found == ["0 1", "1 0", "1 0", "0 1"]
    assert not list((tmp_path / "one/hpefair").rglob("*.nbi"))
