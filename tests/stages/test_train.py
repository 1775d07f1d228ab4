"""Train: weights, a card, a curve."""

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_weights_load_and_the_card_says_what_they_are(made_workspace):
    """Variant, people, seed."""
    from hpefair.training import weights

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
