"""What would settle an open gate: so many labels, so many audited people, so many more people."""

from collections.abc import Mapping

import numpy as np

Row = Mapping[str, object]
Limits = tuple[float, float]


def number(row: Row, column: str) -> float:
    """A number of a share row."""
    return float(str(row[column]))


def bounds_need(row: Row, limits: Limits, n_people: float) -> str:
    """What would settle whether the share of a group in this dataset lies within limits.

    Args:
        row: A row of a share table.
        limits: Smallest and largest acceptable share.
        n_people: People of the dataset.

    Returns:
        A phrase, assuming that further labels or audits show the shares that are known so far.
    """
    if row.get("basis") == "audit":
        middle, low, high = (number(row, name) for name in ("corrected", "corrected_low", "corrected_high"))
        return _about(number(row, "n_audited"), (high - low) / 2, _slack(middle, limits), "audited people")
    share, low, high = (number(row, name) for name in ("share_known", "bound_low", "bound_high"))
    if not 0 <= share <= 1:
        return "labels: nobody has a known value"
    # Each label takes a person out of doubt: the lower bound rises by the share, the upper falls by its complement.
    raise_low, lower_high = 1 / max(share, 1e-9), 1 / max(1 - share, 1e-9)
    if share < limits[0]:
        part = (high - limits[0]) * lower_high
    elif share > limits[1]:
        part = (limits[1] - low) * raise_low
    else:
        part = max((limits[0] - low) * raise_low, (high - limits[1]) * lower_high)
    return f"labels of about {int(np.ceil(part * n_people - 1e-9))} more people, or an audit"


def support_need(row: Row, minimum: float) -> str:
    """What would settle whether a group holds enough people."""
    missing = int(minimum - number(row, "n_low"))
    return "a larger audit" if row.get("basis") == "audit" else f"{missing} more people known to belong to it"


def people_need(row: Row, limits: Limits, n_people: float) -> str:
    """What would settle whether the share in a population lies within limits: people like those at hand."""
    share, low, high = (number(row, name) for name in ("share_known", "low", "high"))
    return _about(n_people, (high - low) / 2, _slack(share, limits), "people")


def _slack(share: float, limits: Limits) -> float:
    return min(abs(share - limits[0]), abs(share - limits[1]))


def _about(n: float, half: float, slack: float, what: str) -> str:
    """An interval shrinks with the root of n: n (half / slack)^2."""
    if not slack > 0.001 or not np.isfinite(half):
        return f"more {what} than can be had: the share is at the limit"
    return f"about {int(np.ceil(n * (half / slack) ** 2))} {what}, has {int(n)}"
