"""What the data card and the model card say: facts that hold for the page and for the Markdown files alike."""

from typing import Any

import pandas as pd

from hpefair import artifacts
from hpefair.data import tables
from hpefair.report import figures
from hpefair.report.accuracy import evaluated
from hpefair.report.repair import MADE_WORDS
from hpefair.schema import MODELS, NEVER_INFERRED, PERCEIVED, UNKNOWN
from hpefair.settings.params import Params
from hpefair.words import attribute_words


def card_values(settings: Params) -> dict[str, Any]:
    """Values of the two cards, of the licences, and of what was not audited."""
    images = tables.read(artifacts.INGEST / "images.parquet")
    people = tables.read(artifacts.AUDIT / "original" / "people.parquet")
    rejects = tables.read(artifacts.INGEST / "rejects.parquet")
    least = settings.report.least
    split = people["split"].value_counts()
    reasons = rejects["reason"].value_counts()
    return {
        "people": len(people),
        "images": len(images),
        "datasets": ", ".join(sorted(images["dataset"].unique())),
        "data_card": [
            ("People and images", f"{len(people)} people in {len(images)} images"),
            ("Splits (people)", ", ".join(f"{name} {count}" for name, count in split.items())),
            ("Annotation", f"{settings.ingest.skeleton} keypoints"),
            ("Quarantined records", _counts(reasons) or "none"),
            ("Who says what", _sources(people, least)),
            ("How wrong that is", _audited()),
        ],
        "licences": [
            {"what": _many(count, "image"), "licence": name or "none named"}
            for name, count in images["license"].value_counts().items()
        ]
        + _generated_licences(),
        "models": [_model(name) for name in evaluated(settings)],
        "curve_figure": _curves(settings),
        "not_audited": _not_audited(people, settings),
        "limits": [
            "Age, gender presentation and build are how people appear, to those who labelled them or to a model; "
            "they are not who people are.",
            "Balanced counts are not balanced performance: both are shown, and neither replaces the other.",
            "All results are about people like those in these images; other cameras, places and clothes may differ.",
            _seeds(settings),
        ],
    }


def _counts(values: pd.Series) -> str:
    return ", ".join(f"{name} {count}" for name, count in values.items())


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"


def _generated_licences() -> list[dict[str, str]]:
    made = tables.read(artifacts.ASSEMBLE / "provenance.parquet")
    kinds = made.groupby(["backend", "model", "license"]).size()
    return [
        {
            "what": f"{_many(count, 'generated person', 'generated people')}, {MADE_WORDS.get(backend, backend)}"
            f"{' by ' + model if model else ''}",
            "licence": licence or "none named",
        }
        for (backend, model, licence), count in kinds.items()
    ]


def _model(name: str) -> dict[str, Any]:
    overall = tables.read_json(artifacts.EVALUATE / name / "overall.json")
    folder = artifacts.TRAIN / name
    card = tables.read_json(folder / "model.json") if folder.exists() else {}
    trained = (
        f"the {card['variant']} data: {card['real_people']} real and {card['synthetic_people']} generated people"
        if card
        else "data of somebody else"
    )
    kept = ("estimator", "parameters", "steps", "seed", "objective")
    return {"model": name, "trained_on": trained, **{key: card.get(key, "") for key in kept}, **overall}


def _curves(settings: Params) -> str:
    named = [
        (name, tables.read(artifacts.TRAIN / name / "curve.parquet"))
        for name in settings.predict.models
        if (artifacts.TRAIN / name).exists()
    ]
    return figures.curves(named) if named else ""


def _not_audited(people: pd.DataFrame, settings: Params) -> list[str]:
    """What this page says nothing about, and why."""
    out = [
        f"{attribute_words(name)}: nobody's value is known, neither given nor told by a model with confidence"
        for name in (*PERCEIVED, "contrast")
        if name in settings.audit.attributes and (people[name] == UNKNOWN).all()
    ]
    out += [
        f"{attribute_words(name)}: audit.attributes does not name it"
        for name in (*PERCEIVED, "contrast")
        if name not in settings.audit.attributes and name != NEVER_INFERRED
    ]
    if NEVER_INFERRED not in settings.audit.attributes:
        out.append(
            "skin tone: hpefair never infers it; it is audited where labels say it and audit.attributes names it"
        )
    return [
        *out,
        "disability, mobility aids, religion, ethnicity, pregnancy: no labels, and not to be guessed from pictures",
    ]


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
        unsure = "How often these values are wrong is not known: no label review yet."
        return f"{unsure} What models inferred counts as unknown in the gates."
    shares = tables.read(artifacts.AUDIT / "original" / "shares.parquet")
    names = shares.loc[shares["basis"] == "audit", "attribute"].drop_duplicates().str.replace("_", " ")
    if names.empty:
        return f"{people} people were reviewed, too few to correct any share."
    return f"{people} people, a random sample, were reviewed; shares of {', '.join(names)} are corrected by that."


def _seeds(settings: Params) -> str:
    """How many seeds stand behind what is said of each variant."""
    seeds: dict[str, set[int]] = {}
    for model in settings.train.models.values():
        seeds.setdefault(model.variant, set()).add(model.seed)
    counts = ", ".join(f"{variant} {len(distinct)}" for variant, distinct in seeds.items())
    return f"Models trained here are small and trained from scratch; seeds per variant: {counts}."
