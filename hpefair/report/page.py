"""The report as one HTML file that needs no other, and the cards as Markdown."""

from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


def render(template: str, values: dict[str, Any]) -> str:
    """Fill a template; an absent value is an error, not a blank.

    Args:
        template: `report.html.j2`, `data_card.md.j2` or `model_card.md.j2`, alongside this module.
        values: Everything the template names.

    Returns:
        HTML or Markdown.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: "-" if value is None else f"{100 * value:.0f} %"
    environment.filters["points"] = lambda value: "-" if value is None else f"{100 * value:+.1f}"
    environment.filters["score"] = lambda value: "-" if value is None else f"{value:.3f}"
    environment.filters["cell"] = _cell
    return environment.get_template(template).render(values)


def _cell(value: Any) -> str:
    """Somebody else's words in a Markdown table: one line, no markup."""
    return escape(" ".join(str(value).split())).replace("|", "\\|").replace("`", "'")
