"""The result in the terminal: accuracy by group with intervals, gaps, gates and verdicts."""

from typing import Any

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from hpefair import artifacts
from hpefair.data import tables
from hpefair.errors import MissingArtifactError
from hpefair.machine.terminal import VERDICT_STYLES
from hpefair.report import rich_tables
from hpefair.schema import DECIDING, UNKNOWN
from hpefair.settings import params
from hpefair.words import METRIC_WORDS

METRICS = (*DECIDING, "ap")


def show(console: Console, models: list[str] | None = None) -> None:
    """Print the tables of the workspace.

    Args:
        console: Where to print.
        models: Models to show; all that were evaluated by default.

    Raises:
        MissingArtifactError: If nothing was evaluated yet.
    """
    settings = params.load()
    wanted = models or [name for name in settings.predict.models if (artifacts.EVALUATE / name).exists()]
    if not wanted:
        raise MissingArtifactError("no evaluated model yet: run `dvc repro`")
    for name in wanted:
        if not (artifacts.EVALUATE / name).exists():
            raise MissingArtifactError(
                f"model {name} is not evaluated: name it under predict.models and run `dvc repro`"
            )
        folder = artifacts.EVALUATE / name
        overall = tables.read_json(folder / "overall.json")
        level = f"{settings.evaluate.confidence:.0%} intervals"
        title = f"{name}  (boxes: {overall['boxes']}; {overall['images']}; {level})"
        by_group, metric = tables.read(folder / "by_group.parquet"), settings.compare.metric
        console.print(group_table(by_group, title, metric))
        console.print(gap_lines(tables.read(folder / "gaps.parquet"), metric), end="")
        console.print(verdict_lines(by_group, settings.evaluate.tolerance, metric))
        console.print(corrected_lines(tables.read(folder / "corrected.parquet"), metric), end="")
    _print_representation(console)
    _print_changes(console, settings)
    if (known := decisions()) is not None:
        console.print(known)


def _print_representation(console: Console) -> None:
    paths = [artifacts.AUDIT / variant / "shares.parquet" for variant in ("original", "balanced")]
    if all(path.exists() for path in paths):
        console.print(rich_tables.representation(*(tables.read(path) for path in paths)), "")


def _print_changes(console: Console, settings: params.Params) -> None:
    path = artifacts.COMPARE / "groups.parquet"
    if path.exists():
        metric, level = METRIC_WORDS[settings.compare.metric], f"{settings.evaluate.confidence:.0%}"
        console.print(rich_tables.changes(tables.read(path), settings.compare.baseline, metric, level), "")


def group_table(by_group: pd.DataFrame, title: str, metric: str) -> Table:
    """Table of one model: a row per group, value and interval per metric.

    Args:
        by_group: From `core.evaluation.evaluate`.
        title: Table title.
        metric: Metric whose verdict is shown: is the group served worse than the rest by more than is tolerated?

    Returns:
        A rich table; groups below the minimum support are marked as few and empty ones shown; only an `unknown`
        without anybody in it is left out.
    """
    table = Table(title=title, title_justify="left", show_edge=False)
    for column in ("attribute", "group"):
        table.add_column(column)
    for column in ("people", "images", *(f"{METRIC_WORDS[name]} \\[interval]" for name in METRICS)):
        table.add_column(column, justify="right")
    table.add_column(f"by {METRIC_WORDS[metric]}")
    previous = ""
    for (attribute, group), rows in by_group.groupby(["attribute", "group"], sort=False):
        first = rows.iloc[0]
        if first["n_people"] == 0 and UNKNOWN in str(group).split("."):
            continue
        cells = [interval(rows[rows["metric"] == metric]) for metric in METRICS]
        shown = "" if attribute == previous else str(attribute)
        if attribute != previous and previous:
            table.add_section()
        style = "" if first["supported"] else "dim"
        group = group if first["supported"] else f"{group} (few)"
        judged = rows.loc[rows["metric"] == metric, "verdict"].iloc[0]
        said = verdict(judged) if first["supported"] and isinstance(judged, str) else Text("")
        people = f"{first['n_people']:.0f}"
        table.add_row(shown, str(group), people, str(first["n_images"]), *cells, said, style=style)
        previous = str(attribute)
    return table


def gap_lines(gaps: pd.DataFrame, metric: str) -> Text:
    """One line per attribute: the gap, what chance alone would show, what is left in like context, who took no part."""
    lines = Text()
    if gaps.empty:
        return lines
    for row in gaps[gaps["metric"] == metric].itertuples():
        what = f"  gap in {METRIC_WORDS[metric]}, {row.attribute}: "
        if pd.isna(row.difference):
            lines.append(f"{what}fewer than two groups have enough people\n", style="dim")
            continue
        if not row.worst_group:
            lines.append(f"{what}none between its groups\n", style="dim")
            continue
        lines.append(
            f"{what}{row.difference:.3f} [{row.low:.3f}, {row.high:.3f}], worst {row.worst_group}, "
            f"best {row.best_group}; chance alone reaches {row.null_floor:.3f}"
        )
        adjusted = getattr(row, "adjusted_difference", float("nan"))
        if not pd.isna(adjusted):
            lines.append(f"; in like circumstances {adjusted:.3f} [{row.adjusted_low:.3f}, {row.adjusted_high:.3f}]")
        lines.append(f"; too few people: {row.left_out}\n" if row.left_out else "\n")
    return lines


def verdict_lines(by_group: pd.DataFrame, tolerance: float, metric: str) -> Text:
    """One line per group that is not shown to be served as well as the rest, and how many are."""
    judged = by_group[(by_group["metric"] == metric) & by_group["verdict"].notna()]
    shown = judged[judged["supported"] & judged["shortfall"].notna()]
    passed = int((shown["verdict"] == "PASS").sum())
    what = f"at most {tolerance:g} below the rest of their attribute in {METRIC_WORDS[metric]}"
    lines = Text(f"  {passed} of {len(shown)} groups are shown to be {what}\n" if len(shown) else "")
    for row in shown[shown["verdict"] != "PASS"].itertuples():
        lines.append("  ").append(verdict(row.verdict))
        numbers = f"{row.shortfall:.3f} [{row.shortfall_low:.3f}, {row.shortfall_high:.3f}] below the rest"
        lines.append(f" {row.attribute} {row.group}: {numbers}")
        lines.append(_people_needed(row)).append("\n")
    return lines


def corrected_lines(corrected: pd.DataFrame, metric: str) -> Text:
    """One line per reviewed group: its mean as the values say, and corrected for how often they are wrong."""
    lines = Text()
    shown = corrected[(corrected["metric"] == metric) & (corrected["group"] != UNKNOWN)]
    for (attribute, group), rows in shown.groupby(["attribute", "group"], sort=False):
        naive, best = (rows[rows["method"] == method].iloc[0] for method in ("naive", "prediction_powered"))
        numbers = f"{best['mean']:.3f} [{best['low']:.3f}, {best['high']:.3f}] instead of {naive['mean']:.3f}"
        lines.append(f"  {METRIC_WORDS[metric]} of {attribute} {group}, corrected by the label review: {numbers}\n")
    return lines


def _people_needed(row: Any) -> str:
    """What it takes to tell; empty where the verdict is clear."""
    if row.verdict != "INCONCLUSIVE":
        return ""
    if row.n_people < row.people_needed < float("inf"):
        return f"; needs about {row.people_needed:.0f} people, has {row.n_people:.0f}"
    return "; needs more people, of the rest as well" if row.people_needed == float("inf") else ""


def _expectations(rows: list[dict[str, Any]]) -> str:
    """How many pass, and what the others are about; a warning does not decide, and an open one has not failed."""
    said = [f"{sum(row['verdict'] == 'PASS' for row in rows)} of {len(rows)} expectations pass"]
    for word, kind in (
        ("fails on", [row for row in rows if row["verdict"] == "FAIL" and row["decides"]]),
        ("warns of", [row for row in rows if row["verdict"] == "FAIL" and not row["decides"]]),
        ("open on", [row for row in rows if row["verdict"] == "INCONCLUSIVE"]),
    ):
        about = sorted({str(r["kwargs"].get("attribute") or r["kwargs"].get("column") or r["suite"]) for r in kind})
        said += [f"{word} {', '.join(about)}"] if about else []
    return "; ".join(said)


def decisions() -> RenderableType | None:
    """Gates of both variants and verdicts of the candidates, as far as they exist."""
    table = Table(title="Decisions", title_justify="left", show_edge=False)
    for column in ("what", "verdict", "why"):
        table.add_column(column)
    for variant in ("original", "balanced"):
        path = artifacts.GATE / variant / "decision.json"
        if path.exists():
            decision = tables.read_json(path)
            table.add_row(f"gate {variant}", verdict(decision["verdict"]), _expectations(decision["expectations"]))
    path = artifacts.COMPARE / "verdicts.json"
    if not path.exists():
        return table if table.row_count else None
    verdicts = tables.read_json(path)
    needed = tables.read(artifacts.COMPARE / "groups.parquet")
    for row in verdicts["candidates"]:
        why = f"no harm {row['no_harm']}, fairer {row['fairer']}{_needed(needed[needed['model'] == row['model']])}"
        table.add_row(f"{row['model']} against {verdicts['baseline']}", verdict(row["verdict"]), why)
    return Group(table, Text(f"  Verdicts are {verdicts['claim']}.", style="dim"))


def verdict(name: str) -> Text:
    """A verdict in its colour."""
    return Text(name, style=VERDICT_STYLES[name])


def interval(rows: pd.DataFrame) -> str:
    """`value [low, high]` of a one-row table; a dash where there is no value."""
    if rows.empty or pd.isna(rows.iloc[0]["value"]):
        return "-"
    row = rows.iloc[0]
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _needed(groups: pd.DataFrame) -> str:
    open_groups = groups[(groups["verdict"] == "INCONCLUSIVE") & (groups["people_needed"] > groups["n_people"])]
    open_groups = open_groups[~open_groups["group"].str.contains("unknown")]
    sizes = open_groups["people_needed"].dropna()
    if sizes.empty:
        return ""
    worst = open_groups.loc[sizes.idxmax()]
    return f"; {worst['group']} needs about {int(worst['people_needed'])} test people, has {worst['n_people']:.0f}"
