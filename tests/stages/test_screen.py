"""Screen: accepted and rejected add up, and the rates say so."""

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_accepted_and_rejected_add_up(made_workspace):
    """With reasons for the rejected ones and measured contrast for the accepted ones."""
    folder = made_workspace / "data/screen"
    accepted, rejected, rates = (tables.read(folder / f"{n}.parquet") for n in ("accepted", "rejected", "rates"))
    made = tables.read(made_workspace / "data/generate/s0/generated.parquet")
    assert len(accepted) + len(rejected) == len(made)
    assert (rejected["reason"] != "").all()
    assert (accepted["contrast"] == accepted["wanted_contrast"]).all()
    assert rates["accepted"].sum() == len(accepted)
