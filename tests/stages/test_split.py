"""Split: whole images, every person once."""

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_people_of_an_image_share_its_split(made_workspace):
    """No leak; every split named in params exists."""
    people = tables.read(made_workspace / "data/split/people.parquet")
    assert (people.groupby("image_id")["split"].nunique() == 1).all()
    assert {"train", "val", "test"} <= set(people["split"])
    assert len(people) == len(tables.read(made_workspace / "data/ingest/people.parquet"))
