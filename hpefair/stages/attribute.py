"""Who is in each picture: given labels, what the chosen models infer, and what can be measured from the pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair import artifacts
from hpefair.attributes import given
from hpefair.attributes.measured.measurement import measure
from hpefair.attributes.measured.picture import Picture
from hpefair.attributes.sources import sources
from hpefair.core.splits import deal
from hpefair.data import tables
from hpefair.machine import progress
from hpefair.settings import params
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write the attributes of the people whose images fall in this shard; what models infer goes to its own table."""
    settings = params.load().attribute
    images = tables.read(artifacts.INGEST / "images.parquet")
    people = tables.read(artifacts.INGEST / "people.parquet")
    labels = tables.read(artifacts.INGEST / "labels.parquet")
    mine = images[np.array(deal(list(images["image_id"]), settings.shards)) == item]
    people = people[people["image_id"].isin(mine["image_id"])].reset_index(drop=True)
    of_image = dict(tuple(people.groupby("image_id")))
    models = sources.chosen(settings)
    measured: list[dict[str, Any]] = []
    inferred = [sources.judge({}, settings, [], [])]
    for row in progress.track(list(mine.itertuples()), f"attribute {item}"):
        if row.image_id not in of_image:
            continue
        picture = Picture.read(row.path, of_image[row.image_id])
        measured += measure(picture, settings)
        names, sights = picture.sights()
        inferred.append(sources.judge(models, settings, names, sights))
    values = given.person_values(people, labels)
    if measured:
        values = values.merge(pd.DataFrame(measured), on="person_id", how="left", validate="1:1")
    judgements = pd.concat([part for part in inferred if len(part)] or inferred[:1], ignore_index=True)
    tables.write(out / "attributes.parquet", values)
    tables.write(out / "inferred.parquet", judgements)
    told = judgements[judgements["reason"] == ""].groupby("source")["person_id"].nunique().to_dict()
    said = ", ".join(f"{name} can tell something of {told.get(name, 0)}" for name in models) or "no model"
    print(f"attribute {item}: {len(values)} people in {len(mine)} images; {said}")


if __name__ == "__main__":
    stage.main("attribute", write)
