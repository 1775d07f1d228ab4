"""Validate: every expectation is answered, pages are offline."""

import pandas as pd
import pytest

from hpefair.data import tables
from hpefair.schema import UNKNOWN
from hpefair.stages.validate import hidden_groups


def shares(attribute, **people):
    """Share rows of one attribute of the training people."""
    rows = {"attribute": attribute, "scope": "train", "group": list(people), "n_people": list(people.values())}
    return pd.DataFrame(rows)


def test_pages_hide_what_would_follow_from_the_shares():
    """Shares are of the known, so the unknown are no second hidden group; of pairs all are hidden."""
    age = shares("age_band", child=3, adult=140, older=20, **{UNKNOWN: 6})
    pairs = shares("age_band.build", **{"child.low": 3, "adult.low": 140, "older.low": 20})
    hidden = hidden_groups(pd.concat([age, pairs], ignore_index=True), 10)
    assert hidden["age_band", "train"] == {"child", "older"}
    assert hidden["age_band.build", "train"] == {"child.low", "adult.low", "older.low"}
    assert not hidden_groups(shares("age_band", child=10, adult=140), 10)["age_band", "train"]


@pytest.mark.pipeline
def test_every_suite_is_answered_and_rendered(made_workspace):
    """As many answers as expectations."""
    import yaml

    for variant in ("original", "balanced"):
        folder = made_workspace / "data/validate" / variant
        results = tables.read_json(folder / "results.json")
        for path in (made_workspace / "expectations").glob("*.yaml"):
            asked = yaml.safe_load(path.read_text())["expectations"]
            assert [row["expectation"] for row in results[path.stem]] == [row["expectation"] for row in asked]
            page = (folder / f"{path.stem}.html").read_text()
            assert "<script" not in page
            assert str(made_workspace) not in page
