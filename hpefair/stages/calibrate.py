"""Probabilities that mean what they say, one value per attribute and person, and how often it is wrong."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.attributes.calibration import calibrate
from hpefair.attributes.label_reviews import audit_table, confusion_counts, errors_by_stratum
from hpefair.attributes.resolution import resolve
from hpefair.data import tables
from hpefair.ledgers import review_labels
from hpefair.schema import PERCEIVED, UNKNOWN
from hpefair.settings import params
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write everybody's attributes; apart from them the calibrated judgements, and what an audit says of errors."""
    everything = params.load()
    shards = everything.attribute.shards
    people = tables.read(artifacts.INGEST / "people.parquet")
    given = tables.read_folder(artifacts.ATTRIBUTE, "attributes.parquet", shards)
    inferred = tables.read_folder(artifacts.ATTRIBUTE, "inferred.parquet", shards)
    inferred = inferred.merge(people[["person_id", "image_id"]], on="person_id", validate="m:1")
    reviewed = review_labels.read(artifacts.REVIEW_LABELS)
    told, quality = calibrate(inferred, _truth(given, reviewed), everything.calibrate)
    attributes = resolve(given, told, everything.attribute.sources)
    known = people.loc[workspace.evaluable(people), ["person_id", "image_id"]]
    judged = known.merge(attributes, on="person_id", validate="1:1")
    audit = audit_table(judged, reviewed)
    tables.write(out / "attributes.parquet", attributes)
    tables.write(out / "inferred.parquet", told.drop(columns="image_id"))
    tables.write(out / "calibration.parquet", quality)
    tables.write(out / "audited.parquet", audit)
    tables.write(out / "confusion.parquet", confusion_counts(audit))
    tables.write(out / "errors.parquet", errors_by_stratum(judged, audit, everything.calibrate.confidence))
    said = ", ".join(f"{name} of {(judged[name] != UNKNOWN).mean():.0%}" for name in PERCEIVED)
    print(f"calibrate: {said} known; {audit['person_id'].nunique()} people audited")


def _truth(given: pd.DataFrame, reviewed: pd.DataFrame) -> pd.DataFrame:
    """What people said, auditors and those who labelled the dataset: person_id, attribute, group, by."""
    labels = [
        given[["person_id", name]].set_axis(["person_id", "group"], axis=1).assign(attribute=name, by="labels")
        for name in PERCEIVED
    ]
    columns = ["person_id", "attribute", "group", "by"]
    return pd.concat([reviewed.assign(by="review")[columns], *(part[columns] for part in labels)], ignore_index=True)


if __name__ == "__main__":
    stage.main("calibrate", write)
