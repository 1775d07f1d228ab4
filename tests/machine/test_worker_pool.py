"""Work spread over processes: each opens once what it needs."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil

from hpefair.machine import worker_pool
from tests.conftest import PROJECT


@dataclass
class Opens:
    """Notes every opening in a file of its process."""

    folder: Path

    @cached_property
    def tool(self):
        with (self.folder / str(os.getpid())).open("a") as file:
            file.write("opened\n")
        return 2

    def __call__(self, number):
        return self.tool * number


def test_what_is_opened_is_opened_once_a_process(tmp_path):
    found = list(worker_pool.run(Opens(tmp_path), list(range(12)), 2, "counting"))
    assert sorted(found) == [2 * number for number in range(12)]
    notes = [path.read_text() for path in tmp_path.iterdir()]
    assert 1 <= len(notes) <= 2
    assert set(notes) == {"opened\n"}


def test_nothing_to_do_starts_nobody(tmp_path):
    assert list(worker_pool.run(Opens(tmp_path), [], 2, "counting")) == []
    assert not list(tmp_path.iterdir())


def wait_long(number):
    time.sleep(300)


PARENT = """
from hpefair.machine import worker_pool
from tests.machine.test_worker_pool import wait_long
if __name__ == "__main__":
    list(worker_pool.run(wait_long, [1, 2], 2, "waiting"))
"""


def test_workers_end_with_their_parent(tmp_path):
    """A parent that is killed outright leaves nobody behind who still writes."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    started = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(PROJECT)})
    workers = []
    deadline = time.monotonic() + 60
    while len(workers) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        workers = [one for one in psutil.Process(started.pid).children() if "spawn_main" in " ".join(one.cmdline())]
    time.sleep(1)
    started.send_signal(signal.SIGKILL)
    started.wait()
    gone, alive = psutil.wait_procs(workers, timeout=20)
    for one in alive:
        one.kill()
    assert not alive
    assert len(gone) == 2
