"""hpefair's own Great Expectations classes: balance of a share table, three-valued.

Each only asks `core.fairness.gates` and reports the verdict; `success` is True for PASS alone, and the gate stage reads
the verdict. Importing this module registers the classes with Great Expectations.
"""

from typing import Any, ClassVar

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, Expectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.renderer import renderer

from hpefair.core.fairness import gates
from hpefair.core.fairness.verdict import Verdict
from hpefair.tools.gx.words import SENTENCES

# Fields that every expectation has; what remains of a class's fields are its own arguments.
GENERIC_FIELDS = frozenset(Expectation.__fields__) | {"batch_id", "row_condition", "condition_parser"}


def text_block(template: str, values: dict[str, Any] | None = None, classes: tuple[str, ...] = ("badge",)) -> Any:
    """A Data Docs sentence; values are escaped by the page, the template is ours."""
    styling = {"default": {"classes": list(classes)}} if values else {"classes": list(classes)}
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": template, "params": dict(values or {}), "styling": styling},
    )


def show(value: Any) -> str:
    """A value as Data Docs print it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None else str(value)


RELEASE = "@release"  # put behind a scope, it names the rows of the last release


def _rows(execution_engine: Any, domain: Any, **values: Any) -> list[dict[str, Any]]:
    """Rows of the batch in which columns have these values."""
    frame, _, _ = execution_engine.get_compute_domain(domain, domain_type="table")
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return list(frame.to_dict(orient="records"))


class ShareRows(TableMetricProvider):
    """Rows of one attribute and scope of a share table."""

    metric_name = "table.hpefair_share_rows"
    value_keys = ("attribute", "scope")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        metrics: Any,
        runtime_configuration: Any,
    ) -> list[dict[str, Any]]:
        rows = _rows(execution_engine, metric_domain_kwargs, **metric_value_kwargs)
        if not rows:
            attribute, scope = metric_value_kwargs["attribute"], metric_value_kwargs["scope"]
            raise ValueError(
                f"the audit has no rows for attribute {attribute!r} in scope {scope!r}: see params.yaml, audit"
            )
        return rows


class ReleasedRows(TableMetricProvider):
    """The same rows as they were at the last release; none before the first."""

    metric_name = "table.hpefair_released_rows"
    value_keys = ("attribute", "scope")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        metrics: Any,
        runtime_configuration: Any,
    ) -> list[dict[str, Any]]:
        scope = metric_value_kwargs["scope"] + RELEASE
        return _rows(execution_engine, metric_domain_kwargs, attribute=metric_value_kwargs["attribute"], scope=scope)


class CellRows(TableMetricProvider):
    """The row of one scope of a table of covered cells."""

    metric_name = "table.hpefair_cell_rows"
    value_keys = ("scope",)

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        metrics: Any,
        runtime_configuration: Any,
    ) -> list[dict[str, Any]]:
        return _rows(execution_engine, metric_domain_kwargs, **metric_value_kwargs)


class JudgedByGates:
    """Turns a `gates.Judged` into a result and a readable Data Docs row; goes first among the parents."""

    sentence: ClassVar[str]
    rows_metric: ClassVar[str] = "table.hpefair_share_rows"

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        raise TypeError(f"Expected {type(self).__name__} to define _judge but it does not")

    def _validate(
        self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        judged = self._judged(metrics)
        details = {"verdict": judged.verdict.value, "rows": list(judged.rows)}
        return {
            "success": judged.verdict is Verdict.PASS,
            "result": {"observed_value": judged.observed, "details": details},
        }

    def _judged(self, metrics: Any) -> gates.Judged:
        return self._judge(metrics[self.rows_metric])

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[Any]:
        fields: dict[str, Any] = cls.__fields__  # type: ignore[attr-defined]
        given = (configuration or result.expectation_config).kwargs
        own = {
            name: show(given.get(name, field.default)) for name, field in fields.items() if name not in GENERIC_FIELDS
        }
        return [text_block(cls.sentence, own)]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> str:
        return show((result.result or {}).get("observed_value")) if result else "--"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[Any] | None:
        rows = ((result.result or {}).get("details") or {}).get("rows") if result else None
        if not rows:
            return None
        header = list(rows[0])
        cells = [[show(row.get(name)) for name in header] for row in rows]
        return [
            RenderedTableContent(
                content_block_type="table", header_row=header, table=cells, styling={"body": {"classes": ["table-sm"]}}
            )
        ]


class ExpectGroupSupportToBeAtLeast(JudgedByGates, BatchExpectation):
    """Every group of an attribute holds at least `minimum` distinct people."""

    attribute: str
    minimum: float
    scope: str = "train"
    metric_dependencies = ("table.hpefair_share_rows",)
    success_keys = ("attribute", "scope", "minimum")
    sentence: ClassVar[str] = SENTENCES["expect_group_support_to_be_at_least"]

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        return gates.support(rows, self.minimum)


class ExpectShareRatioToReferenceToBeBetween(JudgedByGates, BatchExpectation):
    """Every group's share is between `minimum` and `maximum` times its reference share."""

    attribute: str
    minimum: float
    maximum: float
    scope: str = "train"
    metric_dependencies = ("table.hpefair_share_rows",)
    success_keys = ("attribute", "scope", "minimum", "maximum")
    sentence: ClassVar[str] = SENTENCES["expect_share_ratio_to_reference_to_be_between"]

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        return gates.ratio_to_reference(rows, self.minimum, self.maximum)


class ExpectUnknownShareToBeAtMost(JudgedByGates, BatchExpectation):
    """At most `maximum` of the people have no known value of an attribute."""

    attribute: str
    maximum: float
    scope: str = "train"
    metric_dependencies = ("table.hpefair_share_rows",)
    success_keys = ("attribute", "scope", "maximum")
    sentence: ClassVar[str] = SENTENCES["expect_unknown_share_to_be_at_most"]

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        return gates.unknown_share(rows, self.maximum)


class ExpectShareIntervalToBeWithinTolerance(JudgedByGates, BatchExpectation):
    """The share of every group in the population behind the data is within `tolerance` of its reference."""

    attribute: str
    tolerance: float
    scope: str = "train"
    metric_dependencies = ("table.hpefair_share_rows",)
    success_keys = ("attribute", "scope", "tolerance")
    sentence: ClassVar[str] = SENTENCES["expect_share_interval_to_be_within_tolerance"]

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        return gates.share_interval(rows, self.tolerance)


class ExpectDivergenceFromReferenceToBeAtMost(JudgedByGates, BatchExpectation):
    """The total variation between the shares of an attribute and their reference is at most `maximum`."""

    attribute: str
    maximum: float
    scope: str = "train"
    metric_dependencies = ("table.hpefair_share_rows",)
    success_keys = ("attribute", "scope", "maximum")
    sentence: ClassVar[str] = SENTENCES["expect_divergence_from_reference_to_be_at_most"]

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        return gates.divergence(rows, self.maximum)


class ExpectDriftSinceReleaseToBeAtMost(JudgedByGates, BatchExpectation):
    """No group's share has moved by more than `maximum` since the last release."""

    attribute: str
    maximum: float
    scope: str = "all"
    metric_dependencies = ("table.hpefair_share_rows", "table.hpefair_released_rows")
    success_keys = ("attribute", "scope", "maximum")
    sentence: ClassVar[str] = SENTENCES["expect_drift_since_release_to_be_at_most"]

    def _judged(self, metrics: Any) -> gates.Judged:
        return gates.drift(metrics[self.rows_metric], metrics["table.hpefair_released_rows"], self.maximum)


class ExpectCellsToBeCovered(JudgedByGates, BatchExpectation):
    """At least `minimum` of the cells that audit.coverage names hold enough distinct people."""

    minimum: float
    scope: str = "train"
    metric_dependencies = ("table.hpefair_cell_rows",)
    success_keys = ("scope", "minimum")
    rows_metric: ClassVar[str] = "table.hpefair_cell_rows"
    sentence: ClassVar[str] = SENTENCES["expect_cells_to_be_covered"]

    def _judge(self, rows: list[dict[str, Any]]) -> gates.Judged:
        return gates.cells_covered(rows, self.minimum)
