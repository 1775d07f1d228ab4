"""Memory: what is freed is kept where that was asked for."""

import json
import subprocess
import sys

from tests.conftest import environment

FAULTS = """
import json, resource, sys
import numpy as np
from hpefair.machine import memory
if sys.argv[1] == "kept":
    memory.keep_freed()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        maps = [np.full(3_000_000, 1.0, np.float32) for _ in range(4)]
        del maps
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(json.dumps(faults()))
"""


def test_freed_pages_are_not_asked_for_again():
    """Twenty times four maps of 12 MB: the kernel hands out 2,900 pages for each, once or every time."""
    faults = {}
    for how in ("kept", "usual"):
        done = subprocess.run(
            [sys.executable, "-c", FAULTS, how], env=environment(), capture_output=True, text=True, check=True
        )
        faults[how] = json.loads(done.stdout)
    assert faults["kept"] < faults["usual"] / 20, faults
