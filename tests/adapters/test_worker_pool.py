"""Work spread over processes: each opens once what it needs."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hpefair.adapters import worker_pool


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
