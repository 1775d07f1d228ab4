"""Work spread over processes: each opens once what it needs."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil

from hpefair.machine import worker_pool
from tests.conftest import PROJECT
from tests.waiting import PATIENCE_S, ended, running, wait_for


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


@dataclass
class Waits:
    """Works for longer than any test, and leaves a file named after its process."""

    folder: Path

    def __call__(self, number):
        (self.folder / str(os.getpid())).touch()
        time.sleep(300)


PARENT = """
import sys
from pathlib import Path
from hpefair.machine import worker_pool
from tests.machine.test_worker_pool import Waits
if __name__ == "__main__":
    list(worker_pool.run(Waits(Path(sys.argv[1])), [1, 2], 2, "waiting"))
"""


def test_workers_end_with_their_parent(tmp_path):
    """A parent that is killed outright leaves nobody behind who still writes."""
    script, at_work = tmp_path / "parent.py", tmp_path / "at_work"
    script.write_text(PARENT)
    at_work.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    started = subprocess.Popen([sys.executable, str(script), str(at_work)], env=environment)

    def both():
        running(started, "two workers")
        return len(list(at_work.iterdir())) == 2

    try:
        wait_for(both, "two workers at work")
        workers = [psutil.Process(int(path.name)) for path in at_work.iterdir()]
    finally:
        started.kill()
    ended(started, "the parent, which was killed")
    gone, alive = psutil.wait_procs(workers, timeout=PATIENCE_S)
    for one in alive:
        one.kill()
    assert not alive, f"{PATIENCE_S} s after their parent's end there were still {alive}"
    assert len(gone) == 2
