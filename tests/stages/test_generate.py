"""Generate: pictures with provenance; attempts that failed are kept with their reason."""

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_every_attempt_is_accounted_for(made_workspace):
    """A picture and a parent, or a reason."""
    made = tables.read(made_workspace / "data/generate/s0/generated.parquet")
    items = tables.read(made_workspace / "data/plan/items.parquet")
    assert set(made["item_id"]) == set(items["item_id"])
    good = made[made["made"]]
    assert len(good) > 0
    assert all((made_workspace / path).exists() for path in good["path"])
    assert (made.loc[~made["made"], "reason"] != "").all()
    split = tables.read(made_workspace / "data/split/people.parquet").set_index("person_id")["split"]
    assert set(split[good["parent_person"]]) == {"train"}
