"""The report as one HTML file that needs no other."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(values: dict[str, Any]) -> str:
    """Fill the template `report.html.j2`; an absent value is an error, not a blank.

    Args:
        values: Everything the template names.

    Returns:
        HTML.
    """
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: "-" if value is None else f"{100 * value:.0f} %"
    environment.filters["points"] = lambda value: "-" if value is None else f"{100 * value:+.1f}"
    environment.filters["score"] = lambda value: "-" if value is None else f"{value:.3f}"
    return environment.get_template("report.html.j2").render(values)
