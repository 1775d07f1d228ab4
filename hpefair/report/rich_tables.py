"""Tables for the terminal: who is short, and what a change of training data did to each group."""

import pandas as pd
from rich.markup import escape
from rich.table import Table

from hpefair.schema import UNKNOWN


def representation(before: pd.DataFrame, after: pd.DataFrame) -> Table:
    """Share of every group with a reference among the training people, before and after balancing.

    Args:
        before: Share table of the original data, all scopes.
        after: Share table of the balanced data.

    Returns:
        A table; groups that are short of their reference beyond doubt are marked.
    """
    table = _table("Who is in the training data (share of people whose group is known)")
    for column in ("attribute", "group"):
        table.add_column(column)
    for column in ("people", "original \\[interval]", "reference", "balanced \\[interval]"):
        table.add_column(column, justify="right")
    table.add_column("short of the reference")
    pair = [_of_training(part) for part in (before, after)]
    previous = ""
    for key, row in pair[0].iterrows():
        balanced = pair[1].loc[key]
        _section(table, key[0], previous)
        words = [name for name, one in (("original", row), ("balanced", balanced)) if one["short"]]
        table.add_row(
            "" if key[0] == previous else key[0], key[1], str(row["n_people"]), _share(row), f"{row['reference']:.0%}",
            _share(balanced), ", ".join(words), style="bold" if row["short"] else "",
        )  # fmt: skip
        previous = key[0]
    return table


def changes(groups: pd.DataFrame, baseline: str, metric: str, level: str) -> Table:
    """What each candidate changed for each group, against the baseline, on the same people.

    Args:
        groups: From `data/compare/groups.parquet`.
        baseline: Name of the baseline model.
        metric: Name of the metric.
        level: Level of the intervals.

    Returns:
        A table with one column per candidate.
    """
    table = _table(f"Change of {metric} against {baseline} ({level} intervals, paired)")
    models = list(dict.fromkeys(groups["model"]))
    for column in ("attribute", "group"):
        table.add_column(column)
    for column in ("people", *models):
        table.add_column(column, justify="right")
    previous = ""
    shown = groups[(groups["n_people"] > 0) & ~groups["group"].str.contains(UNKNOWN)]
    for (attribute, group), rows in shown.groupby(["attribute", "group"], sort=False):
        _section(table, attribute, previous)
        by_model = rows.set_index("model")
        cells = [_change(by_model.loc[model]) if model in by_model.index else "-" for model in models]
        people = str(rows.iloc[0]["n_people"])
        table.add_row("" if attribute == previous else attribute, group, people, *cells)
        previous = attribute
    return table


def paired(pairs: pd.DataFrame, metric: str, name: str, tolerance: float) -> Table:
    """Paired gaps of one metric: a row per factor and group.

    Args:
        pairs: From `core.fairness.counterfactual.paired_gaps`, with the metric's name.
        metric: Metric to show.
        name: What it is called.
        tolerance: Loss from which a pose counts as degraded.

    Returns:
        A rich table.
    """
    table = _table(f"Counterfactual pairs: change of {name} when one factor changes, \\[interval] over scenes")
    for column in ("factor", "changed to"):
        table.add_column(column)
    for column in ("pairs", "change \\[interval]", f"poses that lose {tolerance:g} or more"):
        table.add_column(column, justify="right")
    for row in pairs[pairs["metric"] == metric].itertuples():
        change = f"{row.difference:+.3f} [{row.difference_low:+.3f}, {row.difference_high:+.3f}]"
        lost = f"{row.degraded:.0%} [{row.degraded_low:.0%}, {row.degraded_high:.0%}]"
        table.add_row(escape(row.factor), escape(row.group), str(row.n_pairs), change, lost)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", show_edge=False)


def _section(table: Table, attribute: str, previous: str) -> None:
    if previous and attribute != previous:
        table.add_section()


def _of_training(shares: pd.DataFrame) -> pd.DataFrame:
    rows = shares[(shares["scope"] == "train") & shares["reference"].notna()]
    return rows.set_index(["attribute", "group"])


def _share(row: pd.Series) -> str:
    names = ("share_known", "low", "high")
    if row["basis"] == "audit":
        names = ("corrected", "corrected_low", "corrected_high")
    share, low, high = (row[name] for name in names)
    return "nobody known" if pd.isna(share) else f"{share:.0%} [{low:.0%}, {high:.0%}]"


def _change(row: pd.Series) -> str:
    if pd.isna(row["change"]):
        return "-"
    if pd.isna(row["low"]):  # all of one image: nothing says how far the change may be from this
        return f"{row['change']:+.3f}"
    return f"{row['change']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
