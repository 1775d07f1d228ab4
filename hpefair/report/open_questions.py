"""What the report says could not be concluded, and what it would take."""

from typing import Any, Final

import numpy as np
import pandas as pd

from hpefair import artifacts, workspace
from hpefair.core.shares.shown_shares import small_groups
from hpefair.data import tables
from hpefair.report.accuracy import evaluated
from hpefair.schema import UNKNOWN
from hpefair.settings.params import Params
from hpefair.tools.gx.words import expectation_words, misses, needs
from hpefair.words import group_words

OPEN: Final = "INCONCLUSIVE"
ANSWERS: Final = {"PASS": "no (PASS)", "FAIL": "yes (FAIL)"}


def open_values(changes: pd.DataFrame, baseline: str, settings: Params) -> dict[str, Any]:
    """`open_models`: tables of groups by models; `open_data`: expectations of the data as it came that are not met.

    Args:
        changes: model, attribute, group, n_people, verdict, people_needed of the groups that may be shown.
        baseline: Model that the others are compared with.
        settings: All settings.
    """
    asked = {
        f"Is a group worse off than with the model {baseline}?": changes,
        "Is a group served worse than everybody else?": _shortfalls(settings),
    }
    parts = [{"title": title, **_by_group(rows)} for title, rows in asked.items() if (rows["verdict"] == OPEN).any()]
    return {"open_models": parts, "open_data": _open_expectations(settings)}


def _by_group(rows: pd.DataFrame) -> dict[str, Any]:
    """A line per group of which something is open, a cell per model."""
    models = list(dict.fromkeys(rows["model"]))
    lines = []
    for (attribute, group), part in rows.groupby(["attribute", "group"], sort=False):
        if (part["verdict"] == OPEN).any():
            by_model = {row.model: _cell(row) for row in part.itertuples()}
            name = "everybody" if attribute == "all" else group_words(group, attribute)
            lines.append({"group": name, "cells": [by_model.get(model, "-") for model in models]})
    return {"models": models, "rows": lines}


def _cell(row: Any) -> str:
    """How many people of the group it takes, and how many there are; the answer where nothing is open."""
    if row.verdict != OPEN:
        return ANSWERS.get(row.verdict, "-")
    if row.people_needed is None or np.isnan(row.people_needed):
        return f"too few to estimate (has {int(row.n_people)})"
    if np.isinf(row.people_needed):
        return f"more of the others, too (has {int(row.n_people)})"
    return f"about {int(row.people_needed)} (has {int(row.n_people)})"


def _shortfalls(settings: Params) -> pd.DataFrame:
    """Groups that may be shown, and whether each model serves them worse than the rest."""
    out = []
    for model in evaluated(settings):
        table = tables.read(artifacts.EVALUATE / model / "by_group.parquet")
        table = table[(table["metric"] == settings.compare.metric) & (table["n_people"] > 0)]
        table = table[table["attribute"].isin(settings.compare.attributes)]
        table = table[workspace.shown(table, ["attribute"], settings.report.least)]
        out.append(table[table["group"] != UNKNOWN].assign(model=model))
    columns = ["model", "attribute", "group", "n_people", "verdict", "people_needed"]
    return pd.concat([table[columns] for table in out]) if out else pd.DataFrame(columns=columns)


def _open_expectations(settings: Params) -> list[dict[str, str]]:
    """Expectations of the data as it came that are missed, or that what is known does not decide.

    What would decide them names numbers of people, which are left out where a group of the attribute is not shown.
    """
    shares = tables.read(artifacts.AUDIT / "original" / "shares.parquet")
    hidden = set(shares.loc[small_groups(shares, settings.report.least), "attribute"])
    decision = tables.read_json(artifacts.GATE / "original" / "decision.json")
    out = []
    for row in decision["expectations"]:
        if row["verdict"] not in (OPEN, "FAIL"):
            continue
        shown = row["kwargs"].get("attribute") not in hidden
        said = (needs if row["verdict"] == OPEN else misses)(row, group_words) if shown else []
        asked = {"question": expectation_words(row), "verdict": row["verdict"], "decides": row["decides"]}
        out.append({**asked, "said": "; ".join(said) or ("labels of more people" if row["verdict"] == OPEN else "")})
    return sorted(out, key=lambda row: (row["verdict"] == OPEN, not row["decides"]))
