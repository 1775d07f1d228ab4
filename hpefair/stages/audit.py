"""Who is in the data: shares, deficits, coverage and distances to the reference, with intervals."""

from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, tables
from hpefair.core.fairness.distances import distance_table
from hpefair.core.fairness.groups import groups
from hpefair.core.fairness.representation import Counted, coverage, share_table

COVERAGE_MINIMUM = 10  # distinct people below which a cell counts as uncovered in the table; gates set their own


def build(out: Path, work: Path, item: str) -> None:
    """Write shares, distances and coverage of the whole set and of the training split."""
    settings = params.load().audit
    people = _people(item)
    references = {name: settings.reference_shares(name) for name in settings.attributes}
    parts = []
    for scope, members in (("all", people), ("train", people[people["split"] == "train"])):
        listed = groups(members, settings.attributes, settings.cells)
        image, identity = (pd.factorize(members[name])[0].astype(np.int64) for name in ("root_image", "root_person"))
        counted = Counted(image, identity, members["exposure"].to_numpy(dtype=float))
        parts.append(share_table(listed, counted, references, settings.confidence).assign(scope=scope))
    shares = pd.concat(parts, ignore_index=True)
    scopes = list(dict(tuple(shares.groupby("scope"))).items())
    tables.write(out / "shares.parquet", shares)
    tables.write(out / "distances.parquet", pd.concat([distance_table(part).assign(scope=s) for s, part in scopes]))
    covered = [coverage(part, COVERAGE_MINIMUM).assign(scope=s) for s, part in scopes]
    tables.write(out / "coverage.parquet", pd.concat(covered))
    tables.write(out / "people.parquet", people)
    short = shares[shares["short"] & (shares["scope"] == "train")]
    named = ", ".join(f"{row.attribute} {row.group}" for row in short.itertuples()) or "nobody"
    print(f"audit {item}: {len(people)} people; training people are short of: {named}")


def _people(variant: str) -> pd.DataFrame:
    """Evaluable people of a variant with their split and attributes: no crowds, at least one labelled joint."""
    if variant == "balanced":
        return tables.read(artifacts.ASSEMBLE / "people.parquet")
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[~people["iscrowd"] & (people["num_keypoints"] > 0)]
    split = tables.read(artifacts.SPLIT / "people.parquet")[["person_id", "split"]]
    attributes = tables.read_folder(artifacts.ATTRIBUTE, "attributes.parquet", params.load().attribute.shards)
    keep = people[["person_id", "image_id", "num_keypoints", "area"]]
    keep = keep.assign(root_person=keep["person_id"], root_image=keep["image_id"], synthetic=False, exposure=1.0)
    return keep.merge(split, on="person_id", validate="1:1").merge(attributes, on="person_id", validate="1:1")


if __name__ == "__main__":
    dvc_stage.main("audit", build)
