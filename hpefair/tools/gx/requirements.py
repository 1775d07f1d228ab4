"""Which expectations a repair can be planned for: what each of expectations/ demands of the training people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hpefair import artifacts
from hpefair.core.balance.requirements import Kind, Requirement
from hpefair.errors import SettingsError
from hpefair.tools.gx.suites import Rule, load_suite

KINDS: Final[dict[str, Kind]] = {
    "expect_group_support_to_be_at_least": "support",
    "expect_share_ratio_to_reference_to_be_between": "ratio",
    "expect_unknown_share_to_be_at_most": "unknown",
    "expect_divergence_from_reference_to_be_at_most": "divergence",
    "expect_cells_to_be_covered": "cells",
}
BALANCE_TABLES: Final = ("shares", "cells")


@dataclass(frozen=True)
class Rules:
    """Balance expectations.

    Attributes:
        planned: Those that a plan can meet.
        others: The other ones, each with the reason why it is not planned for.
    """

    planned: tuple[Requirement, ...]
    others: tuple[tuple[str, str], ...]


def read_rules(folder: Path, attributes: Sequence[str], covered: Sequence[str], people: int) -> Rules:
    """Read the balance expectations of all suites.

    Args:
        folder: Folder of the suites.
        attributes: The planned attributes.
        covered: Attributes whose cells `expect_cells_to_be_covered` is about.
        people: People that such a cell needs.

    Raises:
        SettingsError: If a suite cannot be read.
    """
    planned, others = [], []
    for path in sorted(folder.glob("*.yaml")):
        suite = load_suite(path)
        for rule in suite.expectations if suite.table in BALANCE_TABLES else ():
            about = tuple(covered) if rule.expectation == "expect_cells_to_be_covered" else _attributes(rule)
            reason = _not_planned(rule, about, attributes)
            if reason:
                others.append((_words(rule), reason))
            else:
                planned.append(_requirement(rule, about, people))
    return Rules(tuple(planned), tuple(others))


def _attributes(rule: Rule) -> tuple[str, ...]:
    return tuple(str(rule.kwargs.get("attribute", "")).split("."))


def _not_planned(rule: Rule, about: tuple[str, ...], attributes: Sequence[str]) -> str:
    if rule.expectation not in KINDS:
        return "it is about a population or an earlier release, not about how many people there are"
    if rule.kwargs.get("scope", "train") != "train":
        return "it is about all people; a repair changes the training people only"
    missing = [name for name in about if name not in attributes]
    if missing:
        return f"plan.attributes does not name {', '.join(missing)}"
    if len(about) > 1 and KINDS[rule.expectation] != "cells":
        return "it is about pairs of attributes"
    return ""


def _requirement(rule: Rule, about: tuple[str, ...], people: int) -> Requirement:
    return Requirement(
        KINDS[rule.expectation],
        about,
        _bound(rule, "minimum", 0.0),
        _bound(rule, "maximum", float("inf")),
        people,
        rule.severity,
    )


def _bound(rule: Rule, name: str, otherwise: float) -> float:
    value = rule.kwargs.get(name)
    if value is None:
        return otherwise
    try:
        return float(value)
    except (TypeError, ValueError):
        raise SettingsError(f"{artifacts.EXPECTATIONS}: {_words(rule)}: {name} is not a number") from None


def _words(rule: Rule) -> str:
    return f"{rule.expectation} ({', '.join(f'{key} {value}' for key, value in rule.kwargs.items())})"
