"""Which expectations a plan is for, and why not for the others."""

import pytest
import yaml

from hpefair.errors import SettingsError
from hpefair.tools.gx.requirements import read_rules


def test_the_projects_own_expectations_are_all_accounted_for(project):
    """Each is planned for, or says why not; with every attribute planned, only populations and releases remain."""
    names = ["contrast", "gender_presentation", "age_band", "build"]
    rules = read_rules(project / "expectations", names, ["gender_presentation", "age_band", "contrast"], 5)
    suites = [yaml.safe_load((project / f"expectations/{name}.yaml").read_text()) for name in ("balance", "coverage")]
    assert len(rules.planned) + len(rules.others) == sum(len(suite["expectations"]) for suite in suites)
    assert {reason.partition(",")[0] for _, reason in rules.others} == {
        "it is about a population or an earlier release"
    }
    (cells,) = [one for one in rules.planned if one.kind == "cells"]
    assert (cells.people, cells.minimum, cells.severity) == (5, 0.8, "warning")
    only = read_rules(project / "expectations", ["contrast"], ["gender_presentation", "contrast"], 5)
    assert {one.attributes for one in only.planned} == {("contrast",)}
    assert any("plan.attributes does not name gender_presentation" in reason for _, reason in only.others)


def test_scope_and_pairs_are_told(tmp_path):
    suite = {
        "table": "shares",
        "purpose": "test",
        "expectations": [
            {
                "expectation": "expect_group_support_to_be_at_least",
                "kwargs": {"attribute": "contrast", "scope": "all", "minimum": 3},
            },
            {
                "expectation": "expect_group_support_to_be_at_least",
                "kwargs": {"attribute": "contrast.build", "minimum": 3},
            },
            {"expectation": "expect_unknown_share_to_be_at_most", "kwargs": {"attribute": "contrast", "maximum": 0}},
        ],
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(suite))
    rules = read_rules(tmp_path, ["contrast", "build"], ["contrast"], 5)
    (unknown,) = rules.planned
    assert unknown.maximum == 0
    assert [reason for _, reason in rules.others] == [
        "it is about all people; a repair changes the training people only",
        "it is about pairs of attributes",
    ]
    (tmp_path / "mine.yaml").write_text("table: nonsense\n")
    with pytest.raises(SettingsError, match=r"mine\.yaml"):
        read_rules(tmp_path, ["contrast"], ["contrast"], 5)
