"""Balance gates give all three verdicts."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness import gates
from hpefair.core.fairness.gate_needs import bounds_need, population_need
from hpefair.core.shares.groups import groups
from hpefair.core.shares.representation import Counted, share_table


def rows(values, attribute, reference=None):
    """Share rows of an attribute."""
    listed = groups(pd.DataFrame({attribute: values}), [attribute])
    index = np.arange(len(values))
    counted = Counted(index, index, np.ones(len(values)))
    return share_table(listed, counted, {attribute: reference}, 0.95).to_dict(orient="records")


THIRDS = {"low": 1 / 3, "mid": 1 / 3, "high": 1 / 3}
HALVES = {"feminine": 0.5, "masculine": 0.5}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (["feminine"] * 20 + ["masculine"] * 20, "PASS"),
        (["feminine"] * 5 + ["masculine"] * 20, "FAIL"),
        (["feminine"] * 5 + ["masculine"] * 20 + ["unknown"] * 10, "INCONCLUSIVE"),
    ],
)
def test_support(values, verdict):
    """Unknown people may or may not fill the group."""
    assert gates.support(rows(values, "gender_presentation"), 10).verdict == verdict


def test_ratio_to_reference_needs_a_reference():
    """A gate without a reference stops instead of passing."""
    with pytest.raises(ValueError, match=r"audit\.reference"):
        gates.ratio_to_reference(rows(["low"], "contrast"), 0.8, 1.2)


@pytest.mark.parametrize(
    ("values", "attribute", "reference", "verdict"),
    [
        (["low", "mid", "high"] * 10, "contrast", THIRDS, "PASS"),
        (["low", "mid"] * 15, "contrast", THIRDS, "FAIL"),
        (["feminine", "masculine"] * 10 + ["unknown"] * 10, "gender_presentation", HALVES, "INCONCLUSIVE"),
    ],
)
def test_ratio_to_reference(values, attribute, reference, verdict):
    """An absent group fails; unknown people leave it open."""
    assert gates.ratio_to_reference(rows(values, attribute, reference), 0.8, 1.25).verdict == verdict


def test_unknown_share():
    """Counted over all people."""
    judged = gates.unknown_share(rows(["low"] * 7 + ["unknown"] * 3, "contrast"), 0.25)
    assert (judged.verdict, judged.observed) == ("FAIL", pytest.approx(0.3))


def test_what_a_classifier_says_may_be_anything_until_it_is_audited():
    """Shares that would pass if they were given stay open; the group that nobody is in stays open as well."""
    values = ["feminine", "masculine"] * 20
    listed = groups(pd.DataFrame({"gender_presentation": values}), ["gender_presentation"])
    index = np.arange(40)
    people = Counted(index, index, np.ones(40), {"gender_presentation": np.arange(40) >= 10})
    found = share_table(listed, people, {"gender_presentation": HALVES}, 0.95).to_dict(orient="records")
    assert (found[0]["n_distinct"], found[0]["n_low"], found[0]["n_high"]) == (20, 5, 35)
    assert (found[0]["bound_low"], found[0]["bound_high"], found[0]["basis"]) == (5 / 40, 35 / 40, "bounds")
    judged = gates.ratio_to_reference(found, 0.8, 1.25)
    assert judged.verdict == "INCONCLUSIVE"
    assert judged.rows[0]["needs"] == "labels of about 22 more people, or an audit"
    assert gates.support(found, 5).verdict == "PASS"


@pytest.mark.parametrize("share", [0.5, 0.1, 0.8])
def test_so_many_labels_settle_it(share):
    """Labels that show the known shares turn an open gate into PASS or FAIL, and fewer do not."""
    limits = (0.4, 0.625)
    n, known = 40, 10

    def bounds(extra):
        return {"low": share * (known + extra) / n, "high": (share * (known + extra) + n - known - extra) / n}

    row = {"share_known": share, "bound_low": bounds(0)["low"], "bound_high": bounds(0)["high"], "basis": "bounds"}
    needed = int(bounds_need(row, limits, n).split()[3])

    def settled(extra):
        ends = bounds(extra)
        return (
            ends["high"] <= limits[0]
            or ends["low"] >= limits[1]
            or (ends["low"] >= limits[0] and ends["high"] <= limits[1])
        )

    assert settled(needed)
    assert not settled(needed - 1)


@pytest.mark.parametrize(
    ("n", "tolerance", "verdict"), [(3000, 0.05, "PASS"), (60, 0.05, "INCONCLUSIVE"), (3000, 0.0005, "INCONCLUSIVE")]
)
def test_share_interval_asks_for_people(n, tolerance, verdict):
    """Thirds exactly: enough people show it, few do not, and the number that is asked for would."""
    judged = gates.share_interval(rows(["low", "mid", "high"] * (n // 3), "contrast", THIRDS), tolerance)
    assert judged.verdict == verdict
    if n == 60:
        needed = int(judged.rows[0]["needs"].split()[1])
        assert (
            gates.share_interval(
                rows(["low", "mid", "high"] * (needed * 12 // 30), "contrast", THIRDS), tolerance
            ).verdict
            == "PASS"
        )
        assert (
            gates.share_interval(rows(["low", "mid", "high"] * (needed // 4), "contrast", THIRDS), tolerance).verdict
            != "PASS"
        )


def test_share_interval_fails_on_a_share_that_is_off():
    """An absent group, among others."""
    assert gates.share_interval(rows(["low", "mid"] * 500, "contrast", THIRDS), 0.05).verdict == "FAIL"


def test_divergence_of_an_exact_share_is_the_total_variation():
    """And lies between its bounds where people are unknown."""
    judged = gates.divergence(rows(["low"] * 8 + ["mid"] * 2, "contrast", THIRDS), 0.4)
    assert (judged.rows[0]["low"], judged.rows[0]["high"]) == (pytest.approx(0.8 - 1 / 3), pytest.approx(0.8 - 1 / 3))
    assert judged.verdict == "FAIL"
    unknown = gates.divergence(
        rows(["feminine"] * 4 + ["masculine"] * 4 + ["unknown"] * 2, "gender_presentation", HALVES), 0.05
    )
    assert (unknown.rows[0]["low"], unknown.rows[0]["high"]) == (0, pytest.approx(0.1))
    assert unknown.verdict == "INCONCLUSIVE"


def test_drift_needs_a_release_and_sees_a_move():
    """No release: open. The same shares: PASS. A group that left: FAIL."""
    now = rows(["low", "mid", "high"] * 400, "contrast")
    assert gates.drift(now, [], 0.1).verdict == "INCONCLUSIVE"
    assert gates.drift(now, rows(["low", "mid", "high"] * 300, "contrast"), 0.1).verdict == "PASS"
    assert gates.drift(rows(["low", "mid"] * 600, "contrast"), now, 0.1).verdict == "FAIL"
    few = gates.drift(rows(["low", "mid", "high"] * 5, "contrast"), now, 0.1)
    assert few.verdict == "INCONCLUSIVE"


def test_drift_compares_like_with_like():
    """Corrected shares and uncorrected ones differ without any drift; guesses prove nothing."""
    now = rows(["low", "mid", "high"] * 400, "contrast")
    audited = [{**row, "basis": "audit", "corrected": row["share_known"]} for row in now]
    judged = gates.drift(audited, now, 0.1)
    assert judged.verdict == "INCONCLUSIVE"
    assert judged.rows[0]["needs"] == "an audit of both, the data and the release, or of neither"
    listed = groups(pd.DataFrame({"build": ["slim", "large"] * 300}), ["build"])
    index = np.arange(600)
    guessed = share_table(listed, Counted(index, index, np.ones(600), {"build": index >= 0}), {}, 0.95)
    assert gates.drift(guessed.to_dict("records"), guessed.to_dict("records"), 0.1).verdict == "INCONCLUSIVE"
    doubt = {"basis": "bounds", "share_known": 0.4, "population_low": 0.2, "population_high": 0.6}
    low, high = (gates.drift([{**now[0], **doubt}], [{**now[0], **doubt}], 0.3).rows[0][end] for end in ("low", "high"))
    assert (low, high) == (pytest.approx(-0.4), pytest.approx(0.4))


def test_population_interval_covers_whoever_the_unknown_are():
    """People of one group are unknown more often: the interval of the share holds the truth all the same."""
    hits = 0
    for trial in range(200):
        rng = np.random.default_rng(trial)
        feminine = rng.random(100) < 0.5
        values = np.where(feminine, np.where(rng.random(100) < 0.2, "unknown", "feminine"), "masculine")
        row = rows(list(values), "gender_presentation", HALVES)[0]
        hits += row["population_low"] <= 0.5 <= row["population_high"]
    assert hits >= 190


def test_a_group_that_the_reference_lacks_is_no_error():
    """Nothing can be a multiple of a share of nothing; its people still count as divergence."""
    reference = {"low": 0.5, "mid": 0.5, "high": 0.0}
    found = rows(["low", "mid"] * 10 + ["high"] * 2, "contrast", reference)
    assert [row["group"] for row in gates.ratio_to_reference(found, 0.8, 1.25).rows] == ["low", "mid"]
    assert gates.divergence(found, 0.2).observed == pytest.approx(2 / 22)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            {"basis": "audit", "corrected_low": 0.3, "corrected": 0.4, "corrected_high": 0.5, "n_audited": 200},
            "everybody",
        ),
        (
            {"basis": "audit", "corrected_low": 0.3, "corrected": 0.4, "corrected_high": 0.5, "n_audited": 50},
            "about 200 rev",
        ),
        (
            {"basis": "counted", "share_known": np.nan, "population_low": np.nan, "population_high": np.nan},
            "more people",
        ),
        (
            {"basis": "audit", "corrected_low": 0.3, "corrected": 0.4, "corrected_high": 0.5, "n_audited": 90},
            "hardly settle",
        ),
        (
            {"basis": "bounds", "share_known": 0.4, "low": 0.3, "high": 0.5, "bound_low": 0.3, "bound_high": 0.55},
            "even then about 800 people, has 200",
        ),
    ],
)
def test_needs_are_true(row, text):
    """An interval that must halve needs four times the people; who was audited cannot be audited again."""
    assert text in population_need(row, (0.35, 0.45), 200)


def test_drift_equals_newcombes_example():
    """Newcombe (1998), table II, example a: 56/70 against 48/80, 0.2 with 0.0524 to 0.3339."""
    before = rows(["low"] * 48 + ["mid"] * 32, "contrast")
    now = rows(["low"] * 56 + ["mid"] * 14, "contrast")
    row = gates.drift(now, before, 0.1).rows[0]
    # Our variances are divided by n - 1, his by n.
    assert (row["low"], row["high"]) == (pytest.approx(0.0524, abs=2e-3), pytest.approx(0.3339, abs=2e-3))


def test_cells_covered():
    """Surely, possibly, not at all."""
    row = {"attributes": "age_band, contrast", "cells": 10, "low": 6, "high": 9}
    verdicts = [gates.cells_covered([row], share).verdict for share in (0.6, 0.8, 0.95)]
    assert verdicts == ["PASS", "INCONCLUSIVE", "FAIL"]
