"""What would settle an open gate: so many labels, so many reviewed people, so many more people."""

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
        return _audit_need(row, limits, n_people)
    share, low, high = (number(row, name) for name in ("share_known", "bound_low", "bound_high"))
    if not 0 <= share <= 1:
        return "labels, or an audit: nobody has a known value"
    # Each label takes a person out of doubt: the lower bound rises by the share, the upper falls by its complement.
    raise_low, lower_high = 1 / max(share, 1e-9), 1 / max(1 - share, 1e-9)
    if share < limits[0]:
        part = (high - limits[0]) * lower_high
    elif share > limits[1]:
        part = (limits[1] - low) * raise_low
    else:
        part = max((limits[0] - low) * raise_low, (high - limits[1]) * lower_high)
    return f"labels of about {max(int(np.ceil(part * n_people - 1e-9)), 1)} more people, or an audit"


def support_need(row: Row, minimum: float) -> str:
    """What would settle whether a group holds enough people."""
    missing = int(minimum - number(row, "n_low"))
    return "a larger audit" if row.get("basis") == "audit" else f"{missing} more people known to belong to it"


def population_need(row: Row, limits: Limits, n_people: float) -> str:
    """What would settle whether the share in a population lies within limits: labels, an audit, people like these."""
    if row.get("basis") == "audit":
        return _audit_need(row, limits, n_people)
    counted = row.get("basis") == "counted"
    if counted or (limits[0] <= number(row, "bound_low") and number(row, "bound_high") <= limits[1]):
        return _about(n_people, _ends(row, "population_low", "share_known", "population_high"), limits, "people")
    labels, ends = bounds_need(row, limits, n_people), _ends(row, "low", "share_known", "high")
    if limits[0] <= ends[0] and ends[2] <= limits[1]:
        return labels
    return f"{labels}; even then {_about(n_people, ends, limits, 'people')}"


def _audit_need(row: Row, limits: Limits, n_people: float) -> str:
    audited = number(row, "n_audited")
    if audited >= n_people:
        return "more people: everybody was reviewed"
    ends = _ends(row, "corrected_low", "corrected", "corrected_high")
    return _about(audited, ends, limits, "reviewed people", n_people)


def _ends(row: Row, *names: str) -> tuple[float, ...]:
    return tuple(number(row, name) for name in names)


def _about(n: float, ends: tuple[float, ...], limits: Limits, what: str, most: float = np.inf) -> str:
    """An interval shrinks with the root of n: by how much must the end shrink that crosses a limit?"""
    low, share, high = ends
    if not np.isfinite(ends).all():
        return f"more {what}"
    if share < limits[0]:
        factor = (high - share) / max(limits[0] - share, 1e-9)
    elif share > limits[1]:
        factor = (share - low) / max(share - limits[1], 1e-9)
    else:
        factor = max((share - low) / max(share - limits[0], 1e-9), (high - share) / max(limits[1] - share, 1e-9))
    if factor > 30:
        return f"more {what} than can be had: the share is at the limit"
    wanted = n * max(factor, 1) ** 2
    if wanted > most:
        return "more people: an audit of everybody would hardly settle it"
    return f"about {int(np.ceil(wanted))} {what}, has {int(n)}"
