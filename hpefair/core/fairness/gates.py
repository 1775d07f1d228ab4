"""Balance gates: verdict per group of a share table, about this finite dataset unless a gate says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpefair.core.fairness.gate_needs import bounds_need, number, population_need, support_need
from hpefair.core.fairness.verdict import Verdict, combine, within
from hpefair.core.shares.distances import variation_bounds
from hpefair.schema import UNKNOWN

Row = Mapping[str, object]


@dataclass(frozen=True)
class Judged:
    """A verdict with the numbers behind it.

    Attributes:
        verdict: Over all groups.
        observed: The worst group's number, NaN without one.
        rows: group, low, high, verdict, needs (what would settle it) for each group.
    """

    verdict: Verdict
    observed: float
    rows: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class Finding:
    """What a quantity of a group can be, and what would settle it if that is not enough."""

    group: str
    low: float
    high: float
    needs: str = ""


def support(rows: Sequence[Row], minimum: float) -> Judged:
    """Every known group holds at least `minimum` distinct people; who is in doubt may belong to any perceived group."""
    findings = [
        Finding(_name(row), number(row, "n_low"), number(row, "n_high"), support_need(row, minimum))
        for row in _known(rows)
    ]
    return _judge(findings, minimum)


def ratio_to_reference(rows: Sequence[Row], minimum: float, maximum: float) -> Judged:
    """Every group's share lies within [minimum, maximum] times its reference share.

    Raises:
        ValueError: If a group has no reference share.
    """
    findings = []
    for row in _known(rows):
        reference = _reference(row)
        if reference == 0:
            continue  # the reference has nobody of this group: nothing can be a multiple of that
        low, high = number(row, "bound_low") / reference, number(row, "bound_high") / reference
        limits = (minimum * reference, maximum * reference)
        findings.append(Finding(_name(row), low, high, bounds_need(row, limits, _people(rows))))
    return _judge(findings, minimum, maximum)


def share_interval(rows: Sequence[Row], tolerance: float) -> Judged:
    """Every group's share in the population that the data are a sample of is within `tolerance` of its reference.

    The interval holds for whatever those in doubt may be.

    Raises:
        ValueError: If a group has no reference share.
    """
    findings = []
    for row in _known(rows):
        reference = _reference(row)
        low, high = number(row, "population_low"), number(row, "population_high")
        limits = (reference - tolerance, reference + tolerance)
        needs = population_need(row, limits, _people(rows))
        findings.append(Finding(_name(row), low - reference, high - reference, needs))
    return _judge(findings, -tolerance, tolerance)


def unknown_share(rows: Sequence[Row], maximum: float) -> Judged:
    """At most `maximum` of the people have no known value."""
    share = sum(number(row, "share") for row in rows if UNKNOWN in _name(row).split("."))
    return _judge([Finding(UNKNOWN, share, share)], maximum=maximum)


def divergence(rows: Sequence[Row], maximum: float) -> Judged:
    """The total variation between shares and reference is at most `maximum`.

    Raises:
        ValueError: If a group has no reference share.
    """
    known = _known(rows)
    low, high = (np.array([number(row, name) for row in known]) for name in ("bound_low", "bound_high"))
    ends = variation_bounds(low, high, np.array([_reference(row) for row in known]))
    return _judge([Finding("all groups", *ends, "labels, or a larger audit")], maximum=maximum)


def cells_covered(rows: Sequence[Row], minimum: float) -> Judged:
    """At least `minimum` of the cells of several attributes hold enough people.

    Args:
        rows: One row: cells, low and high, the cells that surely and possibly hold enough people.
        minimum: Share of the cells.
    """
    findings = [
        Finding(str(row["attributes"]), number(row, "low") / cells, number(row, "high") / cells, "labels")
        for row in rows
        if (cells := number(row, "cells")) > 0
    ]
    return _judge(findings, minimum)


def drift(rows: Sequence[Row], released: Sequence[Row], maximum: float) -> Judged:
    """No group's share has moved by more than `maximum` since the last release.

    Both are samples, so the interval is that of a difference of shares (Newcombe 1998, method 10), from the two
    intervals for the population; a group that the release had and the data do not have counts as 0. Shares that an
    audit corrected are compared with such shares only; where people are in doubt, the ends of the intervals count.

    Args:
        rows: Share rows of an attribute now.
        released: Share rows of the same attribute and scope at the last release; empty before the first.
        maximum: Change that is not held against the data.
    """
    before = {_name(row): row for row in _known(released)}
    findings = []
    for row in _known(rows):
        name, old = _name(row), before.get(_name(row))
        if old is None:
            findings.append(Finding(name, -1.0, 1.0, "a release to compare with: `hpefair record --release VARIANT`"))
            continue
        if (row.get("basis") == "audit") != (old.get("basis") == "audit"):
            findings.append(Finding(name, -1.0, 1.0, "an audit of both, the data and the release, or of neither"))
            continue
        now, then = _interval(row), _interval(old)
        if "bounds" in (row.get("basis"), old.get("basis")):  # doubt is no sampling error: it may add up
            findings.append(Finding(name, now[0] - then[2], now[2] - then[0], "labels, or an audit of both"))
            continue
        change = now[1] - then[1]
        down = float(np.hypot(now[1] - now[0], then[2] - then[1]))
        up = float(np.hypot(now[2] - now[1], then[1] - then[0]))
        findings.append(Finding(name, change - down, change + up, "more people, now or in the release"))
    return _judge(findings, -maximum, maximum)


def _judge(findings: Sequence[Finding], minimum: float = float("-inf"), maximum: float = float("inf")) -> Judged:
    rows: list[dict[str, object]] = []
    for one in findings:
        verdict = within(one.low, one.high, minimum, maximum)
        needs = one.needs if verdict is Verdict.INCONCLUSIVE else ""
        rows.append({"group": one.group, "low": one.low, "high": one.high, "verdict": verdict.value, "needs": needs})
    return Judged(
        combine(Verdict(str(row["verdict"])) for row in rows), _worst(findings, minimum, maximum), tuple(rows)
    )


def _worst(findings: Sequence[Finding], minimum: float, maximum: float) -> float:
    """The number nearest to, or furthest beyond, a limit."""
    ends = [(one.low - minimum, one.low) for one in findings] + [(maximum - one.high, one.high) for one in findings]
    return min((end for end in ends if np.isfinite(end[0])), default=(0.0, float("nan")))[1]


def _known(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if UNKNOWN not in _name(row).split(".")]


def _people(rows: Sequence[Row]) -> float:
    return sum(number(row, "n_people") for row in rows)


def _interval(row: Row) -> tuple[float, float, float]:
    """Lower end, share and upper end for the population; corrected ones where there was an audit."""
    share = number(row, "corrected" if row.get("basis") == "audit" else "share_known")
    return number(row, "population_low"), share, number(row, "population_high")


def _reference(row: Row) -> float:
    reference = number(row, "reference")
    if not reference >= 0:
        raise ValueError(f"Expected a reference share for {_name(row)} but audit.reference of params.yaml has none")
    return reference


def _name(row: Row) -> str:
    return str(row["group"])
