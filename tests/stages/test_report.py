"""Report: one page, no other file, no small group shown."""

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_the_page_needs_nothing_else_and_says_the_verdicts(made_workspace):
    """No script, no outside address, no path of the machine."""
    page = (made_workspace / "data/report/report.html").read_text()
    assert "<script" not in page
    assert "src=" not in page
    assert str(made_workspace) not in page
    for verdict in ("FAIL", "PASS"):
        assert f'<span class="pill {verdict}">' in page
    assert "What this does not tell" in page


def test_small_groups_are_not_shown(made_workspace):
    """Fewer than report.min_cell people are named as hidden."""
    shares = tables.read(made_workspace / "data/audit/original/shares.parquet")
    small = shares[(shares["scope"] == "all") & shares["n_people"].between(1, 4)]
    page = (made_workspace / "data/report/report.html").read_text()
    assert ("too few people to show" in page) == (not small.empty)
