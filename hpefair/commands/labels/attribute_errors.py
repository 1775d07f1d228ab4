"""How far the attributes can be trusted: calibration of every source, corrected shares, errors by stratum."""

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hpefair import artifacts, workspace
from hpefair.attributes.label_reviews import standing
from hpefair.core.shares.prevalence import METHODS
from hpefair.data import tables
from hpefair.ledgers import review_labels
from hpefair.schema import UNKNOWN

ALARM = 0.05  # corrected p-value from which errors are said to go with a stratum


def show(console: Console) -> None:
    """Print what is known of errors.

    Args:
        console: Where to print.

    Raises:
        MissingArtifactError: If the stages did not run yet.
    """
    folder = artifacts.CALIBRATE
    inferred = tables.read(folder / "inferred.parquet")
    console.print(sources(tables.read(folder / "calibration.parquet"), inferred), "")
    prevalence = artifacts.AUDIT / "original" / "prevalence.parquet"
    if prevalence.exists():
        estimates = tables.read(prevalence)
        if len(estimates):
            console.print(corrected(estimates[estimates["scope"] == "all"]), "")
    console.print(alarms(tables.read(folder / "errors.parquet")))
    people = tables.read(artifacts.INGEST / "people.parquet")
    counted = people.loc[workspace.evaluable(people), "person_id"]
    for sentence in standing(list(counted), review_labels.read(artifacts.REVIEW_LABELS)):
        console.print(f"  {sentence}", style="yellow", highlight=False)
    confusions = tables.read(folder / "confusion.parquet")
    if len(confusions):
        console.print(confusion_table(confusions), "")
    console.print(next_step(len(tables.read(folder / "audited.parquet"))), highlight=False)


def sources(calibration: pd.DataFrame, inferred: pd.DataFrame) -> Table:
    """One row per attribute and source: whom it can tell, how it was calibrated, how good it is.

    Args:
        calibration: From the calibrate stage.
        inferred: Calibrated judgements.
    """
    table = _table("What models say of people (numbers with labels are cross-fitted)")
    for column in ("attribute", "source"):
        table.add_column(column)
    for column in (
        "people",
        "can tell",
        "names",
        "labelled",
        "accuracy",
        "of those named",
        "calibration error",
        "from",
    ):
        table.add_column(column, justify="right")
    for row in calibration.itertuples():
        part = inferred[(inferred["attribute"] == row.attribute) & (inferred["source"] == row.source)]
        told, named = (part["reason"] == "").mean(), (part["group"] != UNKNOWN).mean()
        labelled = f"{row.n_labelled} by {row.labelled_by}" if row.n_labelled else "too few"
        error = f"{row.error_before:.3f} to {row.error:.3f}" if row.n_labelled else "-"
        table.add_row(
            row.attribute, row.source, str(len(part)), f"{told:.0%}", f"{named:.0%}", labelled, _share(row.accuracy),
            _share(row.accuracy_named), error, f"{min(row.threshold, 1):.2f}" if row.threshold <= 1 else "never",
        )  # fmt: skip
    return table


def corrected(prevalence: pd.DataFrame) -> Table:
    """Shares as the values say, and corrected by the label review."""
    table = _table("Shares by what the values say, and corrected by the label review \\[interval]")
    for column in ("attribute", "group"):
        table.add_column(column)
    for method in METHODS:
        table.add_column(method.replace("_", " "), justify="right")
    for (attribute, group), rows in prevalence.groupby(["attribute", "group"], sort=False):
        by_method = rows.set_index("method")
        cells = [by_method.loc[method] for method in METHODS]
        shown = [f"{cell['share']:.1%} [{cell['low']:.1%}, {cell['high']:.1%}]" for cell in cells]
        table.add_row(str(attribute), str(group), *shown)
    return table


def confusion_table(confusions: pd.DataFrame) -> Table:
    """What the dataset says, in rows, of people whom reviewers saw as each group, in columns."""
    table = _table("Reviewed people: what the values say, and what was seen (number of people)")
    for column in ("attribute", "value", "seen as"):
        table.add_column(column)
    for (attribute, value), rows in confusions.groupby(["attribute", "value"], sort=False):
        seen = ", ".join(f"{row.seen} {row.people}" for row in rows.itertuples() if row.people)
        table.add_row(str(attribute), str(value), seen or "-")
    return table


def alarms(errors: pd.DataFrame) -> Text:
    """One line for every stratification that errors go with, or that they go with none."""
    lines = Text()
    associations = errors[errors["p_holm"] < ALARM]
    for (attribute, by), rows in associations.groupby(["attribute", "by"], sort=False):
        parts = ", ".join(f"{row.group} {row.error:.0%} of {row.n_audited}" for row in rows.itertuples())
        lines.append(
            f"  errors of {attribute} go with {by} (p {rows['p_holm'].iloc[0]:.3f}): {parts}\n", style="yellow"
        )
    if errors.empty:
        return Text("  no label review yet: how often values are wrong is not known\n", style="yellow")
    if errors["p"].isna().all():
        return Text("  too few reviewed people to tell what errors go with\n", style="yellow")
    return lines or Text("  errors go with none of the strata that could be tested\n")


def next_step(audited: int) -> str:
    """What to do about it."""
    what = "  a label review of a few hundred people corrects the shares: hpefair attributes sample --help"
    return "" if audited else what


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", show_edge=False)


def _share(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.0%}"
