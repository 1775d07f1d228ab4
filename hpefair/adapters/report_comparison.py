"""What the report says of whether balancing helped, whom it harmed, and what nobody can tell yet."""

from typing import Any

import numpy as np
import pandas as pd

from hpefair import artifacts
from hpefair.adapters import report_figures as figures
from hpefair.adapters import tables
from hpefair.adapters.report_accuracy import METRICS, evaluated, too_small
from hpefair.adapters.report_shares import small_groups
from hpefair.adapters.report_words import attribute_words, group_words
from hpefair.core.fairness.suppression import suppressed
from hpefair.params import Params
from hpefair.schema import UNKNOWN


def comparison_values(settings: Params) -> dict[str, Any]:
    """Values of the report's parts on the change by group, and on what is open."""
    verdicts = tables.read_json(artifacts.COMPARE / "verdicts.json")
    groups = tables.read(artifacts.COMPARE / "groups.parquet")
    known = groups[~groups["group"].str.contains(UNKNOWN) & (groups["n_people"] > 0)].reset_index(drop=True)
    small = groups.groupby(["model", "attribute"])["n_people"].transform(
        lambda people: suppressed(people.to_numpy(), settings.report.least)
    )
    hidden = small.astype(bool)[~groups["group"].str.contains(UNKNOWN) & (groups["n_people"] > 0)].to_numpy()
    drawn = known[~hidden].rename(columns={"change": "value"})
    drawn["group"] = _labels(drawn)
    label = f"change of {METRICS[verdicts['metric']]}"
    return {
        "baseline": verdicts["baseline"],
        "not_judged": ", ".join(attribute_words(name) for name in verdicts["not_judged"]),
        "tolerance": verdicts["tolerance"],
        "changes": [
            {
                **row,
                "attribute": attribute_words(row["attribute"]),
                "group": group_words(row["group"]),
                "hidden": bool(few),
            }
            for row, few in zip(tables.records(known), hidden, strict=True)
        ],
        "change_figure": figures.intervals(drawn, label, -verdicts["tolerance"]) if len(drawn) else "",
        "open_models": [*_open_changes(known[~hidden]), *_open_shortfalls(settings)],
        "open_data": _open_expectations(settings),
    }


def _labels(rows: pd.DataFrame) -> list[str]:
    """Groups by their own name, with the attribute's where two attributes have a group of the same name."""
    pairs = rows[["attribute", "group"]].drop_duplicates()
    shared = set(pairs.loc[pairs["group"].duplicated(keep=False), "group"])
    return [
        "everybody" if row.attribute == "all" else group_words(row.group, row.attribute if row.group in shared else "")
        for row in rows.itertuples()
    ]


def _open_changes(known: pd.DataFrame) -> list[dict[str, Any]]:
    """Groups of which it is not decided whether balancing harmed them."""
    rows = known[known["verdict"] == "INCONCLUSIVE"]
    return [
        {
            "question": f"Is {_who(row.attribute, row.group)} worse off with the model of the {row.model} data?",
            "people": int(row.n_people),
            "needed": _needed(row.people_needed),
        }
        for row in rows.itertuples()
    ]


def _open_shortfalls(settings: Params) -> list[dict[str, Any]]:
    """Groups of which it is not decided whether a model serves them worse than the rest."""
    out = []
    for model in evaluated(settings):
        table = tables.read(artifacts.EVALUATE / model / "by_group.parquet")
        table = table[(table["metric"] == settings.compare.metric) & (table["n_people"] > 0)]
        table = table[table["attribute"].isin(settings.compare.attributes)]
        table = table[~too_small(table, ["attribute"], settings.report.least)]
        table = table[(table["verdict"] == "INCONCLUSIVE") & (table["group"] != UNKNOWN)]
        out += [
            {
                "question": f"Does {model} serve {_who(row.attribute, row.group)} worse than everybody else?",
                "people": int(row.n_people),
                "needed": _needed(row.people_needed),
            }
            for row in table.itertuples()
        ]
    return out


def _open_expectations(settings: Params) -> list[dict[str, str]]:
    """Expectations of the data as it came that what is known does not decide.

    What would decide them names numbers of people, which are left out where a group of the attribute is not shown.
    """
    shares = tables.read(artifacts.AUDIT / "original" / "shares.parquet")
    hidden = set(shares.loc[small_groups(shares, settings.report.least), "attribute"])
    decision = tables.read_json(artifacts.GATE / "original" / "decision.json")
    out = []
    for row in decision["expectations"]:
        if row["verdict"] != "INCONCLUSIVE":
            continue
        about = str(row["kwargs"].get("attribute") or row["kwargs"].get("column") or "")
        words = str(row["expectation"]).removeprefix("expect_").replace("_", " ")
        rows = row["result"].get("details", {}).get("rows", [])
        if about in hidden:
            rows = []
        needs = list(
            dict.fromkeys(part["needs"] for part in rows if part["verdict"] == "INCONCLUSIVE" and part["needs"])
        )
        out.append(
            {"question": f"{attribute_words(about)}: {words}", "needs": "; ".join(needs[:2]) or "labels of more people"}
        )
    return out


def _who(attribute: str, group: str) -> str:
    return "everybody together" if attribute == "all" else f"the group {group_words(group, attribute)}"


def _needed(people: float) -> str:
    if people is None or np.isnan(people):
        return "not to be said"
    return "more than can be estimated" if np.isinf(people) else f"about {int(people)}"
