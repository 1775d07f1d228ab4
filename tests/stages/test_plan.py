"""Plan: what the quotas promise, the balanced audit shows."""

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_quotas_reach_the_reference(made_workspace):
    """Shares after the plan lie where the expectations want them, generated people below their cap."""
    quota = tables.read(made_workspace / "data/plan/quota.parquet")
    shares = tables.read(made_workspace / "data/plan/shares.parquet")
    ratio = shares["planned"] / shares["planned"].sum() / shares["reference"]
    assert ratio.between(0.8, 1.25).all()
    requirements = tables.read(made_workspace / "data/plan/requirements.parquet")
    assert requirements["met"].all()
    assert not requirements["met_before"].all()
    assert quota["generate"].sum() <= 0.35 * shares["planned"].sum() + 1
    assert quota.set_index("cell").loc["high", "generate"] > 0


def test_items_are_named_seeded_and_dealt(made_workspace):
    """Every attempt once, with its own seed."""
    items = tables.read(made_workspace / "data/plan/items.parquet")
    quota = tables.read(made_workspace / "data/plan/quota.parquet")
    assert items["item_id"].is_unique
    # Ids are shown where groups are not.
    assert not [row.item_id for row in items.itertuples() if row.wanted_contrast in row.item_id]
    for _, cell in items.groupby(["backend", "cell"]):
        assert cell.sort_values("item_id")["number"].is_monotonic_increasing
    assert items["seed"].is_unique
    assert len(items) == quota["attempts"].sum()
    assert set(items["shard"]) == {"s0"}
