"""hpefair train and export, as a person types them."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hpefair.cli.main import app
from hpefair.errors import HpefairError
from hpefair.runtimes.onnx import OnnxNetwork
from tests.conftest import run

FAST = ["--steps", "6", "--batch", "4", "--size", "48x64"]


def test_train_and_export_without_a_pipeline(tiny_coco, tmp_path):
    """Two folders at once, groups from a label file, curves in MLflow; then one ONNX file that runs."""
    shutil.copytree(tiny_coco, tmp_path / "again")
    labels = ["--labels", str(tiny_coco / "labels.csv"), "--labels", "again/labels.csv"]
    by = ["--by", "gender_presentation", "--objective", "group_dro", "--track", f"sqlite:///{tmp_path}/runs.db"]
    said = run(tmp_path, "train", str(tiny_coco), "again", *labels, *by, *FAST, "--out", "m").stdout
    assert "gender_presentation/feminine" in said
    card = json.loads((tmp_path / "m/model.json").read_text())
    assert card["trained_on"] == ["tiny", "again"]
    assert card["objective"] == "group_dro"
    assert len(pd.read_parquet(tmp_path / "m/curve.parquet")) == 6
    import mlflow

    found = mlflow.MlflowClient(f"sqlite:///{tmp_path}/runs.db").search_runs(["1"])
    assert found[0].info.status == "FINISHED"
    assert "validation/ar/all" in found[0].data.metrics
    assert "ONNX Runtime's joints are" in run(tmp_path, "export", "m", "--out", "m.onnx").stdout
    keypoints, score = OnnxNetwork(tmp_path / "m.onnx")(np.zeros((2, 3, 64, 48), np.float32))
    assert keypoints.shape == (2, 17, 3)
    assert score.shape == (2,)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--estimator", "nosuch"], "nosuch"),
        (["--option", "stages=3"], "stages"),
        (["--option", "stages"], "NAME=VALUE"),
        (["--size", "96"], "WIDTHxHEIGHT"),
        (["--steps", "0"], "--steps"),
        (["--objective", "best"], "--objective best"),
        (["--by", "age_band"], "no person has a label of age_band"),
        (["--by", "hat"], "hat"),
        (["--by", "contrast"], "needs the pipeline"),
        (["--size", "9999x99999"], "at most"),
        (["--estimator", "hetmap"], "deeppose, heatmap, yolo_pose"),
        (["--validation", "0.9999999"], "--validation 0"),
        (["--validation", "2"], "--validation"),
        (["--labels", "a.csv", "--labels", "b.csv"], "--labels"),
        (["--labels", "nosuch.csv"], "nosuch.csv"),
        (["--precision", "fp8"], "--precision"),
    ],
)
def test_what_cannot_be_trained_is_one_line(words, said, tiny_coco, tmp_path, monkeypatch):
    """And nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    assert said in refused([str(tiny_coco), *FAST, *words])
    assert not list(tmp_path.iterdir()), list(tmp_path.iterdir())


def test_a_refusal_is_no_traceback(tiny_coco, tmp_path):
    """The same as a person sees it."""
    done = run(tmp_path, "train", str(tiny_coco), *FAST, "--estimator", "nosuch", expect=2)
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nosuch" in done.stderr


def refused(words):
    """What `hpefair train` says, in this process, when it refuses."""
    done = CliRunner().invoke(app, ["train", *words])
    if isinstance(done.exception, HpefairError):
        assert done.exception.exit_code == 2
        return str(done.exception)
    assert done.exit_code == 2, done.output
    return done.output


def test_nothing_that_is_no_model_is_overwritten(tiny_coco, tmp_path, monkeypatch):
    """Neither the data nor somebody's results; two folders of one name are not mixed up; objectives need groups."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_coco, tmp_path / "a/tiny")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/kept.txt").write_text("kept")
    (tmp_path / "web").mkdir()
    (tmp_path / "web/model.json").write_text('{"format": "graph-model"}')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/model.json").write_text('{"estimator": "heatmap", "skeleton": "coco_17"}')
    (tmp_path / "mine/notes.txt").write_text("notes")
    for words, said in (
        (["a/tiny", "--out", "a/tiny"], "holds the data"),
        (["a/tiny", "--out", "a"], "holds the data"),
        (["a/tiny", "--out", "results"], "kept.txt"),
        (["a/tiny", "--out", "web"], "model.json"),
        (["a/tiny", "--out", "mine"], "notes.txt"),
        ([str(tiny_coco), "--out", "."], "current folder"),
        (["a/tiny", "--labels", "a/tiny/person_keypoints.json"], "names no columns"),
        (["a/tiny", str(tiny_coco)], "two folders are called tiny"),
        (["a/tiny", "--objective", "group_dro"], "--by"),
        (["a/tiny", "--seed", "-1"], "--seed"),
        (["a/tiny", "--option", "net={"], "NAME=VALUE"),
    ):
        assert said in refused([*words, *FAST])
    assert (tmp_path / "results/kept.txt").read_text() == "kept"
    assert (tmp_path / "mine/notes.txt").exists()


def test_a_tracking_server_that_is_not_there_is_said_soon(tiny_coco, tmp_path, monkeypatch):
    """Before anything is trained."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["train", str(tiny_coco), *FAST, "--track", "http://127.0.0.1:9"])
    assert "does not answer" in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_changed_dataset_is_another_training(tiny_coco, tmp_path, capsys):
    """What an interrupted run left of other people is not gone on with."""
    from hpefair.commands.models.train import DEFAULTS, Request, train

    folder = tmp_path / "set"
    shutil.copytree(tiny_coco, folder)
    settings = DEFAULTS.model_copy(update={"steps": 4, "batch": 4, "input_width": 48, "input_height": 64})
    request = Request((folder,), (None,), (None,), "heatmap", {}, settings, "erm", "", 0.2, 0)

    def stop(step, values):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(request, tmp_path / "m", stop)
    assert "stopped after step 1; run the same command to continue" in capsys.readouterr().err
    left = set((tmp_path / ".m.work").iterdir())
    path = folder / "person_keypoints.json"
    tree = json.loads(path.read_text())
    del tree["annotations"][0]
    path.write_text(json.dumps(tree))
    with pytest.raises(KeyboardInterrupt):
        train(request, tmp_path / "m", stop)
    assert len(set((tmp_path / ".m.work").iterdir()) - left) == 1


def test_what_cannot_be_exported_is_one_line(tmp_path):
    """A folder without a model."""
    assert "holds no trained model" in run(tmp_path, "export", ".", expect=2).stderr
