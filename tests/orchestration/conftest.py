"""A small pipeline in a bare git repository, with a DVC remote: what the real tools do with it costs seconds."""

import subprocess
from pathlib import Path

import pytest

from hpefair.orchestration.workspace import Origin
from tests.conftest import commit, dvc

PIPELINE = """
stages:
  ingest:
    cmd: "mkdir -p data/ingest && cat data/raw/a.txt > data/ingest/b.txt && echo ran >> $TRACE"
    deps: [data/raw]
    outs: [data/ingest]
  train:
    foreach: [one, two]
    do:
      cmd:
        - mkdir -p data/train/${item}
        - (cat data/ingest/b.txt; echo ${item}) > data/train/${item}/w && echo ran >> $TRACE
      deps: [data/ingest]
      outs: ["data/train/${item}"]
"""


@pytest.fixture
def trace(tmp_path, monkeypatch) -> Path:
    """A file with a line for every stage that was executed."""
    path = tmp_path / "trace.txt"
    path.touch()
    monkeypatch.setenv("TRACE", str(path))
    return path


@pytest.fixture
def origin(tmp_path, trace) -> Origin:
    """A bare repository whose raw data lie in the remote."""
    first = tmp_path / "first"
    first.mkdir()
    git(first, "init", "--quiet", "--initial-branch", "main")
    dvc(first, "init", "--quiet")
    (first / "data/raw").mkdir(parents=True)
    (first / "data/raw/a.txt").write_text("people\n")
    (first / "dvc.yaml").write_text(PIPELINE)
    (first / "params.yaml").write_text("seed: 1\n")
    (first / ".gitignore").write_text("/data/raw\n/data/ingest\n/data/train\n/.hpefair/\n")
    dvc(first, "add", "--quiet", "data/raw")
    dvc(first, "remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    dvc(first, "push", "--quiet")
    commit(first, "raw")
    git(tmp_path, "clone", "--quiet", "--bare", "first", "origin.git")
    return Origin(str(tmp_path / "origin.git"), tmp_path / "cache", str(tmp_path / "store"))


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
