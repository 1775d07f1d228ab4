"""What the report says of how well each group is served: by group, by joint, and how wide the gaps are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.core.keypoint_breakdown import ALL_JOINTS
from hpefair.data import tables
from hpefair.report import figures
from hpefair.report.body import bodies
from hpefair.schema import UNKNOWN
from hpefair.settings.params import Params
from hpefair.words import METRIC_NAMES, attribute_words, group_words

FEWEST_JOINTS: Final = 10  # below, one joint more or less is a tenth


def accuracy_values(settings: Params) -> dict[str, Any]:
    """Values of the report's part on accuracy by group, joint and gap."""
    names = evaluated(settings)
    about = {name: tables.read_json(artifacts.EVALUATE / name / "overall.json") for name in names}
    parts = {name: tables.read(artifacts.EVALUATE / name / "by_group.parquet") for name in names}
    *most, last = [attribute_words(name) for name in settings.evaluate.adjust_for] or ["nothing"]
    return {
        "metric": METRIC_NAMES[settings.compare.metric],
        "level": f"{settings.evaluate.confidence:.0%}".replace("%", " %"),
        "adjusted_for": f"{', '.join(most)} and {last}" if most else last,
        "score_figures": _score_figures(parts, about, settings),
        "worse": worse(settings),
        **_gaps(names, settings),
        **_joints(settings),
    }


def evaluated(settings: Params) -> list[str]:
    """Models that were evaluated, in the order of params.yaml."""
    return [name for name in settings.predict.models if (artifacts.EVALUATE / name).exists()]


def _score_figures(
    parts: Mapping[str, pd.DataFrame], about: Mapping[str, Mapping[str, Any]], settings: Params
) -> list[dict[str, Any]]:
    """One figure, and its table, per attribute and per kind of people measured on."""
    scores = pd.concat([table.assign(model=name) for name, table in parts.items()], ignore_index=True)
    scores = scores[(scores["metric"] == settings.compare.metric) & (scores["n_people"] > 0)]
    scores = scores[workspace.shown(scores, ["model", "attribute"], settings.report.least)]
    drawn = []
    for kind in dict.fromkeys((row["boxes"], row["images"]) for row in about.values()):
        models = [name for name, row in about.items() if (row["boxes"], row["images"]) == kind]
        for attribute in settings.compare.attributes:
            rows = scores[scores["model"].isin(models) & scores["attribute"].isin(["all", attribute])]
            rows = rows[rows["group"] != UNKNOWN].assign(group=rows["group"].replace("all", "everybody"))
            if (rows["attribute"] != "all").any():
                drawn.append(
                    {
                        "title": attribute_words(attribute),
                        "note": f"Boxes: {kind[0]}. Measured on {kind[1]}. {_overall(models, about)}",
                        "svg": figures.intervals(rows, f"{METRIC_NAMES[settings.compare.metric]}, with its interval"),
                        "rows": [{**row, "group": group_words(row["group"])} for row in tables.records(rows)],
                    }
                )
    return drawn


def _overall(models: Sequence[str], about: Mapping[str, Mapping[str, Any]]) -> str:
    """How good the models are at all: between models that hardly work, differences mean little."""
    shown = (f"{name} -" if about[name]["AP"] is None else f"{name} {about[name]['AP']:.3f}" for name in models)
    return f"AP of everybody: {', '.join(shown)}."


def worse(settings: Params) -> list[dict[str, Any]]:
    """Groups with a FAIL for being served worse than the rest, with the name of the group in words."""
    rows = workspace.served_worse(evaluated(settings), settings.compare.metric, settings.report.least)
    return [{**row, "group": group_words(row["group"], row["attribute"])} for row in rows]


def _gaps(names: Sequence[str], settings: Params) -> dict[str, Any]:
    parts = []
    for name in names:
        gaps = tables.read(artifacts.EVALUATE / name / "gaps.parquet")
        kept = gaps[(gaps["metric"] == settings.compare.metric) & gaps["attribute"].isin(settings.compare.attributes)]
        parts.append(kept.assign(model=name))
    table = pd.concat(parts, ignore_index=True)
    drawn = table[table["difference"].notna()].assign(group=table["attribute"].map(attribute_words))
    rows = [
        {**row, "attribute": attribute_words(row["attribute"]), "worst_group": group_words(row["worst_group"] or "")}
        for row in tables.records(table)
    ]
    label = f"gap between the best and the worst group, {METRIC_NAMES[settings.compare.metric]}"
    return {"gaps": rows, "gap_figure": figures.gaps(drawn, label) if len(drawn) else ""}


def _joints(settings: Params) -> dict[str, Any]:
    """A body per group for the last candidate, or the first model where there is none."""
    model = settings.compare.candidates[-1]
    path = artifacts.EVALUATE / model / "by_keypoint.parquet"
    table, people = tables.read(path), tables.read(artifacts.EVALUATE / model / "by_group.parquet")
    people = people[(people["metric"] == settings.compare.metric) & (people["n_people"] > 0)]
    shown = people[workspace.shown(people, ["attribute"], settings.report.least) & (people["group"] != UNKNOWN)]
    charts = []
    for attribute in settings.compare.attributes:
        groups = list(shown.loc[shown["attribute"] == attribute, "group"])
        if not groups:
            continue
        values = [("everybody", _pck(table, "all", "all", settings))]
        values += [(group_words(group), _pck(table, attribute, group, settings)) for group in groups]
        title = f"Share of joints found, by joint and {attribute_words(attribute)}; the table below has the numbers"
        joints = [joint for joint in values[0][1] if joint != ALL_JOINTS]
        charts.append(
            {
                "title": attribute_words(attribute),
                "svg": bodies(title, values),
                "groups": [name for name, _ in values],
                "rows": [
                    {"joint": joint.replace("_", " "), "values": [by[joint] for _, by in values]} for joint in joints
                ],
            }
        )
    return {"joint_figures": charts, "joint_model": model, "fewest_joints": max(settings.report.least, FEWEST_JOINTS)}


def _pck(table: pd.DataFrame, attribute: str, group: str, settings: Params) -> dict[str, float | None]:
    """Share of each joint; None of joints that too few people show."""
    rows = table[(table["attribute"] == attribute) & (table["group"] == group)]
    fewest = max(settings.report.least, FEWEST_JOINTS)
    return {row["joint"]: row["pck"] if row["n_joints"] >= fewest else None for row in tables.records(rows)}
