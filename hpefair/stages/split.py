"""Train, validation, test and sealed images, and the people in them."""

from pathlib import Path

from hpefair import artifacts
from hpefair.core.splits import assign
from hpefair.data import tables
from hpefair.data.licences import contains_any
from hpefair.schema import SPLITS
from hpefair.settings import params
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write the split of every person, and how each split is composed."""
    settings = params.load().split
    images = tables.read(artifacts.INGEST / "images.parquet")
    people = tables.read(artifacts.INGEST / "people.parquet")
    # Whoever appears in several images stays on one side, and so does the same picture under several names.
    keys = images["subject_id"].where(images["subject_id"] != "", images["content"])
    fractions = {name: settings.fractions[name] for name in SPLITS}
    images["split"] = assign(list(keys), settings.salt, fractions)
    forbidden = images["license"].map(lambda name: contains_any(name, settings.forbid_training))
    images.loc[forbidden & (images["split"] == "train"), "split"] = "unused"
    table = people[["person_id", "image_id"]].merge(images[["image_id", "split"]], on="image_id", validate="m:1")
    tables.write(out / "people.parquet", table)
    tables.write(out / "images.parquet", images[["image_id", "split"]])
    print("split:", ", ".join(f"{name} {count}" for name, count in table["split"].value_counts().items()))


if __name__ == "__main__":
    stage.main("split", write)
