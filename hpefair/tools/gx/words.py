"""What hpefair's own expectations ask, in words: for Great Expectations' pages, and for people who never open one."""

from collections.abc import Callable, Mapping
from string import Template
from typing import Any, Final

from hpefair.words import attribute_words

SENTENCES: Final = {
    "expect_group_support_to_be_at_least": "Every group of $attribute must hold at least $minimum distinct people "
    "($scope).",
    "expect_share_ratio_to_reference_to_be_between": "The share of every group of $attribute must be between $minimum "
    "and $maximum times its reference ($scope).",
    "expect_unknown_share_to_be_at_most": "At most $maximum of the people may have an unknown $attribute ($scope).",
    "expect_share_interval_to_be_within_tolerance": "In the population that the data are a sample of, the share of "
    "every group of $attribute must be within $tolerance of its reference ($scope).",
    "expect_divergence_from_reference_to_be_at_most": "The total variation between the shares of $attribute and their "
    "reference must be at most $maximum ($scope).",
    "expect_drift_since_release_to_be_at_most": "The share of no group of $attribute may have moved by more than "
    "$maximum since the last release ($scope).",
    "expect_cells_to_be_covered": "At least $minimum of the cells of audit.coverage must hold enough people ($scope).",
}
DRIFT: Final = "expect_drift_since_release_to_be_at_most"
UNKNOWN_SHARE: Final = "expect_unknown_share_to_be_at_most"
SCOPES: Final = {"all": "all people", "train": "training people"}


def expectation_words(row: Mapping[str, Any]) -> str:
    """What one expectation of a gate's decision asks.

    Args:
        row: `expectation` and `kwargs` of the decision.

    Returns:
        A sentence; of an expectation that is not ours, its name in words.
    """
    name, kwargs = str(row["expectation"]), row["kwargs"]
    if name not in SENTENCES:
        return f"{kwargs.get('column', '')}: {name.removeprefix('expect_').replace('_', ' ')}".removeprefix(": ")
    scope = kwargs.get("scope", "all" if name == DRIFT else "train")
    values = {key: f"{value:g}" if isinstance(value, float) else value for key, value in kwargs.items()}
    values |= {"attribute": attribute_words(str(kwargs.get("attribute", ""))), "scope": SCOPES.get(scope, scope)}
    return Template(SENTENCES[name]).safe_substitute(values)


def needs(row: Mapping[str, Any], words: Callable[[str], str] = str) -> list[str]:
    """What would settle an open expectation, a line for every open group; groups that need the same share one.

    Args:
        row: One expectation of a gate's decision.
        words: How a group is named.
    """
    wanted: dict[str, list[str]] = {}
    for group in _groups(row):
        if group.get("needs"):
            wanted.setdefault(group["needs"], []).append(words(str(group["group"])))
    return [f"{', '.join(names)}: needs {what}" for what, names in wanted.items()]


def misses(row: Mapping[str, Any], words: Callable[[str], str] = str) -> list[str]:
    """Groups in which an expectation is missed, with what was found: one number, or what may be; arguments as above."""
    if "error" in row:
        return [f"could not be evaluated: {row['error']}"]
    return [
        f"{words(str(group['group']))}: {group['low']:.3g}"
        + ("" if group["low"] == group["high"] else f" to {group['high']:.3g}")
        for group in _groups(row)
        if group.get("verdict") == "FAIL"
    ]


def _groups(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Judged groups; none of an expectation that is not ours, or that could not be evaluated."""
    return ((row.get("result") or {}).get("details") or {}).get("rows") or []


def open_and_short(decision: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Attributes of which a gate's expectations ask, by what they say of how people are represented.

    Args:
        decision: A gate's decision.

    Returns:
        Attributes that decide; of the others those that fall short, and those of which too little is known: that too
        many are unknown is no lack of people. Moving since a release is no matter of representation.
    """
    asked = [
        (str(row["kwargs"]["attribute"]), row)
        for row in decision["expectations"]
        if row["expectation"] in SENTENCES and row["expectation"] != DRIFT and row["kwargs"].get("attribute")
    ]
    decides = _names(name for name, row in asked if row["decides"])
    missed = [(name, row) for name, row in asked if name not in decides and row["verdict"] != "PASS"]
    lacking = (
        n
        for n, row in missed
        if row["verdict"] == "FAIL" and row["expectation"] != UNKNOWN_SHARE and "error" not in row
    )
    short = _names(lacking)
    return decides, short, _names(name for name, _ in missed if name not in short)


def _names(names: Any) -> list[str]:
    return list(dict.fromkeys(names))
