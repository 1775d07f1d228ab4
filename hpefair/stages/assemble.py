"""Training variants original, oversampled and balanced; synthetic people enter training only."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, tables
from hpefair.adapters.coco_tables import coco_dataset
from hpefair.core.balance.cells import cell_name
from hpefair.core.balance.weights import exposures
from hpefair.core.pose.skeletons import COCO_17
from hpefair.schema import GENERATED, PERCEIVED

MADE = ["keypoints", "bbox", "area", "segmentation"]
PERSON = ["person_id", "image_id", "keypoints", "num_keypoints", "bbox", "area", "segmentation", "iscrowd"]


def build(out: Path, work: Path, item: str) -> None:
    """Write one COCO file and one exposure table per variant, and the audited people of the balanced one."""
    everything = params.load()
    images, people = _real()
    train = people[people["split"] == "train"]
    quota = tables.read(artifacts.PLAN / "quota.parquet").set_index("cell")
    made_images, made_people = _accepted(people, quota["generate"].to_dict(), everything.assemble.skip_rejected)
    cell = train[list(everything.plan.attributes)].agg(cell_name, axis=1) if len(train) else train["person_id"]
    repeated = {name: exposures(cell, quota[name].to_dict()) for name in ("resample_only", "resample")}
    variants = {
        "original": train.assign(exposure=1.0),
        "oversampled": train.assign(exposure=repeated["resample_only"]),
        "balanced": pd.concat([train.assign(exposure=repeated["resample"]), made_people], ignore_index=True),
    }
    all_images = pd.concat([images, made_images], ignore_index=True)
    for name, rows in variants.items():
        used = all_images[all_images["image_id"].isin(rows["image_id"])]
        tables.write_json(out / f"{name}.json", coco_dataset(used, rows, COCO_17))
        columns = ["person_id", "image_id", "path", "keypoints", "bbox", "area", "synthetic", "exposure"]
        table = rows.merge(used[["image_id", "path"]], on="image_id", validate="m:1")
        tables.write(out / f"{name}.parquet", table[columns])
    held_out = people[people["split"] != "train"].assign(exposure=1.0)
    audited = pd.concat([variants["balanced"], held_out], ignore_index=True)
    tables.write(out / "people.parquet", audited.drop(columns=["keypoints", "bbox", "segmentation"]))
    tables.write(out / "images.parquet", all_images)
    print(f"assemble: {len(train)} real and {len(made_people)} generated people in the balanced training set")


def _real() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Images, and evaluable people with split and attributes."""
    images = tables.read(artifacts.INGEST / "images.parquet")
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[~people["iscrowd"] & (people["num_keypoints"] > 0)][PERSON]
    split = tables.read(artifacts.SPLIT / "people.parquet")[["person_id", "split"]]
    attributes = tables.read(artifacts.CALIBRATE / "attributes.parquet")
    people = people.merge(split, on="person_id", validate="1:1").merge(attributes, on="person_id", validate="1:1")
    people = people.assign(synthetic=False, root_person=people["person_id"], root_image=people["image_id"])
    return images[["image_id", "path", "width", "height", "license"]], people


def _accepted(real: pd.DataFrame, wanted: dict[str, int], skip_rejected: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Generated people that were let in and not turned down in review, no more than the plan asks for."""
    accepted = tables.read(artifacts.SCREEN / "accepted.parquet").sort_values("item_id")
    decisions = tables.read_jsonl(artifacts.REVIEW_DECISIONS, ("person_id", "decision"))
    turned_down = {row["person_id"] for row in decisions if row["decision"] == "reject"}
    if skip_rejected:
        accepted = accepted[~("generated/" + accepted["item_id"]).isin(turned_down)]
    rank = accepted.groupby("cell").cumcount()
    kept = accepted[rank < accepted["cell"].map(wanted).astype(float)].reset_index(drop=True)
    name = "generated/" + kept["item_id"]
    images = kept[["path", "width", "height", "license"]].assign(image_id=name)
    # Who was made from somebody counts as that person; who never existed counts as a new one.
    roots = {
        f"root_{what}": kept[f"parent_{what}"].where(kept[f"parent_{what}"] != "", name) for what in ("person", "image")
    }
    people = kept[[*MADE, *(column for column in kept if column in real and column not in MADE)]].assign(
        person_id=name, image_id=name, iscrowd=False, split="train", synthetic=True, exposure=1.0,
        num_keypoints=kept["visible_joints"].astype("int64"), **roots,
        **_sources(kept, real),
    )  # fmt: skip
    return images, people


def _sources(kept: pd.DataFrame, real: pd.DataFrame) -> dict[str, pd.Series]:
    """Who says what a generated person is: whoever says it of the parent, or the generator where there is none."""
    known = real.set_index("person_id")
    return {
        f"{name}_source": kept["parent_person"].map(known[f"{name}_source"]).fillna(GENERATED) for name in PERCEIVED
    }


if __name__ == "__main__":
    dvc_stage.main("assemble", build)
