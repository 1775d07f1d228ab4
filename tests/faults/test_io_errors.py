"""Disks that fail while a stage reads end the stage; nobody is quarantined for it, and the next run finishes."""

import errno
import subprocess
import sys

import pandas as pd
import pytest

from hpefair.machine.disk_faults import ADVICE
from tests.conftest import dvc
from tests.pipeline.test_killed import contents

pytestmark = pytest.mark.pipeline
PICTURE = "data/raw/tiny/images/000007.jpg"
# The first time a stage opens a picture it only hashes it; it looks at it the second time.
CASES = [
    ("ingest", errno.EIO, "read", 2),
    ("ingest", errno.ESTALE, "open", 2),
    ("ingest", errno.EACCES, "open", 2),
    ("ingest", errno.EMFILE, "open", 2),
    ("ingest", errno.EIO, "read", 1),
    ("attribute@s0", errno.EIO, "read", 2),
    ("train@original", errno.EIO, "read", 2),
    ("train@original", errno.EMFILE, "open", 2),
]


def repro(root, stage, env):
    """Run a stage anew, whatever dvc thinks of it; what it said."""
    command = [sys.executable, "-m", "dvc", "repro", "--force", "--single-item", stage]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("stage", "number", "call", "first"), CASES)
def test_a_moment_of_bad_disk_changes_nothing(workspace_copy, faulty_disk, stage, number, call, first):
    """One line with what to do, no output, no entry in the lock; afterwards the same output as ever."""
    word, _, item = stage.partition("@")
    out = workspace_copy / "data" / word / item
    before, lock = contents(out), (workspace_copy / "dvc.lock").read_bytes()
    env = faulty_disk(f"hpefair.stages.{word}", PICTURE.rpartition("/")[2], number, call, first)
    code, said = repro(workspace_copy, stage, env)
    assert code
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said
    assert ADVICE[number] in errors[0]
    assert "000007.jpg" in errors[0]
    assert "fault of hpefair" not in said
    assert "Traceback" not in said
    assert not out.exists() or not any(out.iterdir())
    assert (workspace_copy / "dvc.lock").read_bytes() == lock
    code, said = repro(workspace_copy, stage, {**env, "LD_PRELOAD": ""})
    assert code == 0, said
    assert contents(out) == before


def test_a_truncated_picture_is_still_quarantined(workspace_copy):
    """That is what the file is: it is set aside with its reason, and nobody else with it."""
    picture = workspace_copy / PICTURE
    content = picture.read_bytes()
    picture.unlink()  # it may be a link into the cache
    picture.write_bytes(content[:700])
    dvc(workspace_copy, "add", "--quiet", "data/raw")
    dvc(workspace_copy, "repro", "--quiet", "ingest")
    rejects = pd.read_parquet(workspace_copy / "data/ingest/rejects.parquet")
    assert rejects.loc[rejects["record"] == "image", "source_id"].tolist() == ["7"]
    assert rejects["reason"].str.contains("cannot be decoded").any()
