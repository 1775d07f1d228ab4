"""What an audit says about the values that the dataset is counted by: whom it is about, and where they are wrong."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.fairness.audit_sample import NOT_AUDITED, audit_order, complete_part
from hpefair.core.fairness.differential_error import COLUMNS, differential_error
from hpefair.core.fairness.representation import Counted
from hpefair.schema import GENERATED, MODELS, PERCEIVED, UNKNOWN, groups_of

STRATA = ("scale", "visibility", "brightness", "crowding")
AUDIT = ("person_id", "attribute", "value", "seen")


def audit_table(people: pd.DataFrame, reviewed: pd.DataFrame) -> pd.DataFrame:
    """The random sample that was looked at, per attribute.

    Args:
        people: One row per person that is counted: person_id and the attributes' values.
        reviewed: Labels of auditors: person_id, attribute, group.

    Returns:
        person_id, attribute, value (that the dataset is counted by) and seen (by the auditor), of everybody up to the
        first person in the audit's order whom nobody looked at for this attribute.
    """
    order = audit_order(list(people["person_id"]))
    parts = []
    for attribute, labels in reviewed.groupby("attribute", sort=False):
        seen = people["person_id"].map(labels.set_index("person_id")["group"])
        inside = complete_part(order, seen.notna().to_numpy())
        part = people.loc[inside, ["person_id", attribute]].set_axis(["person_id", "value"], axis=1)
        parts.append(part.assign(attribute=attribute, seen=seen[inside]))
    return pd.concat(parts, ignore_index=True)[list(AUDIT)] if parts else pd.DataFrame(columns=list(AUDIT), dtype=str)


def errors_by_stratum(people: pd.DataFrame, audit: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Error rate of every attribute by scale, visibility, brightness, crowding and the group that was seen.

    Args:
        people: As for `audit_table`, with image_id and the measured attributes.
        audit: From `audit_table`; who was not named, or cannot be told, is no error.
        confidence: Of the intervals.

    Returns:
        Columns attribute and those of `core.fairness.differential_error`.
    """
    parts = []
    for attribute, part in audit.groupby("attribute", sort=False):
        rows = part[(part["value"] != UNKNOWN) & (part["seen"] != UNKNOWN)].merge(people, on="person_id")
        if rows.empty:
            continue
        strata = {name: rows[name] for name in STRATA} | {"group seen": rows["seen"]}
        image = pd.factorize(rows["image_id"])[0].astype(np.int64)
        found = differential_error((rows["value"] != rows["seen"]).to_numpy(), strata, image, confidence)
        parts.append(found.assign(attribute=attribute))
    columns = ["attribute", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def counted(people: pd.DataFrame) -> Counted:
    """People as their shares are counted, with whose values are a model's word, and whose are beyond doubt.

    Args:
        people: Rows with root_image, root_person, exposure, and `<attribute>_source`.
    """
    source = {name: people[f"{name}_source"].str.partition(":")[0] for name in PERCEIVED}
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
        audited = {part for part in parts if (audit["attribute"] == part).any()}
        if not audited or any(whole.doubtful(part).any() for part in parts if part not in audited):
            continue
        code = np.zeros(len(people), dtype=np.int64)
        for part in parts:
            place = _seen(people, audit, part) if part in audited else _codes(people[part], part)
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


def progress(people: Sequence[str], reviewed: pd.DataFrame) -> pd.DataFrame:
    """How much of what was looked at counts, by attribute.

    Args:
        people: Person ids of everybody that is counted.
        reviewed: Labels of auditors: person_id, attribute, group.

    Returns:
        attribute, looked_at, counted (without a gap from the beginning), and missing: people to look at so that all
        that was looked at counts.
    """
    order = audit_order(list(people))
    rows = []
    for attribute, labels in reviewed.groupby("attribute", sort=False):
        looked = np.isin(np.asarray(people, dtype=object), labels["person_id"].to_list())[order]
        last = int(np.flatnonzero(looked)[-1]) + 1 if looked.any() else 0
        rows.append(
            (attribute, int(looked.sum()), int(np.logical_and.accumulate(looked).sum()), last - int(looked.sum()))
        )
    return pd.DataFrame(rows, columns=["attribute", "looked_at", "counted", "missing"])
