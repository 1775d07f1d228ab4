"""Tests that share the finished workspace run on one worker; otherwise every worker would build it again."""

import pytest


@pytest.mark.xdist_group("pipeline")
def test_groups_reach_the_scheduler(request):
    """The mark is part of the id by which tests are handed out (pytest 9.2 with pytest-xdist 3.8 loses it silently)."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("tests are not spread over workers here")
    assert request.node.nodeid.endswith("@pipeline")
