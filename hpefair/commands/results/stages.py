"""The pipeline in the terminal: every stage, what it does, and whether it is up to date."""

from rich.console import Console
from rich.table import Table

from hpefair.tools.dvc import cli, graph


def show(console: Console) -> None:
    """Print the stages in pipeline order.

    Args:
        console: Where to print.
    """
    status = cli.status()
    table = Table(title="Pipeline", title_justify="left", show_edge=False)
    for column in ("stage", "what it does", "state"):
        table.add_column(column)
    for stage in graph.load().stages:
        table.add_row(stage.name, stage.desc, state(status.get(stage.name)))
    console.print(table)


def state(changes: list[object] | None) -> str:
    """State of a stage from its entry in `dvc status --json`, None where nothing changed."""
    if not changes:
        return "[green]up to date[/green]"
    outs = [change["changed outs"] for change in changes if isinstance(change, dict) and "changed outs" in change]
    if any(word == "deleted" for part in outs for word in part.values()):
        return "[yellow]not run yet[/yellow]"
    return "[yellow]inputs changed[/yellow]"
