"""The run-cache: folders without an entry go, once nobody can be about to write one."""

import os
import time

import pytest

from hpefair.tools.dvc import run_cache

KEY = "1b" * 32


@pytest.mark.parametrize(
    ("line", "crossed"),
    [
        (f"ERROR: [Errno 2] No such file or directory: '/c/runs/1b/{KEY}/.HK4i_Q.tmp'", True),
        (
            "ERROR: failed to reproduce 'ingest': join() argument must be str, bytes, or os.PathLike object, "
            "not 'NoneType'",
            True,
        ),
        ("ERROR: [Errno 2] No such file or directory: '/c/runs/1b/a/.HK4i_Q.tmp'", False),
        ("TypeError: join() argument must be str, bytes, or os.PathLike object, not 'NoneType'", False),
    ],
)
def test_lines_that_dvc_prints_where_another_was_writing(line, crossed):
    """A stage's own fault of the same kind is not one."""
    assert bool(run_cache.CROSSED.search(line)) is crossed


def test_only_old_folders_without_an_entry_go(tmp_path):
    """One that is young, one that holds an entry, one that holds an entry that is being written: they stay."""
    empty, young, full, written = (tmp_path / f"runs/{word}/{word * 32}" for word in ("0a", "0b", "0c", "0d"))
    for folder in (empty, young, full, written):
        folder.mkdir(parents=True)
    (full / "entry").touch()
    (written / ".x.tmp").touch()
    age = time.time() - 2 * run_cache.ABANDONED_S
    for folder in (empty, full, written):
        os.utime(folder, (age, age))
    assert run_cache.clear_abandoned(tmp_path) == [empty]
    assert not empty.exists()
    assert all(folder.exists() for folder in (young, full, written))


def test_a_cache_without_runs(tmp_path):
    """Nothing to do."""
    assert run_cache.clear_abandoned(tmp_path) == []
