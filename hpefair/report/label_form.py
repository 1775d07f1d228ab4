"""A form for a label review: one page that needs nothing but itself and the pictures alongside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment


def page(rows: Sequence[Mapping[str, Any]], groups: Mapping[str, Sequence[str]], table: str) -> str:
    """The page.

    Args:
        rows: person_id and picture of everybody to look at.
        groups: Groups to choose from, by attribute.
        table: Name of the CSV file that the page saves.

    Returns:
        HTML; answers are kept in the browser until they are saved, and nothing is sent anywhere.
    """
    template = Path(__file__).with_name("label_form.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True)
    return environment.from_string(template).render(rows=rows, groups=groups, table=table)
