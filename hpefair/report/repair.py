"""What the report says about the repair: what was planned and added, what was turned away, what may have slipped in."""

from typing import Any, Final

import pandas as pd

from hpefair import artifacts
from hpefair.core.shares.shown_shares import small_groups
from hpefair.data import tables
from hpefair.schema import NEVER_INFERRED
from hpefair.settings.params import Params
from hpefair.words import attribute_words, group_words

MADE_WORDS: Final = {"recompose": "recomposed", "render": "drawn", "diffusion": "painted"}
GENERATED_WORDS: Final = {
    "recompose": "training photographs in other clothes colours, before another background or among other people; pose "
    "and annotation stay those of the photograph",
    "render": "built-in synthetic people, drawn from exact numbers; nobody real is in the pictures",
    "diffusion": "pictures painted by a diffusion model around the pose of a drawn or photographed person",
}


def repair_values(settings: Params) -> dict[str, Any]:
    """Values of the report's part on the repair."""
    quota = tables.read(artifacts.PLAN / "quota.parquet")
    rates = tables.read(artifacts.SCREEN / "rates.parquet").groupby("cell")["accepted"].sum()
    quota["accepted"] = quota["cell"].map(rates).fillna(0).astype(int)
    shares = tables.read(artifacts.PLAN / "shares.parquet")
    for column in ("resample", "generate", "attempts", "accepted"):
        shares[column] = [
            int(quota.loc[quota[row.attribute] == row.group, column].sum()) for row in shares.itertuples()
        ]
    hidden = small_groups(shares.assign(scope=""), settings.report.least)
    rejected = tables.read(artifacts.SCREEN / "rejected.parquet")
    return {
        "repair_sentence": _sentence(quota, shares, settings),
        "generated_sentence": _made_how(quota, settings),
        "quota": [
            {**row, "attribute": attribute_words(row["attribute"]), "hidden": bool(small)}
            for row, small in zip(tables.records(shares), hidden, strict=True)
        ],
        "rejections": "; ".join(f"{fault} ({count})" for fault, count in rejected["fault"].value_counts().items()),
        "screen_sentence": _screened(),
    }


def _sentence(quota: pd.DataFrame, shares: pd.DataFrame, settings: Params) -> str:
    missed = tables.read(artifacts.PLAN / "requirements.parquet")
    missed = missed[~missed["met"].astype(bool)]
    generated, repeated = int(quota["generate"].sum()), int(quota["resample"].sum())
    sentence = f"The cheapest repair within the set limits: generate {generated} people and repeat {repeated}."
    if not shares["n_people"].sum():
        words = " or ".join(attribute_words(name) for name in settings.plan.attributes)
        sentence = f"Nothing could be planned: nobody's {words} is known."
    elif not generated and not repeated:
        sentence = "Nothing can be done within the limits."
        if missed.empty:
            sentence = "Nothing was needed: every expectation about these traits holds already."
    if len(missed):
        sentence += f" What the limits do not allow: {'; '.join(missed['requirement'])}."
    return sentence


def _made_how(quota: pd.DataFrame, settings: Params) -> str:
    used = [name for name in settings.plan.backends if quota[f"generate_{name}"].sum()]
    words = "; or ".join(GENERATED_WORDS[name] for name in used)
    return f"Generated people are {words}." if used else ""


def _screened() -> str:
    """Who was let in less often, and how many bad ones may be among those who were."""
    uneven = tables.read(artifacts.SCREEN / "uneven.parquet")
    parts = [
        f"of {MADE_WORDS.get(row.backend, row.backend)} people, {group_words(row.lowest)} was let in "
        f"{row.ratio:.2f} times as often as {group_words(row.highest)}"
        for row in uneven[uneven["clear"]].itertuples()
        if "." not in row.attribute and row.attribute != NEVER_INFERRED
    ]
    defects = tables.read_json(artifacts.ASSEMBLE / "defects.json")
    looked = "Nobody has looked at the generated people yet."
    if defects["reviewed"]:
        looked = (
            f"Of {defects['reviewed']} looked at, drawn at random, {defects['bad']} were bad: at most "
            f"{defects['bound']:.0%} of all, with a confidence of {defects['confidence']:.0%}."
        )
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}. {looked}" if said else looked
