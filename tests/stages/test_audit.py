"""Audit: the balanced set is nearer the reference than the original one."""

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_balancing_closes_the_deficit(made_workspace):
    """In the training split, and the absent groups are still listed."""
    parts = {v: tables.read(made_workspace / f"data/audit/{v}/shares.parquet") for v in ("original", "balanced")}
    deficit = {
        variant: table[(table["scope"] == "train") & (table["attribute"] == "contrast")]["deficit"].sum()
        for variant, table in parts.items()
    }
    assert deficit["balanced"] < deficit["original"]
    assert "teen" in set(parts["original"]["group"])
    distance = {v: tables.read(made_workspace / f"data/audit/{v}/distances.parquet") for v in parts}
    nearer = {
        v: table.set_index(["scope", "attribute"]).loc[("train", "contrast"), "total_variation"]
        for v, table in distance.items()
    }
    assert nearer["balanced"] < nearer["original"]


def test_the_test_split_did_not_change(made_workspace):
    """Generated people are in the training split only."""
    people = tables.read(made_workspace / "data/audit/balanced/people.parquet")
    assert set(people.loc[people["synthetic"], "split"]) == {"train"}
