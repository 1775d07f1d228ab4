"""Print what the report answers, and open the page."""

import webbrowser
from typing import Final

from rich.console import Console
from rich.table import Table

from hpefair import artifacts
from hpefair.data import tables
from hpefair.errors import MissingArtifactError
from hpefair.machine.terminal import VERDICT_STYLES

PAGE: Final = "report.html"
CARDS: Final = ("data_card.md", "model_card.md")


def report(console: Console, browser: bool) -> None:
    """Print the sentences at the top of the report, and where it lies.

    Args:
        console: Where to print.
        browser: Whether to open the page.

    Raises:
        MissingArtifactError: If there is no report yet.
    """
    page = artifacts.REPORT / PAGE
    if not page.exists():
        raise MissingArtifactError("report not built yet: run `dvc repro report`")
    table = Table(box=None, show_header=False, padding=(0, 1))
    for row in tables.read_json(artifacts.REPORT / "answer.json")["answer"]:
        table.add_row(f"[{VERDICT_STYLES[row['verdict']]}]{row['verdict']}", row["sentence"])
    console.print(table)
    console.print(f"page   {page}", highlight=False)
    for name in CARDS:
        console.print(f"card   {artifacts.REPORT / name}", highlight=False)
    if browser and not webbrowser.open(page.resolve().as_uri()):
        console.print("no browser found on this machine: open the page by hand", highlight=False)
