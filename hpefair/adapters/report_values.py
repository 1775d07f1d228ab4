"""What the report says: the workspace's results as sentences, rows and figures."""

from typing import Any

import pandas as pd

from hpefair import __version__, artifacts, params
from hpefair.adapters import report_figures as figures
from hpefair.adapters import tables
from hpefair.adapters.report_repair import repair_values
from hpefair.adapters.report_shares import best, shown_shares, small_groups
from hpefair.core.fairness.suppression import suppressed
from hpefair.schema import MODELS, PERCEIVED, UNKNOWN

METRICS = {"oks": "mean OKS", "ar": "average recall (AR)"}
GATE_WORDS = {
    "PASS": "meets the thresholds that were set.",
    "FAIL": "does not meet the thresholds that were set.",
    "INCONCLUSIVE": "may or may not meet the thresholds: what is known of the people does not decide it.",
}


def collect() -> dict[str, Any]:
    """Read every result and make the values of `report.html.j2`."""
    settings = params.load()
    images = tables.read(artifacts.INGEST / "images.parquet")
    people = tables.read(artifacts.AUDIT / "original" / "people.parquet")
    before, after = (tables.read(artifacts.AUDIT / variant / "shares.parquet") for variant in ("original", "balanced"))
    return {
        "title": settings.report.title,
        "version": __version__,
        "people": len(people),
        "images": len(images),
        "datasets": ", ".join(sorted(images["dataset"].unique())),
        "gates": [_gate(variant) for variant in ("original", "balanced")],
        "min_cell": settings.report.min_cell,
        **_representation(before, after, settings),
        **repair_values(settings),
        **_accuracy(settings),
        **_comparison(settings),
        **_cards(images, people, settings),
    }


def _gate(variant: str) -> dict[str, str]:
    decision = tables.read_json(artifacts.GATE / variant / "decision.json")
    failed = [row for row in decision["expectations"] if row["verdict"] == "FAIL" and row["decides"]]
    about = sorted({str(row["kwargs"].get("attribute") or row["kwargs"].get("column")) for row in failed})
    why = f" It fails on {', '.join(about)}." if failed else ""
    return {
        "variant": variant,
        "verdict": decision["verdict"],
        "sentence": GATE_WORDS[decision["verdict"]] + why.replace("_", " "),
    }


def _representation(before: pd.DataFrame, after: pd.DataFrame, settings: params.Params) -> dict[str, Any]:
    planned = settings.plan.attributes
    drawn = [
        {
            "title": name.replace("_", " "),
            "svg": figures.shares(
                *(shown_shares(table, name, "train", settings.report.min_cell) for table in (before, after))
            ),
        }
        for name in planned
    ]
    rows = before[(before["scope"] == "all") & before["attribute"].isin(settings.audit.attributes)]
    small = small_groups(rows, settings.report.min_cell)
    shown = [
        {**row, "attribute": row["attribute"].replace("_", " "), "hidden": bool(hidden)}
        for row, hidden in zip(tables.records(best(rows)), small, strict=True)
        if row["n_people"] or row["reference"]
    ]
    unknown = rows[(rows["group"] == UNKNOWN) & rows["attribute"].isin([*planned, *PERCEIVED]) & ~small]
    short = [f"{row.attribute.replace('_', ' ')} {row.group}" for row in rows[rows["short"]].itertuples()]
    parts = [f"{row.attribute.replace('_', ' ')} of {row.share:.0%}" for row in unknown.itertuples() if row.share]
    return {
        "planned": ", ".join(planned).replace("_", " "),
        "reference_name": "a uniform reference"
        if all(settings.audit.reference.get(name) == "uniform" for name in planned)
        else "its reference",
        "unknown_sentence": "Not known: " + ", ".join(parts) + " of all people." if parts else "",
        "share_figures": drawn,
        "short": ", ".join(short),
        "bins": settings.attribute.contrast,
        **_cells(settings),
        "share_rows": shown,
        "cell_minimum": settings.audit.coverage.minimum,
    }


def _cells(settings: params.Params) -> dict[str, Any]:
    """Which two-way cells hold nobody or hardly anybody."""
    covered = tables.read(artifacts.AUDIT / "original" / "coverage.parquet")
    covered = covered[(covered["scope"] == "all") & covered["attribute"].str.contains(".", regex=False)]
    distances = tables.read(artifacts.AUDIT / "original" / "distances.parquet")
    nearer = tables.read(artifacts.AUDIT / "balanced" / "distances.parquet")
    pair = [t.set_index(["scope", "attribute"])["total_variation"] for t in (distances, nearer)]
    moved = [
        {"attribute": name.replace("_", " "), "before": pair[0][("train", name)], "after": pair[1][("train", name)]}
        for name in settings.plan.attributes
        if all(pd.notna(table.get(("train", name), float("nan"))) for table in pair)
    ]
    rows = [{**row, "attribute": row["attribute"].replace("_", " ")} for row in tables.records(covered)]
    return {"cells": rows, "distances": moved}


def _accuracy(settings: params.Params) -> dict[str, Any]:
    metric = settings.compare.metric
    names = [name for name in settings.predict.models if (artifacts.EVALUATE / name).exists()]
    about = {name: tables.read_json(artifacts.EVALUATE / name / "overall.json") for name in names}
    parts = {name: tables.read(artifacts.EVALUATE / name / "by_group.parquet") for name in names}
    scores = pd.concat([table.assign(model=name) for name, table in parts.items()], ignore_index=True)
    scores = scores[(scores["metric"] == metric) & (scores["n_people"] >= settings.report.min_cell)]
    score_figures = []
    for kind in dict.fromkeys((row["boxes"], row["images"]) for row in about.values()):
        models = [name for name, row in about.items() if (row["boxes"], row["images"]) == kind]
        for attribute in settings.compare.attributes:
            rows = scores[scores["model"].isin(models) & scores["attribute"].isin(["all", attribute])]
            score_figures.append(
                {
                    "title": attribute.replace("_", " "),
                    "note": f"Boxes: {kind[0]}. Measured on {kind[1]}.",
                    "svg": figures.intervals(rows, f"{METRICS[metric]}, with its interval"),
                }
            )
    gap_rows = []
    for name in names:
        gaps = tables.read(artifacts.EVALUATE / name / "gaps.parquet")
        kept = gaps[(gaps["metric"] == metric) & gaps["attribute"].isin(settings.compare.attributes)]
        gap_rows += tables.records(kept.assign(model=name, attribute=kept["attribute"].str.replace("_", " ")))
    level = f"{settings.evaluate.confidence:.0%}".replace("%", " %")
    *most, last = [name.replace("_", " ") for name in settings.evaluate.adjust_for] or ["nothing"]
    return {
        "score_figures": score_figures,
        "gaps": gap_rows,
        "metric": METRICS[metric],
        "level": level,
        "adjusted_for": f"{', '.join(most)} and {last}" if most else last,
    }


def _comparison(settings: params.Params) -> dict[str, Any]:
    verdicts = tables.read_json(artifacts.COMPARE / "verdicts.json")
    groups = tables.read(artifacts.COMPARE / "groups.parquet")
    known = groups[~groups["group"].str.contains(UNKNOWN) & (groups["n_people"] > 0)]
    small = groups.groupby(["model", "attribute"])["n_people"].transform(
        lambda people: suppressed(people.to_numpy(), settings.report.min_cell)
    )
    small = small.astype(bool)
    drawn = known[~small[known.index]].rename(columns={"change": "value"})
    sentences = {
        "PASS": "serves the groups more equally than the model trained on the original data, and harms none.",
        "FAIL": "harms a group or widens a gap, by clear evidence.",
        "INCONCLUSIVE": f"may be better or worse for some group: {verdicts['people']} test people do not decide it.",
    }
    harmless = f"harms no group; whether it serves them more equally, {verdicts['people']} test people do not decide."
    return {
        "not_judged": ", ".join(verdicts["not_judged"]).replace("_", " "),
        "claim": verdicts["claim"],
        "tolerance": verdicts["tolerance"],
        "verdicts": [
            {**row, "sentence": harmless if _only_open(row) else sentences[row["verdict"]]}
            for row in verdicts["candidates"]
        ],
        "changes": [
            {**row, "attribute": row["attribute"].replace("_", " "), "hidden": bool(hidden)}
            for row, hidden in zip(tables.records(known), small[known.index], strict=True)
        ],
        "change_figure": figures.intervals(drawn, f"change of {METRICS[verdicts['metric']]}", -verdicts["tolerance"])
        if len(drawn)
        else "",
    }


def _only_open(row: dict[str, Any]) -> bool:
    """Whether no harm is settled, and only 'fairer' is not."""
    return (row["verdict"], row["no_harm"]) == ("INCONCLUSIVE", "PASS")


def _cards(images: pd.DataFrame, people: pd.DataFrame, settings: params.Params) -> dict[str, Any]:
    rejects = tables.read(artifacts.INGEST / "rejects.parquet")
    split = people["split"].value_counts()
    licences = images["license"].value_counts()
    models, named = [], []
    for name in settings.predict.models:
        overall = tables.read_json(artifacts.EVALUATE / name / "overall.json")
        folder = artifacts.TRAIN / name
        card = tables.read_json(folder / "model.json") if folder.exists() else {}
        trained = (
            f"{card['variant']}: {card['real_people']} real, {card['synthetic_people']} generated"
            if card
            else "elsewhere"
        )
        models.append(
            {"model": name, "trained_on": trained, **{k: card.get(k, "") for k in ("parameters", "steps")}, **overall}
        )
        if card:
            named.append((name, tables.read(folder / "curve.parquet")))
    return {
        "data_card": [
            ("Splits (people)", ", ".join(f"{name} {count}" for name, count in split.items())),
            ("Licences (images)", ", ".join(f"{name} {count}" for name, count in licences.items())),
            ("Quarantined records", str(len(rejects))),
            ("Attributes", _sources(people, settings.report.min_cell)),
        ],
        "models": models,
        "curve_figure": figures.curves(named) if named else "",
        "limits": [
            "Age, gender presentation and build are how people appear, to those who labelled them or to a model; "
            "they are not who people are.",
            _audited(),
            "Skin tone, disability and mobility aids were not audited.",
            "Balanced counts are not balanced performance: both are shown, and neither replaces the other.",
            _seeds(settings),
        ],
    }


def _few(number: int, minimum: int) -> str:
    return f"fewer than {minimum}" if 0 < number < minimum else str(number)


def _sources(people: pd.DataFrame, minimum: int) -> str:
    """Who says what of how many people."""
    parts = []
    for name in PERCEIVED:
        word = people[f"{name}_source"].map(lambda said: str(said).partition(":")[0])
        known = people[name] != UNKNOWN
        inferred = int((known & word.isin(MODELS)).sum())
        if known.any():
            given, guessed = (_few(number, minimum) for number in (int(known.sum()) - inferred, inferred))
            parts.append(f"{name.replace('_', ' ')} given for {given}, inferred for {guessed}")
    return "; ".join([*parts, "contrast and context measured in the pictures"])


def _audited() -> str:
    """Whether somebody looked at how often the values are wrong."""
    audit = tables.read(artifacts.CALIBRATE / "audited.parquet")
    people = audit["person_id"].nunique()
    if not people:
        return (
            "Nobody has audited how often these values are wrong; what models inferred counts as unknown in the gates."
        )
    shares = tables.read(artifacts.AUDIT / "original" / "shares.parquet")
    names = shares.loc[shares["basis"] == "audit", "attribute"].drop_duplicates().str.replace("_", " ")
    if names.empty:
        return f"{people} people were audited, too few to correct any share."
    return f"{people} people, a random sample, were audited; shares of {', '.join(names)} are corrected by that."


def _seeds(settings: params.Params) -> str:
    """How many seeds stand behind what is said of each variant."""
    seeds: dict[str, set[int]] = {}
    for model in settings.train.models.values():
        seeds.setdefault(model.variant, set()).add(model.seed)
    counts = ", ".join(f"{variant} {len(found)}" for variant, found in seeds.items())
    return f"Models trained here are small and trained from scratch; seeds per variant: {counts}."
