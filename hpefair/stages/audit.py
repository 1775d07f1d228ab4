"""Who is in the data: shares, deficits, coverage and distances to the reference, with intervals, errors corrected."""

from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import artifacts, workspace
from hpefair.attributes.doubt import counted, seen_codes, surely_known
from hpefair.core.shares.corrected_shares import correct
from hpefair.core.shares.distances import distance_table
from hpefair.core.shares.groups import groups
from hpefair.core.shares.patterns import patterns
from hpefair.core.shares.representation import coverage, share_table
from hpefair.core.uncertainty.intervals import resample
from hpefair.data import tables
from hpefair.data.reference_shares import reference_shares
from hpefair.settings import params
from hpefair.tools.dvc import stage

TABLES = ("shares", "prevalence", "distances", "coverage", "patterns", "cells")


def write(out: Path, work: Path, item: str) -> None:
    """Write shares, distances and coverage of the whole set and of the training split."""
    settings = params.load().audit
    everybody = _real()
    references = {name: reference_shares(settings, name, everybody) for name in settings.attributes}
    people = tables.read(artifacts.ASSEMBLE / "people.parquet") if item == "balanced" else everybody
    audit = tables.read(artifacts.CALIBRATE / "audited.parquet")
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for scope, members in (("all", people), ("train", people[people["split"] == "train"].reset_index(drop=True))):
        for name, table in _tables(members, audit, references, settings).items():
            parts[name].append(table.assign(scope=scope))
    for name, by_scope in parts.items():
        tables.write(out / f"{name}.parquet", pd.concat(by_scope, ignore_index=True))
    tables.write(out / "people.parquet", people)
    shares = pd.concat(parts["shares"])
    short = shares[shares["short"] & (shares["scope"] == "train")]
    named = ", ".join(f"{row.attribute} {row.group}" for row in short.itertuples()) or "nobody"
    print(f"audit {item}: {len(people)} people; training people are short of: {named}")


def _tables(
    members: pd.DataFrame,
    audit: pd.DataFrame,
    references: dict[str, dict[str, float] | None],
    settings: params.Audit,
) -> dict[str, pd.DataFrame]:
    """All tables of one scope."""
    listed = groups(members, settings.attributes, settings.cells)
    people = counted(members)
    naive = share_table(listed, people, references, settings.confidence)
    counts = resample(np.arange(int(people.image.max()) + 1 if len(members) else 0), settings.resamples, settings.seed)
    seen = seen_codes(members, audit, [*settings.attributes, *(".".join(pair) for pair in settings.cells)])
    shares, methods = correct(naive, listed, people, seen, counts, settings.confidence)
    cells = settings.coverage
    names = list(cells.attributes)
    bare, covered = patterns(members[names], surely_known(members, names), people.identity, names, cells.min_people)
    return {
        "shares": shares,
        "prevalence": methods,
        "distances": distance_table(shares),
        "coverage": coverage(shares, cells.min_people),
        "patterns": bare,
        "cells": pd.DataFrame([{"attributes": ", ".join(names), "minimum": cells.min_people, **vars(covered)}]),
    }


def _real() -> pd.DataFrame:
    """Evaluable people with their split and attributes: no crowds, at least one labelled joint."""
    people = workspace.people_with_attributes(["person_id", "image_id", "dataset", "num_keypoints", "area"])
    return people.assign(root_person=people["person_id"], root_image=people["image_id"], synthetic=False, exposure=1.0)


if __name__ == "__main__":
    stage.main("audit", write)
