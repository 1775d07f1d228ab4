"""`hpefair plan`: the repair that follows from an audit, as tables, nothing written."""

from typing import Final

import pandas as pd
from rich.console import Console
from rich.table import Table

from hpefair.data import tables
from hpefair.generation.planning import Plan, plan_repair
from hpefair.settings import params

MOST_CELLS: Final = 40


def show(console: Console, variant: str, explain: bool) -> None:
    """Print the plan.

    Args:
        console: Where to print.
        variant: Whose audit to start from, `original` or `balanced`.
        explain: Also print what it is for, what it knows about the backends, and what it does in every cell.

    Raises:
        MissingArtifactError: If there is no such audit yet.
        SettingsError: If a planned attribute has no reference.
    """
    settings = params.load()
    plan = plan_repair(settings, variant)
    cells, missed = plan.repaired.cells, plan.repaired.requirements[~plan.repaired.requirements["met"]]
    console.print(_sentence(cells, plan, settings), highlight=False)
    if explain:
        console.print(_requirements(plan))
        for reason in dict.fromkeys(reason for _, reason in plan.rules.others):
            left = [words for words, why in plan.rules.others if why == reason]
            console.print(f"not planned for, because {reason}:", style="dim", highlight=False)
            for words in left:
                console.print(f"  {words}", style="dim", highlight=False)
        if cells[["resample", "generate"]].to_numpy().sum():
            console.print(_cells(cells, plan, settings))
    for row in missed.itertuples():
        console.print(
            "cannot be met within the limits of the plan section and what its backends can do: "
            f"{row.requirement}; the nearest plan lacks {row.missing:.0f} ({row.about})",
            style="yellow",
            highlight=False,
        )


def _sentence(cells: pd.DataFrame, plan: Plan, settings: params.Params) -> str:
    if not cells[["resample", "generate"]].to_numpy().sum():
        return "nothing to repair within the limits"
    by = ", ".join(
        f"{int(cells[f'generate_{name}'].sum())} by {name} ({int(cells[f'attempts_{name}'].sum())} attempts)"
        for name in settings.plan.backends
    )
    repeated, generated = int(cells["resample"].sum()), int(cells["generate"].sum())
    return f"repeat {repeated}, generate {generated}: {by}; cost {plan.repaired.cost:.0f}"


def _requirements(plan: Plan) -> Table:
    table = Table(title="What must hold", title_justify="left")
    for name in ("expectation", "severity", "now", "after the repair", "by repeating alone"):
        table.add_column(name)
    alone = plan.resampled.requirements["met"]
    for row, repeated in zip(plan.repaired.requirements.itertuples(), alone, strict=True):
        marks = ("holds" if holds else "does not hold" for holds in (row.met_before, row.met, repeated))
        table.add_row(row.requirement, row.severity, *marks)
    return table


def _cells(cells: pd.DataFrame, plan: Plan, settings: params.Params) -> Table:
    """The cells in which something is done, the largest first."""
    names, backends = settings.plan.attributes, settings.plan.backends
    changed = cells[(cells["resample"] + cells["generate"]) > 0]
    changed = changed.sort_values(["generate", "resample"], ascending=False)
    more = f", the {MOST_CELLS} largest of {len(changed)}" if len(changed) > MOST_CELLS else ""
    table = Table(title=f"What is done in each cell{more}", title_justify="left")
    for name in names:
        table.add_column(name.replace("_", " "))
    for name in ("real people", "repeat", *(f"{backend} (yield)" for backend in backends)):
        table.add_column(name, justify="right")
    for row in tables.records(changed.head(MOST_CELLS)):
        made = (
            f"{row[f'generate_{name}']} of {row[f'attempts_{name}']} ({plan.beliefs[name, row['cell']].rate:.2f})"
            if row[f"generate_{name}"]
            else ""
            for name in backends
        )
        table.add_row(*(row[name] for name in names), str(row["n_people"]), str(row["resample"]), *made)
    return table
