"""Balance gates: verdict per group of a share table, about this finite dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hpefair.core.fairness.verdict import Verdict, combine, within
from hpefair.schema import MEASURED, UNKNOWN

Row = Mapping[str, object]


@dataclass(frozen=True)
class Judged:
    """A verdict with the numbers behind it.

    Attributes:
        verdict: Over all groups.
        observed: The worst group's number, NaN without one.
        rows: group, observed, low, high, verdict for each group.
    """

    verdict: Verdict
    observed: float
    rows: tuple[dict[str, object], ...]


def support(rows: Sequence[Row], minimum: float) -> Judged:
    """Every known group holds at least `minimum` distinct people; unknown people may belong to any perceived group."""
    unknown = 0.0 if _measured(rows) else _unknown_people(rows)
    return _judge(
        [(_name(row), _number(row, "n_distinct"), _number(row, "n_distinct") + unknown) for row in _known(rows)],
        minimum,
    )


def ratio_to_reference(rows: Sequence[Row], minimum: float, maximum: float) -> Judged:
    """Every group's share lies within [minimum, maximum] times its reference share.

    Raises:
        ValueError: If a group has no reference share.
    """
    judged = []
    for row in _known(rows):
        reference = _number(row, "reference")
        if not reference > 0:
            raise ValueError(f"Expected a reference share for {_name(row)} but audit.reference of params.yaml has none")
        judged.append((_name(row), _number(row, "bound_low") / reference, _number(row, "bound_high") / reference))
    return _judge(judged, minimum, maximum)


def unknown_share(rows: Sequence[Row], maximum: float) -> Judged:
    """At most `maximum` of the people have no known value."""
    share = sum(_number(row, "share") for row in rows if UNKNOWN in _name(row).split("."))
    return _judge([(UNKNOWN, share, share)], maximum=maximum)


def _judge(
    intervals: Sequence[tuple[str, float, float]], minimum: float = float("-inf"), maximum: float = float("inf")
) -> Judged:
    rows: tuple[dict[str, object], ...] = tuple(
        {"group": group, "low": low, "high": high, "verdict": within(low, high, minimum, maximum).value}
        for group, low, high in intervals
    )
    lows = [low for _, low, _ in intervals]
    worst = max(lows) if minimum == float("-inf") else min(lows, default=float("nan"))
    return Judged(combine(Verdict(str(row["verdict"])) for row in rows), worst, rows)


def _known(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if UNKNOWN not in _name(row).split(".")]


def _unknown_people(rows: Sequence[Row]) -> float:
    return sum(_number(row, "n_distinct") for row in rows if UNKNOWN in _name(row).split("."))


def _measured(rows: Sequence[Row]) -> bool:
    return all(name in MEASURED for row in rows for name in str(row["attribute"]).split("."))


def _name(row: Row) -> str:
    return str(row["group"])


def _number(row: Row, column: str) -> float:
    return float(str(row[column]))
