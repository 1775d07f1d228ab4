"""A disk that is full is said in one line, before the work where it can be; the next run finishes."""

import numpy as np
import pytest

from hpefair.machine import writable
from tests.conftest import environment
from tests.faults.test_io_errors import repro
from tests.pipeline.test_killed import contents

pytestmark = pytest.mark.pipeline


@pytest.mark.parametrize(("stage", "kibibytes"), [("generate@s0", 1500), ("train@original", 1500)])
def test_a_disk_that_runs_full(workspace_copy, small_disk, stage, kibibytes):
    """In the middle of generated pictures, or where the pixels of a training are to go; larger, it is enough."""
    word, _, item = stage.partition("@")
    out, scratch = workspace_copy / "data" / word / item, workspace_copy / ".hpefair"
    before = contents(out)
    small_disk(scratch, kibibytes)
    code, said = repro(workspace_copy, stage, environment())
    assert code
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said
    assert "the disk is full" in errors[0]
    assert "exited with -" not in said, "no signal ends a stage without a word"
    assert not out.exists() or not any(out.iterdir())
    finished = {path.name: path.stat().st_mtime_ns for path in scratch.rglob("work/*.json")}
    small_disk(scratch, 200_000)
    code, said = repro(workspace_copy, stage, environment())
    assert code == 0, said
    assert contents(out) == before
    if word == "generate":
        assert finished, "some people were finished before the disk was full"


def test_a_file_system_without_fallocate(tmp_path, small_disk):
    """The C library's own way needs a file that can be read: as pixels of a training are on NFS 3."""
    small_disk(tmp_path / "ram", 4000, kind="ramfs")
    path = tmp_path / "ram/pixels.npy"
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(1000,))
    writable.reserve(path, path.stat().st_size)
    array[:] = 7
    array.flush()
    assert (np.load(path) == 7).all()


def test_a_full_disk_is_found_before_the_work(workspace_copy, small_disk):
    small_disk(workspace_copy / ".hpefair", 700)
    code, said = repro(workspace_copy, "split", environment())
    assert code
    assert "the disk is full" in said
    assert "split:" not in said, "nothing was computed"


def test_data_on_another_file_system(workspace_copy, small_disk):
    """Renames end there: output is copied over, and put in its place in one rename of its own."""
    target = workspace_copy / "data/split"
    before = contents(target)
    for path in (workspace_copy / "data").iterdir():
        path.rename(workspace_copy / f"moved-{path.name}")
    small_disk(workspace_copy / "data", 100_000)
    for path in workspace_copy.glob("moved-*"):
        _move(path, workspace_copy / "data" / path.name.removeprefix("moved-"))
    code, said = repro(workspace_copy, "split", environment())
    assert code == 0, said
    assert contents(target) == before
    assert not list((workspace_copy / "data").glob(".*.part"))


def _move(source, target):
    import shutil

    shutil.move(source, target)
