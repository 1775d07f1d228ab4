"""A gate's decision in words, and the sentence of the report that rests on it: a PASS never seems to be about all."""

from itertools import product

import pytest

from hpefair.report import answer
from hpefair.tools.gx import words

SUPPORT, UNKNOWN_SHARE = "expect_group_support_to_be_at_least", "expect_unknown_share_to_be_at_most"


def row(attribute, verdict, decides=False, expectation=SUPPORT):
    """One expectation of a decision."""
    kwargs = {"attribute": attribute, "minimum": 20.0, "maximum": 0.3}
    return {"expectation": expectation, "kwargs": kwargs, "verdict": verdict, "decides": decides, "suite": "balance"}


def decision(verdict, *rows):
    """A gate's decision."""
    return {"verdict": verdict, "expectations": list(rows)}


def test_names_and_numbers_are_filled_in():
    """As people say them; the scope where it is not the usual one."""
    assert words.expectation_words(row("age_band", "PASS")) == (
        "Every group of age band must hold at least 20 distinct people (training people)."
    )
    drift = {"expectation": words.DRIFT, "kwargs": {"attribute": "contrast", "maximum": 0.1}}
    assert words.expectation_words(drift).endswith("0.1 since the last release (all people).")
    other = {"expectation": "expect_column_values_to_be_unique", "kwargs": {"column": "image_id"}}
    assert words.expectation_words(other) == "image_id: column values to be unique"


def test_what_is_short_and_what_is_unclear():
    """Too many unknown is no lack of people; what decides is not told twice; drift is another matter."""
    found = decision(
        "PASS",
        row("contrast", "PASS", decides=True),
        row("contrast", "INCONCLUSIVE", expectation=words.DRIFT),
        row("gender_presentation", "FAIL", expectation=UNKNOWN_SHARE),
        row("age_band", "INCONCLUSIVE"),
        row("age_band", "FAIL"),
        row("build", "INCONCLUSIVE"),
    )
    expected = (["contrast"], ["age_band"], ["gender_presentation", "build"])
    assert words.open_and_short(found) == expected
    said = answer.represented(found, "it fits")
    assert said == (
        "it fits on contrast, which alone decides; without being decisive, it falls short on age band, and of gender "
        "presentation and build too little is known to tell"
    )


@pytest.mark.parametrize(("verdict", "beyond"), product(("PASS", "FAIL", "INCONCLUSIVE"), ("PASS", "INCONCLUSIVE")))
def test_only_what_holds_everywhere_goes_without_a_reservation(verdict, beyond):
    """Whatever the gate says."""
    found = decision(verdict, row("contrast", verdict, decides=True), row("build", beyond))
    said = answer.represented(found, "it fits")
    assert ("build" in said) == (beyond != "PASS")
    assert ("which alone decides" in said) == (verdict == "PASS" and beyond != "PASS")


def test_several_that_decide_are_all_named():
    """By name, and in good grammar."""
    found = decision(
        "PASS", row("contrast", "PASS", decides=True), row("age_band", "PASS", decides=True), row("build", "FAIL")
    )
    assert " on contrast and age band, which alone decide;" in answer.represented(found, "it fits")


def test_what_could_not_be_evaluated_is_no_lack_of_people():
    """The gate counts it as a FAIL; nothing is known of how people are represented."""
    found = decision("PASS", row("contrast", "PASS", decides=True), row("build", "FAIL") | {"error": "no rows"})
    assert words.open_and_short(found) == (["contrast"], [], ["build"])
