"""A small pipeline in a bare git repository, with a DVC remote: what the real tools do with it costs seconds."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hpefair.orchestration import settings
from hpefair.orchestration.settings import Settings
from hpefair.orchestration.workspaces.workspace import Origin
from tests.conftest import commit, dvc

# A stage says when it starts and ends; train waits while the file $HOLD is there.
PIPELINE = """
stages:
  ingest:
    cmd:
      - mkdir -p data/ingest && cat data/raw/a.txt > data/ingest/b.txt
      - echo ran ingest >> $TRACE
    deps: [data/raw]
    outs: [data/ingest]
  train:
    foreach: [one, two]
    do:
      cmd:
        - echo start ${item} >> $TRACE && mkdir -p data/train/${item}
        - while [ -e "$HOLD" ]; do sleep 0.1; done
        - (cat data/ingest/b.txt; echo ${item}) > data/train/${item}/w && echo ran ${item} >> $TRACE
      deps: [data/ingest]
      outs: ["data/train/${item}"]
  gate:
    cmd: "mkdir -p data/gate && cat data/train/*/w > data/gate/decision.json && echo ran gate >> $TRACE"
    deps: [data/train]
    outs: [data/gate]
"""


@pytest.fixture
def trace(tmp_path, monkeypatch) -> Path:
    """A file with a line for every stage that was executed."""
    path = tmp_path / "trace.txt"
    path.touch()
    monkeypatch.setenv("TRACE", str(path))
    return path


@pytest.fixture(scope="session")
def drawn_up(tmp_path_factory) -> Path:
    """A folder with what `make_origin` makes: drawing it up takes four calls of dvc."""
    root = tmp_path_factory.mktemp("origin")
    make_origin(root)
    (root / "first/.dvc/config.local").unlink()  # copies of it must not push to this one's remote
    return root


@pytest.fixture
def origin(drawn_up, tmp_path, trace) -> Origin:
    """A bare repository whose raw data lie in the remote."""
    shutil.copytree(drawn_up, tmp_path, dirs_exist_ok=True)
    return origin_in(tmp_path)


@pytest.fixture
def installed(origin, tmp_path, monkeypatch) -> Settings:
    """What operators read from the environment, set up for that repository."""
    variables = {**variables_of(origin), "HPEFAIR_RUNS": str(tmp_path / "runs")}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return settings.load()


def variables_of(origin: Origin) -> dict[str, str]:
    """Environment of an installation over a repository."""
    return {
        "HPEFAIR_REPOSITORY": origin.repository,
        "HPEFAIR_CACHE": str(origin.cache),
        "HPEFAIR_REMOTE": origin.remote,
        "HPEFAIR_MODELS": str(origin.cache / "none"),
    }


def make_origin(root: Path) -> Origin:
    """A bare repository of the small pipeline, its remote with the raw data, and `first`, which it came from."""
    first = root / "first"
    first.mkdir()
    git(first, "init", "--quiet", "--initial-branch", "main")
    dvc(first, "init", "--quiet")
    (first / "data/raw").mkdir(parents=True)
    (first / "data/raw/a.txt").write_text("people\n")
    (first / "dvc.yaml").write_text(PIPELINE)
    (first / "params.yaml").write_text("seed: 1\n")
    (first / ".gitignore").write_text("/data/raw\n/data/ingest\n/data/train\n/data/gate\n/.hpefair/\n")
    dvc(first, "add", "--quiet", "data/raw")
    dvc(first, "remote", "add", "--local", "--default", "store", str(root / "store"))
    dvc(first, "push", "--quiet")
    commit(first, "raw")
    git(root, "clone", "--quiet", "--bare", "first", "origin.git")
    return origin_in(root)


def origin_in(root: Path) -> Origin:
    """The repository of a folder, with a cache alongside it that nobody has used."""
    return Origin(str(root / "origin.git"), root / "cache", str(root / "store"))


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
