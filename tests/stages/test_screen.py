"""Screen: accepted and rejected add up, and the rates say so."""

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_accepted_and_rejected_add_up(made_workspace):
    """With reasons for the rejected ones and measured contrast for the accepted ones."""
    folder = made_workspace / "data/screen"
    accepted, rejected, rates = (tables.read(folder / f"{n}.parquet") for n in ("accepted", "rejected", "rates"))
    made = tables.read(made_workspace / "data/generate/s0/generated.parquet")
    assert len(accepted) + len(rejected) == len(made)
    assert (rejected["reason"] != "").all()
    assert (accepted["contrast"] == accepted["wanted_contrast"]).all()
    assert rates["accepted"].sum() == len(accepted)


def test_faults_are_named_and_acceptance_is_told_by_group(made_workspace):
    """Every rejected person has one of the known faults; groups add up to all who were made."""
    from hpefair.screening.faults import FAULTS

    folder = made_workspace / "data/screen"
    rejected, groups = (tables.read(folder / f"{n}.parquet") for n in ("rejected", "acceptance"))
    made = tables.read(made_workspace / "data/generate/s0/generated.parquet")
    assert set(rejected["fault"]) <= set(FAULTS)
    by_age = groups[groups["attribute"] == "age_band"]
    assert by_age["made"].sum() == made["made"].sum()
    accepted = tables.read(folder / "accepted.parquet")
    assert accepted["weight"].mean() == pytest.approx(1)
