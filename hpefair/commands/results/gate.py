"""Read a gate's decision; strictly, a critical FAIL is exit code 3."""

from typing import Any

from hpefair import artifacts
from hpefair.core.fairness.verdict import Verdict, combine
from hpefair.data import tables
from hpefair.errors import GateFailure, InputError


def read(variant: str) -> dict[str, Any]:
    """Decision of a variant.

    Args:
        variant: `original` or `balanced`.

    Returns:
        variant, verdict, and the expectations with their verdicts.
    """
    decision: dict[str, Any] = tables.read_json(artifacts.GATE / variant / "decision.json")
    return decision


def only(decision: dict[str, Any], suites: list[str]) -> dict[str, Any]:
    """The same decision about some suites alone.

    Raises:
        InputError: If there is no such suite.
    """
    known = {row["suite"] for row in decision["expectations"]}
    if strangers := sorted(set(suites) - known):
        raise InputError(f"suite {strangers[0]!r} not found; suites: {', '.join(sorted(known))}")
    rows = [row for row in decision["expectations"] if row["suite"] in suites]
    verdict = combine([Verdict(row["verdict"]) for row in rows if row["decides"]])
    return {**decision, "expectations": rows, "verdict": str(verdict)}


def enforce(decision: dict[str, Any]) -> None:
    """Raise where the decision is FAIL.

    Raises:
        GateFailure: Naming the expectations that failed.
    """
    if decision["verdict"] != "FAIL":
        return
    failed = [
        f"{row['suite']}: {row['expectation']} {_about(row)}"
        for row in decision["expectations"]
        if row["verdict"] == "FAIL" and row["decides"]
    ]
    raise GateFailure(f"gate {decision['variant']} FAILs on " + "; ".join(failed))


def _about(row: dict[str, Any]) -> str:
    """Arguments of an expectation, and why it could not be evaluated, if so."""
    arguments = ", ".join(f"{name} {value}" for name, value in row["kwargs"].items())
    return f"({arguments})" + (f", which could not be evaluated: {row['error']}" if "error" in row else "")
