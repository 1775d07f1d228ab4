"""Run the hand-written suites of expectations/ with Great Expectations, in memory, nothing dropped silently."""

import difflib
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions import ExpectationNotFoundError
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)

from hpefair.data.tables import plain
from hpefair.errors import SettingsError, ToolError
from hpefair.schema import ATTRIBUTES
from hpefair.tools.gx.expectations import GENERIC_FIELDS
from hpefair.tools.gx.suites import Rule, Suite

VERDICTS = ("PASS", "FAIL", "INCONCLUSIVE", "ERROR")


def run(path: Path, suite: Suite, table: pd.DataFrame, max_rows: int) -> Any:
    """Validate a table.

    Args:
        path: The suite's file, for messages.
        suite: The suite.
        table: The table it is about.
        max_rows: Unexpected rows to list per expectation.

    Returns:
        Great Expectations' result object, results in the order of the file, its values plain and its paths removed.

    Raises:
        SettingsError: If a rule names an expectation or argument that does not exist, or repeats another.
        ToolError: If Great Expectations answers fewer rules than were asked.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    built = context.suites.add(gx.ExpectationSuite(name=path.stem))
    for number, rule in enumerate(suite.expectations, start=1):
        built.add_expectation(_expectation(rule, f"{path}, expectation {number}", number))
        if len(built.expectations) != number:  # an equal expectation would be dropped without a word
            raise SettingsError(f"{path}, expectation {number}: the same expectation is listed above")
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset(suite.table)
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": table})
    wanted = {"result_format": "SUMMARY", "partial_unexpected_count": max_rows}
    outcome = batch.validate(built, result_format=wanted)
    outcome.results.sort(key=lambda result: result.expectation_config.meta["number"])
    asked, answered = (
        [rule.expectation for rule in suite.expectations],
        [result.expectation_config.type for result in outcome.results],
    )
    if asked != answered:
        raise ToolError(
            f"{path}: Great Expectations returned {len(answered)} results for {len(asked)} expectations, or of other "
            "types; its version may not fit: run `make setup`"
        )
    for result in outcome.results:
        _make_plain(result)
    return outcome


def plain_results(outcome: Any) -> list[dict[str, Any]]:
    """Results as JSON values, without times, ids or paths: same input, same bytes."""
    rows = []
    for result in outcome.results:
        config = result.expectation_config
        row = {
            "expectation": config.type,
            "severity": severity_of(result),
            "kwargs": config.kwargs,
            "verdict": verdict_of(result),
            "result": result.result,
        }
        error = error_of(result)
        rows.append(row | ({"error": error} if error else {}))
    return rows


def verdict_of(result: Any) -> str:
    """PASS, FAIL, INCONCLUSIVE, or ERROR where the expectation could not be evaluated."""
    if error_of(result) is not None:
        return "ERROR"
    verdict = ((result.result or {}).get("details") or {}).get("verdict")
    return str(verdict) if verdict else "PASS" if result.success else "FAIL"


def severity_of(result: Any) -> str:
    """Severity as text."""
    severity = result.expectation_config.severity
    return str(getattr(severity, "value", severity))


def error_of(result: Any) -> str | None:
    """Message of an expectation that raised; Great Expectations nests it in two different ways."""
    info = result.exception_info or {}
    for entry in [info] if "raised_exception" in info else list(info.values()):
        if entry.get("raised_exception"):
            return str(entry.get("exception_message"))
    return None


def _expectation(rule: Rule, where: str, number: int) -> Any:
    try:
        kind = get_expectation_impl(rule.expectation)
    except ExpectationNotFoundError:
        close = difflib.get_close_matches(rule.expectation, list_registered_expectation_implementations(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SettingsError(f"{where}: no expectation is named {rule.expectation}{hint}") from None
    allowed = {name for name in kind.__fields__ if name not in GENERIC_FIELDS}
    strange = sorted(set(rule.kwargs) - allowed)
    if strange:
        raise SettingsError(
            f"{where}: {rule.expectation} has no argument {', '.join(strange)}; it takes {', '.join(sorted(allowed))}"
        )
    attribute = rule.kwargs.get("attribute")
    if "attribute" in allowed and not set(str(attribute).split(".")) <= set(ATTRIBUTES):
        raise SettingsError(f"{where}: attribute {attribute} not found; attributes: {', '.join(ATTRIBUTES)}")
    try:
        return kind(severity=rule.severity, meta={"number": number}, **rule.kwargs)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where}: {rule.expectation}: {' '.join(str(error).split())}") from None


def _make_plain(result: Any) -> None:
    """Replace numpy values that Data Docs cannot print, and the traceback, which holds absolute paths."""
    as_json = result.to_json_dict()
    result.result = plain(as_json["result"])
    kwargs = plain(as_json["expectation_config"]["kwargs"])
    result.expectation_config.kwargs = {name: value for name, value in kwargs.items() if name != "batch_id"}
    message = error_of(result)
    if message is not None:
        result.exception_info = {
            "raised_exception": True,
            "exception_message": message,
            "exception_traceback": "",
        }
