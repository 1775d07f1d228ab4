"""Whose values are in doubt, and what an audit of some says about everybody: shares and means."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.labels.reviewed_sample import NOT_AUDITED, audited
from hpefair.core.shares.corrected_shares import FEWEST
from hpefair.core.shares.prevalence import group_means
from hpefair.core.shares.representation import Counted
from hpefair.core.uncertainty.intervals import resample
from hpefair.schema import GENERATED, MODELS, PERCEIVED, UNKNOWN, groups_of

MEANS_RESAMPLES = 500


def counted(people: pd.DataFrame) -> Counted:
    """People as their shares are counted, with whose values are a model's word, and whose are beyond doubt.

    Args:
        people: Rows with root_image, root_person, exposure, and `<attribute>_source`.
    """
    source = {name: people[f"{name}_source"].map(lambda said: str(said).partition(":")[0]) for name in PERCEIVED}
    image, identity = (pd.factorize(people[name])[0].astype(np.int64) for name in ("root_image", "root_person"))
    return Counted(
        image,
        identity,
        people["exposure"].to_numpy(dtype=float),
        {name: word.isin(MODELS).to_numpy(dtype=bool) for name, word in source.items()},
        {name: (word == GENERATED).to_numpy(dtype=bool) for name, word in source.items()},
    )


def surely_known(people: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """Values of the attributes, `unknown` where they are a model's word."""
    out = people[list(attributes)].copy()
    inferred = counted(people).inferred
    for name in set(attributes) & set(inferred):
        out[name] = out[name].mask(inferred[name], UNKNOWN)
    return out


def seen_codes(people: pd.DataFrame, audit: pd.DataFrame, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Where among an attribute's groups the auditor placed each person.

    Args:
        people: Rows with person_id, root_person, the attributes' values and `<attribute>_source`.
        audit: From `audit_table`.
        names: Attributes, and pairs joined by a dot.

    Returns:
        For every name that was audited: places (N,), `unknown` last, -1 for who was not audited. Who was made from
        somebody who was audited is what was seen of the parent; who was made as what they are needs no audit. A pair is
        audited where each of its parts was, or is nobody's guess.
    """
    whole, out = counted(people), {}
    for name in names:
        parts = name.split(".")
        known = {part for part in parts if (audit["attribute"] == part).any()}
        if not known or any(whole.doubtful(part).any() for part in parts if part not in known):
            continue
        code = np.zeros(len(people), dtype=np.int64)
        for part in parts:
            place = _seen(people, audit, part) if part in known else _codes(people[part], part)
            code = np.where((code < 0) | (place < 0), NOT_AUDITED, code * len(groups_of(part)) + place)
        code[whole.beyond_doubt(name)] = NOT_AUDITED
        if (code >= 0).any():
            out[name] = code
    return out


def _seen(people: pd.DataFrame, audit: pd.DataFrame, attribute: str) -> NDArray[np.int64]:
    """Places (N,) of what was seen of one attribute; of people who were made so, of their value."""
    seen = people["root_person"].map(audit[audit["attribute"] == attribute].set_index("person_id")["seen"])
    made = counted(people).beyond_doubt(attribute)
    return _codes(people[attribute].where(made, seen), attribute)


def _codes(values: pd.Series, attribute: str) -> NDArray[np.int64]:
    return np.asarray(pd.Categorical(values, categories=list(groups_of(attribute))).codes, dtype=np.int64)


def corrected_means(
    scored: pd.DataFrame, audit: pd.DataFrame, names: Sequence[str], metrics: Sequence[str], confidence: float
) -> pd.DataFrame:
    """Mean score of every group as its values say, and corrected for how often they are wrong.

    Args:
        scored: One row per evaluated person: person_id, image_id, the attributes' values, the metrics.
        audit: From `audit_table`.
        names: Attributes.
        metrics: Metrics.
        confidence: Of the intervals.

    Returns:
        attribute, group, metric, method (naive, prediction_powered), mean, low, high, between 0 and 1; groups that
        were said or seen in fewer than 20 audited images have no rows.
    """
    parts = []
    image = pd.factorize(scored["image_id"])[0].astype(np.int64)
    counts = resample(np.arange(int(image.max()) + 1 if len(image) else 0), MEANS_RESAMPLES, 0)
    for name in [name for name in names if (audit["attribute"] == name).any()]:
        groups = list(groups_of(name))
        seen = _codes(scored["person_id"].map(audit[audit["attribute"] == name].set_index("person_id")["seen"]), name)
        value = _codes(scored[name], name)
        touched = [((value == g) | (seen == g)) & (seen >= 0) for g in range(len(groups))]
        enough = [group for group, rows in zip(groups, touched, strict=True) if len(np.unique(image[rows])) >= FEWEST]
        if not enough:
            continue
        said = audited(value, seen, image, len(groups))
        for metric in metrics:
            means = group_means(said, scored[metric].to_numpy(dtype=float), groups, counts, confidence)
            means[["mean", "low", "high"]] = means[["mean", "low", "high"]].clip(0, 1)
            parts.append(means[means["group"].isin(enough)].assign(attribute=name, metric=metric))
    columns = ["attribute", "group", "metric", "method", "mean", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
