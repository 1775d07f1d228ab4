"""Train: weights, a card, a curve."""

import pytest

from hpefair.data import tables
from hpefair.errors import SettingsError
from tests.conftest import dvc

pytestmark = pytest.mark.pipeline


def test_weights_load_and_the_card_says_what_they_are(made_workspace):
    """Variant, people, seed."""
    from hpefair.prediction import weights

    model, card = weights.load(made_workspace / "data/train/balanced")
    assert card["variant"] == "balanced"
    assert card["synthetic_people"] > 0
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    assert card["objective"] == "erm"
    by_group = tables.read(made_workspace / "data/train/balanced/curve_by_group.parquet")
    assert {"contrast/low", "contrast/high", "contrast/unknown"} <= set(by_group["group"])
    validation = tables.read(made_workspace / "data/train/balanced/validation.parquet")
    split = tables.read(made_workspace / "data/split/people.parquet")["split"]
    assert validation.loc[validation["group"] == "all", "n"].tolist() == [(split == "val").sum()] * 2
    curve = tables.read(made_workspace / "data/train/balanced/curve.parquet")
    assert curve["step"].tolist() == list(range(30))
    assert curve["loss"].iloc[-5:].mean() < curve["loss"].iloc[:5].mean()


def test_no_checkpoint_is_published(made_workspace):
    """Work files stay in scratch."""
    names = {path.name for path in (made_workspace / "data/train/original").iterdir()}
    assert names == {
        "weights.safetensors", "model.json", "curve.parquet", "curve_by_group.parquet", "validation.parquet",
    }  # fmt: skip


def test_two_processes_give_what_one_gives(workspace_copy, monkeypatch):
    """As many as the environment says; the numbers differ by the order of additions only."""
    one = tables.read(workspace_copy / "data/train/original/curve.parquet")["loss"]
    monkeypatch.setenv("HPEFAIR_PROCESSES", "2")
    dvc(workspace_copy, "repro", "--quiet", "--force", "--single-item", "train@original")
    two = tables.read(workspace_copy / "data/train/original/curve.parquet")["loss"]
    assert two[0] == pytest.approx(one[0], abs=1e-5)
    assert two.iloc[-5:].mean() == pytest.approx(one.iloc[-5:].mean(), rel=0.05)


def test_a_number_of_processes_that_is_none_is_refused(monkeypatch):
    from hpefair.training import processes

    monkeypatch.setenv("HPEFAIR_PROCESSES", "many")
    with pytest.raises(SettingsError, match="many"):
        processes.wanted()
