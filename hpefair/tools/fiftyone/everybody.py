"""Everybody and every picture as a curator sees them: real and generated, let in or not, with what is known of them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from hpefair import artifacts, workspace
from hpefair.core.labels.reviewed_sample import audit_order
from hpefair.core.pose.error_types import ERRORS
from hpefair.data import tables
from hpefair.ledgers import review_decisions, review_labels
from hpefair.schema import DECIDING, GENERATED, MEASURED, PERCEIVED, UNKNOWN

SHAPE: Final = ["person_id", "image_id", "keypoints", "bbox"]
MADE: Final = ["backend", "operation", "parent_person", "screened", "fault"]


def images() -> pd.DataFrame:
    """Real images with their split, and all generated ones.

    Returns:
        image_id, path, width, height, split, synthetic, screened (accepted, rejected, empty for real ones), and pair:
        the real image that a generated one was made from, the same for both; empty for all others.
    """
    real = tables.read(artifacts.INGEST / "images.parquet")[["image_id", "path", "width", "height"]]
    split = tables.read(artifacts.SPLIT / "images.parquet")[["image_id", "split"]]
    real = real.merge(split, on="image_id", validate="1:1").assign(synthetic=False, screened="")
    made = _made()
    if made.empty:
        return real.assign(pair="")
    parents = set(made["parent_image"]) - {""}
    real["pair"] = real["image_id"].where(real["image_id"].isin(parents), "")
    made = made.assign(split=GENERATED, synthetic=True, pair=made["parent_image"])
    return pd.concat([real, made[list(real)]], ignore_index=True)


def people(models: Sequence[str], public: bool) -> pd.DataFrame:
    """Everybody, with attributes, provenance, decisions and how each model does.

    Args:
        models: Evaluated models.
        public: Leave out what people are perceived as.

    Returns:
        `SHAPE`, split, attributes (with `<attribute>_confidence` where a model told them), `MADE`, decision,
        audit_place and review_place (turn among the real people to label, and among the generated ones to look at; NaN
        for all others), `oks_<model>`, `ar_<model>`, and tags `<type of error>/<model>`.
    """
    real = workspace.people_with_attributes(SHAPE)
    made = _made().assign(split=GENERATED)
    everybody = real if made.empty else pd.concat([real, made], ignore_index=True)
    everybody = everybody.reindex(columns=[*everybody, *(name for name in MADE if name not in everybody)])
    everybody[MADE] = everybody[MADE].fillna("").astype(str)
    everybody["audit_place"] = everybody["person_id"].map(_audit_places(real["person_id"]))
    everybody["review_place"] = everybody["person_id"].map(_review_places())
    everybody["decision"] = everybody["person_id"].map(review_decisions.latest(artifacts.REVIEW_DECISIONS)).fillna("")
    shown = [*([] if public else PERCEIVED), *MEASURED]
    everybody[shown] = everybody[shown].fillna(UNKNOWN)
    everybody, confidences = _with_confidence(everybody, [] if public else PERCEIVED)
    kept = [*SHAPE, "split", *shown, *confidences, "contrast_delta_e", *MADE, "decision", "audit_place", "review_place"]
    return _with_scores(everybody[kept].copy(), models)


def _made() -> pd.DataFrame:
    """Everybody generated of whom there is a picture; nobody where the pipeline has not come that far."""
    if not (artifacts.SCREEN / "accepted.parquet").exists():
        return pd.DataFrame(columns=[*SHAPE, "path", "width", "height", "parent_image", *MADE, *PERCEIVED, *MEASURED])
    parts = [
        tables.read(artifacts.SCREEN / f"{name}.parquet").assign(screened=name) for name in ("accepted", "rejected")
    ]
    made = pd.concat(parts, ignore_index=True)
    made = made[made["made"].astype(bool)].reset_index(drop=True)
    made["person_id"] = made["image_id"] = "generated/" + made["item_id"].astype(str)
    return made


def _audit_places(person: pd.Series) -> dict[str, float]:
    """Turn of those whom nobody has looked at yet."""
    seen = set(review_labels.read(artifacts.REVIEW_LABELS)["person_id"])
    names = person.to_numpy()[audit_order(list(person))]
    return {str(name): float(place) for place, name in enumerate(names, start=1) if name not in seen}


def _review_places() -> dict[str, float]:
    """Turn of the generated people who were drawn to be looked at."""
    if not (artifacts.ASSEMBLE / "provenance.parquet").exists():
        return {}
    drawn = tables.read(artifacts.ASSEMBLE / "provenance.parquet")
    drawn = drawn[drawn["review"] > 0]
    return dict(zip(drawn["person_id"], drawn["review"].astype(float), strict=True))


def _with_confidence(everybody: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """How sure the model is that told an attribute; NaN where somebody gave it, or nobody knows it."""
    inferred = tables.read(artifacts.CALIBRATE / "inferred.parquet")
    sure = inferred["probabilities"].map(lambda found: max(found) if len(found) else np.nan).astype(float)
    inferred = inferred.assign(sure=sure)
    known = {(row.person_id, row.attribute, row.source): row.sure for row in inferred.itertuples()}
    out = {}
    for name in names:
        source = everybody[f"{name}_source"].fillna("").astype(str).str.partition(":")[0]
        asked = zip(everybody["person_id"], source, strict=True)
        out[f"{name}_confidence"] = [known.get((person, name, said), np.nan) for person, said in asked]
    return everybody.assign(**out), list(out)


def _with_scores(everybody: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """OKS and recall of each model's prediction, and a tag for every kind of error in it."""
    tags: list[list[str]] = [[] for _ in range(len(everybody))]
    for model in models:
        scores = tables.read(artifacts.EVALUATE / model / "people.parquet").set_index("person_id")
        scores = scores.reindex(everybody["person_id"])
        for metric in DECIDING[::-1]:
            everybody[f"{metric}_{model}"] = scores[metric].to_numpy(dtype=float)
        for error in ERRORS:
            for row in np.flatnonzero(scores[f"joints_{error}"].fillna(0).to_numpy() > 0):
                tags[row].append(f"{error}/{model}")
    return everybody.assign(tags=tags)
