"""Great Expectations: nothing dropped silently, three verdicts, pages that need nothing else."""

import pandas as pd
import pytest

from hpefair.errors import SettingsError
from hpefair.tools.gx import checks, docs, suites

SHARES = pd.DataFrame(
    {
        "scope": "train",
        "attribute": ["contrast"] * 4 + ["gender_presentation"] * 3,
        "group": ["low", "mid", "high", "unknown", "feminine", "masculine", "unknown"],
        "n_people": [40, 40, 5, 15, 30, 30, 40],
        "n_distinct": [40, 40, 5, 15, 30, 30, 40],
        "n_low": [40, 40, 5, 15, 30, 30, 40],
        "n_high": [40, 40, 5, 15, 70, 70, 40],
        "basis": ["counted"] * 4 + ["bounds"] * 3,
        "share_known": [0.47, 0.47, 0.06, None, 0.5, 0.5, None],
        "share": [0.4, 0.4, 0.05, 0.15, 0.3, 0.3, 0.4],
        "bound_low": [0.47, 0.47, 0.06, None, 0.3, 0.3, None],
        "bound_high": [0.47, 0.47, 0.06, None, 0.7, 0.7, None],
        "reference": [1 / 3, 1 / 3, 1 / 3, None, 0.5, 0.5, None],
    }
)


def suite(tmp_path, *rules, table="shares"):
    """A suite file."""
    import yaml

    path = tmp_path / "balance.yaml"
    path.write_text(yaml.safe_dump({"table": table, "purpose": "For a test.", "expectations": list(rules)}))
    return path


def rule(name, severity="critical", **kwargs):
    """One rule of a suite."""
    return {"expectation": name, "severity": severity, "kwargs": kwargs}


RATIO = "expect_share_ratio_to_reference_to_be_between"


def outcome(tmp_path, *rules):
    """Result of running rules on the share table."""
    path = suite(tmp_path, *rules)
    return checks.run(path, suites.load_suite(path), SHARES, 5)


def test_all_three_verdicts_occur(tmp_path):
    """PASS, FAIL, INCONCLUSIVE, in the order of the file."""
    found = outcome(
        tmp_path,
        rule("expect_group_support_to_be_at_least", attribute="contrast", minimum=5),
        rule(RATIO, attribute="contrast", minimum=0.8, maximum=1.2),
        rule(RATIO, attribute="gender_presentation", minimum=0.8, maximum=1.2),
        rule("expect_unknown_share_to_be_at_most", attribute="contrast", maximum=0.1),
    )
    rows = checks.plain_results(found)
    assert [row["verdict"] for row in rows] == ["PASS", "FAIL", "INCONCLUSIVE", "FAIL"]
    assert rows == checks.plain_results(found)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (rule("expect_grup_support_to_be_at_least", attribute="contrast", minimum=1), "did you mean expect_group"),
        (rule("expect_group_support_to_be_at_least", attribute="contrast", minimun=1), "no argument minimun"),
        (rule(RATIO, attribute="contrast"), "field required|minimum"),
        ({"expectation": RATIO, "kwarg": {}}, "unknown key"),
        (rule(RATIO, severity="fatal", attribute="contrast", minimum=0, maximum=1), "severity"),
    ],
)
def test_unknown_expectations_and_keys_stop(tmp_path, bad, message):
    """Great Expectations itself would drop an unknown expectation and pass."""
    with pytest.raises(SettingsError, match=message):
        outcome(tmp_path, bad)


def test_a_repeated_rule_stops(tmp_path):
    """It would be dropped without a word."""
    one = rule(RATIO, attribute="contrast", minimum=0.8, maximum=1.2)
    with pytest.raises(SettingsError, match="is listed above"):
        outcome(tmp_path, one, one)


def test_an_attribute_nobody_audited_is_an_error_not_a_pass(tmp_path):
    """The gate turns ERROR into FAIL."""
    with pytest.raises(SettingsError, match="attribute contrasts not found"):
        outcome(tmp_path, rule(RATIO, attribute="contrasts", minimum=0.8, maximum=1.2))
    found = outcome(tmp_path, rule(RATIO, attribute="build", minimum=0.8, maximum=1.2))
    row = checks.plain_results(found)[0]
    assert row["verdict"] == "ERROR"
    assert "no rows for attribute 'build'" in row["error"]


def test_pages_are_deterministic_and_self_contained(tmp_path):
    """No script, no outside address, values escaped."""
    rules = [rule(RATIO, attribute="contrast", minimum=0.8, maximum=1.2)]
    page = docs.page(outcome(tmp_path, *rules), "A <title>", "A lead.")
    assert page == docs.page(outcome(tmp_path, *rules), "A <title>", "A lead.")
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    assert "A &lt;title&gt;" in page
    assert "pill-fail" in page


def test_shipped_suites_are_valid(project):
    """Every file of expectations/."""
    found = [suites.load_suite(path) for path in sorted((project / "expectations").glob("*.yaml"))]
    assert {one.table for one in found} == {"images", "people", "shares", "cells"}


def test_new_gates_speak_in_three_values(tmp_path):
    """Divergence, share interval, drift; what is open says what would settle it."""
    ends = {"low": SHARES["bound_low"] - 0.05, "high": SHARES["bound_high"] + 0.05}
    shares = SHARES.assign(**ends, population_low=ends["low"], population_high=ends["high"])
    released = shares[shares["attribute"] == "contrast"].assign(scope="train@release")
    path = suite(
        tmp_path,
        rule("expect_divergence_from_reference_to_be_at_most", attribute="contrast", maximum=0.2),
        rule("expect_divergence_from_reference_to_be_at_most", attribute="gender_presentation", maximum=0.1),
        rule("expect_share_interval_to_be_within_tolerance", attribute="gender_presentation", tolerance=0.3),
        rule("expect_drift_since_release_to_be_at_most", attribute="contrast", scope="train", maximum=0.2),
        rule("expect_drift_since_release_to_be_at_most", attribute="gender_presentation", scope="train", maximum=0.2),
    )
    found = checks.run(path, suites.load_suite(path), pd.concat([shares, released]), 5)
    rows = checks.plain_results(found)
    assert [row["verdict"] for row in rows] == ["FAIL", "INCONCLUSIVE", "PASS", "PASS", "INCONCLUSIVE"]
    assert rows[1]["result"]["details"]["rows"][0]["needs"] == "labels, or a larger audit"


def test_cells_are_judged_on_their_own_table(tmp_path):
    """One row a scope."""
    cells = pd.DataFrame([{"scope": "train", "attributes": "age_band, contrast", "cells": 15, "low": 9, "high": 12}])
    path = suite(tmp_path, rule("expect_cells_to_be_covered", scope="train", minimum=0.7), table="cells")
    found = checks.plain_results(checks.run(path, suites.load_suite(path), cells, 5))[0]
    assert found["verdict"] == "INCONCLUSIVE"


def test_pages_hide_small_groups(tmp_path):
    """No number about them, nor the worst group's where it is theirs; the verdict stays, and the result keeps all."""
    found = outcome(tmp_path, rule(RATIO, attribute="contrast", minimum=0.8, maximum=1.2, scope="train"))
    row = next(r for r in checks.plain_results(found)[0]["result"]["details"]["rows"] if r["group"] == "high")
    number = f"{row['low']:.4g}"
    open_page = docs.page(found, "T", "L.")
    hidden_page = docs.page(found, "T", "L.", {("contrast", "train"): {"high"}})
    assert number in open_page
    assert number not in hidden_page
    assert "too few people to show" in hidden_page
    assert "pill-fail" in hidden_page
    assert checks.plain_results(found)[0]["result"]["details"]["rows"][2]["low"] == row["low"]
