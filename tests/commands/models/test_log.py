"""`hpefair log`: stable keys in MLflow on sqlite, models that load, logging twice changes nothing."""

import mlflow
import numpy as np
import pytest

from hpefair.commands.models import log
from tests.conftest import run

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def logged(made_workspace, tmp_path_factory):
    """Tracking address after logging twice."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"
    first = run(made_workspace, "log", "--uri", uri)
    second = run(made_workspace, "log", "--uri", uri)
    assert "metrics in run" in first.stdout
    assert second.stdout.count("logged before") == 4
    return uri


def test_runs_can_be_asked_by_group(logged):
    """One search string over gaps and groups."""

    mlflow.set_tracking_uri(logged)
    everything = mlflow.search_runs(experiment_names=["hpefair"])
    assert len(everything) == 4
    asked = "metrics.`ar/all` > 0.1 and metrics.`n/contrast/low` > 0 and params.boxes = 'ground truth'"
    found = mlflow.search_runs(experiment_names=["hpefair"], filter_string=asked)
    assert set(found["tags.mlflow.runName"]) == {"original", "balanced"}
    keys = set(found.columns)
    assert {"metrics.ci_low/ar/contrast/low", "metrics.ci_high/oks/all", "metrics.coco/AP"} <= keys
    decision = everything[everything["tags.mlflow.runName"] == "decision"].iloc[0]
    assert decision["tags.verdict.balanced"] in {"PASS", "FAIL", "INCONCLUSIVE"}
    assert decision["tags.gate.original"] == "FAIL"


def test_the_model_loads_back_and_predicts(logged, made_workspace, monkeypatch):
    """For any batch size, as the trained weights do."""
    import torch

    from hpefair.prediction import weights
    from hpefair.prediction.export import Keypoints

    monkeypatch.chdir(made_workspace)
    mlflow.set_tracking_uri(logged)
    models = mlflow.search_logged_models(
        experiment_ids=[mlflow.get_experiment_by_name("hpefair").experiment_id], output_format="list"
    )
    uri = next(m.model_uri for m in models if m.name == "pose_balanced")
    loaded = mlflow.pytorch.load_model(uri)
    trained, _ = weights.load(made_workspace / "data/train/balanced")
    crops = torch.rand(3, 3, 96, 64)
    with torch.no_grad():
        np.testing.assert_allclose(loaded(crops), Keypoints(trained).eval()(crops), atol=1e-4)


def test_an_unreachable_server_is_one_line(made_workspace):
    """No traceback."""
    done = run(made_workspace, "log", "--uri", "nosuch://x", expect=1)
    assert done.stderr.strip().splitlines()[-1].startswith("error: MLflow at nosuch://x refused")
    assert "Traceback" not in done.stderr


def test_a_verdict_is_about_the_evaluations_that_were_compared(workspace_copy, monkeypatch):
    """One that has changed since has none, until `compare` has run again."""
    monkeypatch.chdir(workspace_copy)
    assert set(log._verdicts()) == {"balanced"}
    path = workspace_copy / "data/evaluate/original/overall.json"
    text = path.read_text()
    path.unlink()
    path.write_text(f"{text}\n")
    assert log._verdicts() == {}
