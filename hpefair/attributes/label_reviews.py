"""What an audit says about the values that the dataset is counted by: whom it is about, and where they are wrong."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpefair.core.labels.differential_error import COLUMNS, differential_error
from hpefair.core.labels.reviewed_sample import audit_order, complete_part
from hpefair.schema import UNKNOWN, groups_of

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


def confusion_counts(audit: pd.DataFrame) -> pd.DataFrame:
    """Confusion matrix of every audited attribute: attribute, value (of the dataset), seen (by the auditor), people."""
    parts = []
    for attribute, rows in audit.groupby("attribute", sort=False):
        names = list(groups_of(str(attribute)))
        pairs = pd.MultiIndex.from_product([names, names], names=["value", "seen"])
        counts = rows.groupby(["value", "seen"]).size().reindex(pairs, fill_value=0)
        parts.append(counts.rename("people").reset_index().assign(attribute=attribute))
    columns = ["attribute", "value", "seen", "people"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


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
        errors = differential_error((rows["value"] != rows["seen"]).to_numpy(), strata, image, confidence)
        parts.append(errors.assign(attribute=attribute))
    columns = ["attribute", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


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


def standing(people: Sequence[str], reviewed: pd.DataFrame) -> list[str]:
    """A sentence for every attribute of which not all that was looked at counts.

    Args:
        people: Person ids of everybody that is counted.
        reviewed: Labels of auditors.
    """
    return [
        f"{row.attribute}: {row.looked_at} people were looked at, and the first {row.counted} of the order count; "
        f"{row.missing} more looks close the gaps (`hpefair attributes sample` asks for them)"
        for row in progress(people, reviewed).itertuples()
        if row.missing
    ]
