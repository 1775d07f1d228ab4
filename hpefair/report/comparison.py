"""What the report says of whether balancing helped, whom it harmed, and what nobody can tell yet."""

from typing import Any

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.data import tables
from hpefair.report import figures
from hpefair.report.open_questions import open_values
from hpefair.schema import UNKNOWN
from hpefair.settings.params import Params
from hpefair.words import METRIC_NAMES, attribute_words, group_words


def comparison_values(settings: Params) -> dict[str, Any]:
    """Values of the report's parts on the change by group, and on what is open."""
    verdicts = tables.read_json(artifacts.COMPARE / "verdicts.json")
    groups = tables.read(artifacts.COMPARE / "groups.parquet")
    known = groups[~groups["group"].str.contains(UNKNOWN) & (groups["n_people"] > 0)].reset_index(drop=True)
    small = ~workspace.shown(groups, ["model", "attribute"], settings.report.least)
    hidden = small[~groups["group"].str.contains(UNKNOWN) & (groups["n_people"] > 0)].to_numpy()
    drawn = known[~hidden].rename(columns={"change": "value"})
    drawn["group"] = _labels(drawn)
    label = f"change of {METRIC_NAMES[verdicts['metric']]}"
    return {
        "baseline": verdicts["baseline"],
        "not_judged": ", ".join(attribute_words(name) for name in verdicts["not_judged"]),
        "tolerance": verdicts["tolerance"],
        "min_images": settings.evaluate.min_support,
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
        **open_values(known[~hidden], verdicts["baseline"], settings),
    }


def _labels(rows: pd.DataFrame) -> list[str]:
    """Groups by their own name, with the attribute's where two attributes have a group of the same name."""
    pairs = rows[["attribute", "group"]].drop_duplicates()
    shared = set(pairs.loc[pairs["group"].duplicated(keep=False), "group"])
    return [
        "everybody" if row.attribute == "all" else group_words(row.group, row.attribute if row.group in shared else "")
        for row in rows.itertuples()
    ]
