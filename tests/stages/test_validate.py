"""Validate: every expectation is answered, pages are offline."""

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


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
