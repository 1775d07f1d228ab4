"""Who is in each picture: given labels, and what can be measured from the pixels."""

from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, progress, tables
from hpefair.attributes import given
from hpefair.attributes.measurement import measure_image
from hpefair.core.splits import deal


def build(out: Path, work: Path, item: str) -> None:
    """Write the attributes of the people whose images fall in this shard."""
    settings = params.load().attribute
    images = tables.read(artifacts.INGEST / "images.parquet")
    people = tables.read(artifacts.INGEST / "people.parquet")
    labels = tables.read(artifacts.INGEST / "labels.parquet")
    mine = images[np.array(deal(list(images["image_id"]), settings.shards)) == item]
    people = people[people["image_id"].isin(mine["image_id"])].reset_index(drop=True)
    of_image = dict(tuple(people.groupby("image_id")))
    measured = [
        measure_image(row.path, of_image[row.image_id], settings)
        for row in progress.track(list(mine.itertuples()), f"attribute {item}")
        if row.image_id in of_image
    ]
    values = given.person_values(people, labels)
    if measured:
        values = values.merge(pd.concat(measured, ignore_index=True), on="person_id", how="left", validate="1:1")
    tables.write(out / "attributes.parquet", values)
    print(f"attribute {item}: {len(values)} people in {len(mine)} images")


if __name__ == "__main__":
    dvc_stage.main("attribute", build)
