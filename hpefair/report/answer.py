"""The answer in three sentences: the data, the repair, the models."""

from collections.abc import Mapping
from typing import Any

from hpefair import artifacts
from hpefair.data import tables
from hpefair.report.accuracy import worse
from hpefair.settings.params import Params
from hpefair.tools.gx.words import open_and_short
from hpefair.words import METRIC_NAMES, attribute_words

GATES = {
    "PASS": "represents people as was asked for",
    "FAIL": "does not represent people as was asked for",
    "INCONCLUSIVE": "may or may not represent people as was asked for: too little is known of them",
}
AFTER = {
    "PASS": "the training data represents people as was asked for",
    "FAIL": "the training data still does not represent people as was asked for",
    "INCONCLUSIVE": "too little is known of people to say whether the training data represents them as was asked for",
}


def answer_values(settings: Params) -> dict[str, Any]:
    """`answer`: three rows with verdict and sentence; `claim`: what the verdict on models is about."""
    gates = {name: tables.read_json(artifacts.GATE / name / "decision.json") for name in ("original", "balanced")}
    verdicts = tables.read_json(artifacts.COMPARE / "verdicts.json")
    rows = [
        {"verdict": gates["original"]["verdict"], "sentence": _data(gates["original"])},
        {"verdict": gates["balanced"]["verdict"], "sentence": _repair(gates["balanced"])},
        *(_model(row, verdicts, settings) for row in verdicts["candidates"][-1:]),
    ]
    others = [*(_model(row, verdicts, settings) for row in verdicts["candidates"][:-1]), *_worse(settings)]
    return {"answer": rows, "other_models": others, "claim": verdicts["claim"]}


def _data(decision: Mapping[str, Any]) -> str:
    failed = [row for row in decision["expectations"] if row["verdict"] == "FAIL" and row["decides"]]
    named = (row["kwargs"].get("attribute") or row["kwargs"].get("column") for row in failed)
    about = sorted({str(name) for name in named if name})
    why = f"; it falls short on {_listed(about)}" if about else ""
    return f"The data as it came {represented(decision, GATES[decision['verdict']] + why)}."


def represented(decision: Mapping[str, Any], said: str) -> str:
    """What a gate says of how people are represented, without seeming to be about what it does not decide.

    Args:
        decision: The gate's decision.
        said: What its verdict means.

    Returns:
        That, on which traits alone it rests, and what the expectations that do not decide say of others.
    """
    decides, short, unclear = open_and_short(decision)
    if not short and not unclear:
        return said
    parts = [f"without being decisive, it falls short on {_listed(short)}"] if short else []
    parts += [f"of {_listed(unclear)} too little is known to tell"] if unclear else []
    alone = f" on {_listed(decides)}, which alone decide{'s' * (len(decides) == 1)}" if decides else ""
    only = alone if decision["verdict"] == "PASS" else ""
    return f"{said}{only}; {', and '.join(parts)}"


def _listed(names: list[str]) -> str:
    *first, last = (attribute_words(name) for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _repair(decision: Mapping[str, Any]) -> str:
    quota = tables.read(artifacts.PLAN / "quota.parquet")
    rates = tables.read(artifacts.SCREEN / "rates.parquet")
    repeated, generated = int(quota["resample"].sum()), int(rates["accepted"].sum())
    after = represented(decision, AFTER[decision["verdict"]])
    if not repeated and not quota["generate"].sum():
        return f"Nothing was added, and {after}."
    made = int(tables.read(artifacts.ASSEMBLE / "provenance.parquet").shape[0])
    parts = [f"{made} generated people were added"] if generated or made else ["no generated person was added"]
    parts += [f"real people of rare groups are shown {repeated} more times"] if repeated else []
    words = " and ".join(parts)
    return f"{words[0].upper()}{words[1:]}; with that, {after}."


def _model(row: Mapping[str, Any], verdicts: Mapping[str, Any], settings: Params) -> dict[str, Any]:
    people, than = verdicts["people"], f"than {_of(verdicts['baseline'], 'one')}"
    tolerance = f"{100 * settings.compare.tolerance:g} points of {METRIC_NAMES[settings.compare.metric]}"
    sentences = {
        "PASS": f"serves people more equally {than}, and no group is worse off by more than {tolerance}",
        "FAIL": f"harms a group, or serves people less equally {than}, by clear evidence",
        "INCONCLUSIVE": f"may serve some group better or worse {than}: {people} test people are too few to tell",
    }
    sentence = sentences[row["verdict"]]
    if (row["verdict"], row["no_harm"]) == ("INCONCLUSIVE", "PASS"):
        sentence = (
            f"harms no group (none is worse off by more than {tolerance}); whether it serves people more equally "
            f"{than}, {people} test people are too few to tell"
        )
    about = _of(row["model"], "a model")
    return {"verdict": row["verdict"], "sentence": f"{about[0].upper()}{about[1:]} {sentence}."}


def _worse(settings: Params) -> list[dict[str, Any]]:
    """A sentence per model that serves a group worse than everybody else beyond doubt, brought ones included."""
    groups: dict[str, list[str]] = {}
    for row in worse(settings):
        groups.setdefault(row["model"], []).append(row["group"])
    return [
        {
            "verdict": "FAIL",
            "sentence": f"{model} serves these worse than everybody else, beyond doubt: {', '.join(group_names)}.",
        }
        for model, group_names in groups.items()
    ]


def _of(model: str, noun: str) -> str:
    """A model by the data that it was trained on, and by its name where that is another."""
    path = artifacts.TRAIN / model / "model.json"
    if not path.exists():
        return f"the model {model}"
    variant = tables.read_json(path)["variant"]
    return f"{noun} trained on the {variant} data{'' if variant == model else f' ({model})'}"
