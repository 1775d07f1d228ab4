"""Data Docs that need nothing but the file: Great Expectations' own renderers in a page of ours.

The stock page loads scripts and styles from other hosts and carries a tracking logo, and prints the time of the run.
This one embeds its style sheet, holds no script, link or time, and adds the verdict and the severity.
"""

import contextlib
import copy
import html
import logging
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from great_expectations.expectations.registry import get_expectation_impl
from great_expectations.render import CollapseContent, RenderedComponentContent
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.renderer.renderer import Renderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, DictLoader, pass_context

from hpefair.errors import ToolError
from hpefair.tools.gx.checks import VERDICTS, severity_of, verdict_of
from hpefair.tools.gx.expectations import show, text_block

NOT_SHOWN: Final = "too few people to show"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{{ page_title | e }}</title>
<style>{{ css }}</style>
</head>
<body>
<main>
<h1>{{ page_title | e }}</h1>
<p class="lead">{{ lead | e }}</p>
<ul class="tally">
{% for label, count in tally %}<li><b>{{ count }}</b><span>{{ label | e }}</span></li>{% endfor %}
</ul>
<nav class="toc">
{% for section in sections %}<a href="#section-{{ loop.index }}">{{ section["section_name"] | e }}</a> {% endfor %}
</nav>
{% for section in sections %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}
</main>
</body>
</html>
"""
COLLAPSE = """<details><summary>{{ content_block.get("collapse_toggle_link", "More") | render_content_block }}</summary>
{% for block in content_block["collapse"] %}{{ block | render_content_block }}{% endfor %}</details>"""
GRAPH = """<p class="note">(chart left out: it needs scripts)</p>"""


Hidden = Mapping[tuple[str, str], Set[str]]


def page(outcome: Any, title: str, lead: str, hidden: Hidden = MappingProxyType({})) -> str:
    """One self-contained page for a validation result from `checks.run`.

    Args:
        outcome: The result.
        title: Title of the page.
        lead: One sentence below it.
        hidden: By attribute and scope, groups of so few people that no number about them is printed.

    Returns:
        HTML.

    Raises:
        ToolError: If Great Expectations cannot render a rule; it would print "--" in its place.
    """
    outcome = copy.deepcopy(outcome)
    for result in outcome.results:
        # Some set expectations report a count without a percentage, on which their own renderer fails.
        if "unexpected_count" in result.result and "unexpected_percent" not in result.result:
            result.result["unexpected_count"] = 0
        _mask(result, hidden)
    with _render_errors_raise():
        document = _Renderer().render(outcome)
    document.page_title = title
    verdicts = [verdict_of(result) for result in outcome.results]
    tally = [("expectations", len(verdicts)), *((verdict.lower(), verdicts.count(verdict)) for verdict in VERDICTS)]
    css = Path(__file__).with_name("docs.css").read_text(encoding="utf-8")
    text = _View().render(document, css=css, lead=lead, tally=tally)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def _mask(result: Any, hidden: Hidden) -> None:
    """Take the numbers of small groups out of a result; its verdict stays."""
    kwargs = result.expectation_config.kwargs
    scope = get_expectation_impl(result.expectation_config.type).__fields__.get("scope")
    where = str(kwargs.get("attribute")), str(kwargs.get("scope", scope and scope.default))
    small = hidden.get(where, frozenset())
    rows = (result.result.get("details") or {}).get("rows") or []
    masked = [row for row in rows if row["group"] in small]
    for row in masked:
        row.update(low=NOT_SHOWN, high=NOT_SHOWN, needs="")
    if masked:
        result.result["observed_value"] = NOT_SHOWN


class _View(DefaultJinjaPageView):
    """Great Expectations' section templates inside our page."""

    def __init__(self) -> None:
        super().__init__()
        ours = DictLoader({"page.j2": PAGE, "collapse.j2": COLLAPSE, "graph.j2": GRAPH})
        self.env.loader = ChoiceLoader([ours, self.env.loader])

    @pass_context
    def render_content_block(
        self,
        jinja_context: Any,
        content_block: Any,
        index: Any = None,
        content_block_id: Any = None,
        render_to_markdown: bool = False,
    ) -> Any:
        """Escape plain strings, which the stock templates do not: cells hold values from the data."""
        if isinstance(content_block, list):
            if not any(isinstance(item, (dict, RenderedComponentContent)) for item in content_block):
                return html.escape(", ".join(map(show, content_block)))
            content_block = [html.escape(item) if isinstance(item, str) else item for item in content_block]
        elif isinstance(content_block, str):
            return html.escape(content_block)
        elif not isinstance(content_block, dict) and content_block is not None:
            return html.escape(str(content_block))
        return super().render_content_block(jinja_context, content_block, index, content_block_id, render_to_markdown)


class _Renderer(ValidationResultsPageRenderer):
    """Without the overview (run time, links to pages that are not written); with verdict and severity."""

    def _collect_rendered_document_content_sections(
        self, validation_results: Any, overview: Any, collapse: Any, columns: Any
    ) -> list[Any]:
        sections = super()._collect_rendered_document_content_sections(validation_results, overview, collapse, columns)[
            1:
        ]
        whole_table = ["Table-Level Expectations"] if "Table-Level Expectations" in columns else []
        names = whole_table + Renderer._get_column_list_from_evrs(validation_results)
        for section, name in zip(sections, names, strict=True):
            _relabel(section, name, columns[name])
        return list(sections)


def _relabel(section: Any, name: str, results: Any) -> None:
    section.section_name = "Whole table" if name == "Table-Level Expectations" else str(name)
    heading = section.content_blocks[0].header.string_template
    heading.update(template="$name", params={"name": section.section_name})
    table = section.content_blocks[1]
    table.table_options, table.header_row_options = {}, {}
    table.header_row = ["Verdict", "Expectation", "Observed value", "Severity"]
    for row, result in zip(table.table, results, strict=True):
        verdict, severity = verdict_of(result), severity_of(result)
        row[0] = text_block(verdict, classes=("pill", f"pill-{verdict.lower()}"))
        if isinstance(row[1], list) and verdict == "ERROR":
            row[1] = [block for block in row[1] if not isinstance(block, CollapseContent)]
        row[3:] = [text_block(severity, classes=("severity", f"severity-{severity}"))]


@contextlib.contextmanager
def _render_errors_raise() -> Iterator[None]:
    """Great Expectations logs a renderer's error and goes on; a page with holes is not acceptable."""
    messages: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("great_expectations.render")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
    if messages:
        raise ToolError(f"Data Docs could not render an expectation: {messages[0]}")
