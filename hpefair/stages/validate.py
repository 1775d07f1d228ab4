"""Run the Great Expectations suites on the tables and the audit; always succeeds, the gate decides."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts
from hpefair.core.shares.shown_shares import small_groups
from hpefair.data import tables
from hpefair.ledgers import release_history
from hpefair.settings import params
from hpefair.tools.dvc import stage
from hpefair.tools.gx import suites


def write(out: Path, work: Path, item: str) -> None:
    """Write the result of every suite as JSON, and as a Data Docs page that shows no group below the floor."""
    from hpefair.tools.gx import checks, docs, expectations

    everything = params.load()
    shares = tables.read(artifacts.AUDIT / item / "shares.parquet")
    released = release_history.read(artifacts.RELEASE_HISTORY, item)
    released["scope"] += expectations.RELEASE
    known = {
        "images": tables.read(artifacts.INGEST / "images.parquet"),
        "people": tables.read(artifacts.INGEST / "people.parquet"),
        "rejects": tables.read(artifacts.INGEST / "rejects.parquet"),
        "shares": pd.concat([shares, released], ignore_index=True) if len(released) else shares,
        "cells": tables.read(artifacts.AUDIT / item / "cells.parquet"),
    }
    hidden = hidden_groups(shares, everything.report.min_cell)
    results = {}
    for path in sorted(artifacts.EXPECTATIONS.glob("*.yaml")):
        suite = suites.load_suite(path)
        table = known[suite.table]
        outcome = checks.run(path, suite, table, everything.validate_.max_unexpected_rows)
        results[path.stem] = checks.plain_results(outcome)
        lead = f"{suite.purpose} Table {suite.table} of the {item} data, {len(table)} rows."
        page = docs.page(outcome, f"Expectations: {path.stem} ({item})", lead, hidden)
        (out / f"{path.stem}.html").write_text(page, encoding="utf-8")
    tables.write_json(out / "results.json", results)
    print(f"validate {item}: {sum(map(len, results.values()))} expectations in {len(results)} suites")


def hidden_groups(shares: pd.DataFrame, floor: int) -> dict[tuple[str, str], set[str]]:
    """By attribute and scope, the groups whose numbers the page must not show; of pairs all, if there is one."""
    small = small_groups(shares, floor)
    hidden = {}
    for (attribute, scope), part in shares.groupby(["attribute", "scope"], sort=False):
        few = small[part.index]
        if "." in str(attribute) and few.any():  # rows and columns of cells add up to groups that may be shown
            few = few | True
        hidden[(str(attribute), str(scope))] = set(part.loc[few, "group"])
    return hidden


if __name__ == "__main__":
    stage.main("validate", write)
