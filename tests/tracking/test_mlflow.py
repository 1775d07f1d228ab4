"""MLflow as the tracker, on SQLite: what is logged once, where artifacts lie, and whose they are."""

import stat

import mlflow
import pandas as pd
import pytest

from hpefair.errors import ToolError
from hpefair.tracking import artifact_place
from hpefair.tracking.run import Run
from hpefair.tracking.tracker import connected


def log(uri: str, experiment: str, runs: list[Run]) -> list[str]:
    """One sentence per run that was written."""
    with connected(uri, experiment) as tracker:
        return [tracker.log(run) for run in runs]


def test_a_network_is_loaded_only_where_its_run_is_new(tmp_path, monkeypatch):
    """What is known by its key is found before anything heavy is asked for."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)  # MLflow sets it as well: put back at the end
    monkeypatch.chdir(tmp_path)
    (first,) = log(uri, "x", [Run(name="a", key="k")])
    (tmp_path / "w").write_text("weights")
    mlflow.MlflowClient(uri).log_artifact(first.rsplit(maxsplit=1)[1], str(tmp_path / "w"), "weights")
    known = Run(name="a", key="k", model=lambda: pytest.fail("loaded"))
    (second,) = log(uri, "x", [known])
    assert second == f"a: logged before as run {first.rsplit(maxsplit=1)[1]}"


def test_artifacts_outlive_whoever_logs(tmp_path, monkeypatch):
    """They lie alongside the database, whatever folder a process works in, or where the user says; never nowhere."""
    uri = f"sqlite:///{tmp_path}/place/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    log(uri, "x", [Run(name="a", key="k", tables={"t": pd.DataFrame({"a": [1]})})])
    assert list((tmp_path / "place/mlartifacts/x").rglob("t.json"))
    assert list((tmp_path / "run").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "place/mlflow.db").stat().st_mode) == 0o600
    monkeypatch.setenv(artifact_place.VARIABLE, str(tmp_path / "elsewhere"))
    log(uri, "y", [Run(name="a", key="k", tables={"t": pd.DataFrame({"a": [1]})})])
    assert list((tmp_path / "elsewhere/y").rglob("t.json"))
    assert artifact_place.place("sqlite:///m.db", "x") == f"file://{tmp_path}/elsewhere/x"
    monkeypatch.delenv(artifact_place.VARIABLE)
    assert artifact_place.place("https://mlflow.example", "x") is None
    with pytest.raises(ToolError, match="HPEFAIR_ARTIFACTS is not set"):
        artifact_place.place("postgresql://u:secret@db/mlflow", "x")


def test_an_experiment_whose_artifacts_are_gone_is_refused(tmp_path, monkeypatch):
    """As one is that an earlier release made in the workspace of a run."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    client = mlflow.MlflowClient(uri)
    client.create_experiment("x", artifact_location=(tmp_path / "runs/one/mlruns/1").as_uri())
    with pytest.raises(ToolError, match="are gone"):
        log(uri, "x", [Run(name="a", key="k")])
