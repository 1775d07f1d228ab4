"""Training variants original, oversampled, balanced and synthetic_only; synthetic people enter training only."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.core.balance.acceptance import defect_bound
from hpefair.core.balance.admission import TURNED_DOWN, admitted, exposures_of, refusals, review_sample, reviewed
from hpefair.core.balance.cells import cell_name
from hpefair.core.balance.weights import exposures
from hpefair.core.labels.membership import membership_rows
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import tables
from hpefair.data.coco.tables import coco_dataset
from hpefair.data.generated_people import images_of, people_of, shown_beside
from hpefair.ledgers import review_decisions
from hpefair.schema import MEASURED, PERCEIVED
from hpefair.settings import params
from hpefair.tools.dvc import stage

PERSON = ["person_id", "image_id", "keypoints", "num_keypoints", "bbox", "area", "segmentation", "iscrowd"]
PROVENANCE = [
    "person_id", "backend", "operation", "model", "license", "prompt", "seed", "parent_person", "parent_image",
    "sources", "masked_joints", "judged_oks", "exposure", "review",
]  # fmt: skip


def write(out: Path, work: Path, item: str) -> None:
    """Write a COCO file and tables for training per variant, provenance, and the audited people of the balanced one."""
    everything = params.load()
    images, people, beside_people = _real()
    train = people[people["split"] == "train"]
    quota = tables.read(artifacts.PLAN / "quota.parquet").set_index("cell")
    kept, refused, defects = _admitted(train, quota, everything)
    made_people, made_images = people_of(kept, people), images_of(kept)
    cell = train[list(everything.plan.attributes)].agg(cell_name, axis=1) if len(train) else train["person_id"]
    repeated = {name: exposures(cell, quota[name].to_dict()) for name in ("resample_only", "resample")}
    variants = {
        "original": train.assign(exposure=1.0),
        "oversampled": train.assign(exposure=repeated["resample_only"]),
        "balanced": pd.concat([train.assign(exposure=repeated["resample"]), made_people], ignore_index=True),
        "synthetic_only": made_people,
    }
    all_images = pd.concat([images, made_images], ignore_index=True)
    beside = shown_beside(kept)
    for name, rows in variants.items():
        used = all_images[all_images["image_id"].isin(rows["image_id"])]
        shown = pd.concat([rows, beside[beside["image_id"].isin(rows["image_id"])]], ignore_index=True)
        tables.write_json(out / f"{name}.json", coco_dataset(used, shown, COCO_17))
        others = pd.concat([beside_people, beside], ignore_index=True)
        _write_for_training(out / name, rows, people[people["split"] == "val"], others, all_images)
    held_out = people[people["split"] != "train"].assign(exposure=1.0)
    audited = pd.concat([variants["balanced"], held_out], ignore_index=True)
    tables.write(out / "people.parquet", audited.drop(columns=["keypoints", "bbox", "segmentation"]))
    tables.write(out / "images.parquet", all_images)
    tables.write(out / "provenance.parquet", kept[PROVENANCE])
    tables.write(out / "refused.parquet", refused)
    tables.write_json(out / "defects.json", defects)
    print(
        f"assemble: {len(train)} real and {len(made_people)} generated people in the balanced training set; "
        f"{defects['reviewed']} of the sample looked at, at most {defects['bound']:.0%} of the generated ones bad"
    )


def _write_for_training(
    folder: Path, rows: pd.DataFrame, validation: pd.DataFrame, others: pd.DataFrame, images: pd.DataFrame
) -> None:
    """Who is trained and validated on, who else is in their pictures, and who belongs to which group.

    A folder of its own for every variant, without a word about people of another: what changes one variant must not
    train a model on another again.
    """
    place = images[["image_id", "path"]]
    shown = ["person_id", "image_id", "path", "keypoints", "bbox", "area"]
    placed = rows.merge(place, on="image_id", validate="m:1")
    held = validation.merge(place, on="image_id", validate="m:1")
    near = others.merge(place, on="image_id", validate="m:1")
    near = near[near["path"].isin(placed["path"]) | near["path"].isin(held["path"])]
    tables.write(folder / "people.parquet", placed[[*shown, "synthetic", "exposure"]])
    tables.write(folder / "validation.parquet", held[shown])
    tables.write(folder / "others.parquet", near[[*shown, "iscrowd"]].reset_index(drop=True))
    inferred = tables.read(artifacts.CALIBRATE / "inferred.parquet")
    learnt = pd.concat([rows, validation], ignore_index=True)
    tables.write(folder / "groups.parquet", membership_rows(learnt, inferred, [*PERCEIVED, *MEASURED]))


def _real() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Images; evaluable people with split and attributes; crowds and people without keypoints alongside them."""
    images = tables.read(artifacts.INGEST / "images.parquet")
    everybody = tables.read(artifacts.INGEST / "people.parquet")
    people = workspace.people_with_attributes(PERSON)
    people = people.assign(synthetic=False, root_person=people["person_id"], root_image=people["image_id"])
    return (
        images[["image_id", "path", "width", "height", "license"]],
        people,
        everybody[~workspace.evaluable(everybody)][PERSON],
    )


def _admitted(
    train: pd.DataFrame, quota: pd.DataFrame, everything: params.Params
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Who fills the quotas, who does not enter and why, and what review says about the faults that slipped through."""
    accepted = tables.read(artifacts.SCREEN / "accepted.parquet").sort_values("item_id", ignore_index=True)
    accepted = accepted.assign(person_id="generated/" + accepted["item_id"].astype(str))
    verdict = accepted["person_id"].map(review_decisions.deciding(artifacts.REVIEW_DECISIONS))
    members = tables.read(artifacts.SPLIT / "images.parquet")
    images = set(members.loc[members["split"] == "train", "image_id"])
    forbidden = everything.assemble.forbid_licenses
    reason = refusals(accepted, forbidden, set(train["person_id"]), images)
    backends, most = everything.plan.backends, everything.plan.max_descendants
    wanted = {(str(name), str(cell)): int(n) for name in backends for cell, n in quota[f"generate_{name}"].items()}
    # The sample is of those who would enter if nobody had looked: a decision must not change whom it is about.
    first = accepted[reason == ""]
    first = first[admitted(first, wanted, most)]
    accepted["review"] = review_sample(first, everything.screen.review_sample).reindex(accepted.index, fill_value=0)
    looked, bad = reviewed(accepted["review"], verdict)
    sure = everything.screen.confidence
    defects = {"reviewed": looked, "bad": bad, "bound": defect_bound(looked, bad, sure), "confidence": sure}
    if everything.assemble.skip_rejected:
        reason = reason.mask((reason == "") & (verdict == "reject"), TURNED_DOWN)
    able = accepted[reason == ""]
    kept = able[admitted(able, wanted, most)].reset_index(drop=True)
    refused = accepted[reason != ""].assign(reason=reason)[["person_id", "backend", "cell", "reason"]]
    return kept.assign(exposure=exposures_of(kept)), refused, defects


if __name__ == "__main__":
    stage.main("assemble", write)
