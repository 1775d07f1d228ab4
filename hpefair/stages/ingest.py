"""Raw datasets to checked tables: images, people, labels, and every reject with its reason."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import coco_json, deletions, dvc_stage, images, label_files, progress, tables
from hpefair.adapters.coco_tables import attribute_rows, image_rows, label_rows, people_rows
from hpefair.core.pose.skeleton import Skeleton
from hpefair.core.pose.skeletons import skeleton
from hpefair.errors import InputError, MissingArtifactError
from hpefair.schema import IMAGES, PEOPLE, REJECTS

LABELS = ("person_id", "image_id", "attribute", "group", "source")


def build(out: Path, work: Path, item: str) -> None:
    """Write images, people, labels and rejects of all datasets under data/raw."""
    settings = params.load().ingest
    folders = sorted(path for path in artifacts.RAW.glob("*") if (path / "annotations.json").exists())
    if not folders:
        raise MissingArtifactError("data/raw holds no dataset yet: run `hpefair add FOLDER` first")
    parts = [_read(folder, skeleton(settings.skeleton), settings.max_pixels) for folder in folders]
    joined = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    if joined["people"].empty:
        reasons = joined["rejects"]["reason"].value_counts()
        raise InputError(
            f"no usable person in data/raw; the commonest reason: {reasons.index[0]} ({reasons.iloc[0]} times)"
        )
    joined = _without_deleted(joined)
    for name, columns in (("images", IMAGES), ("people", PEOPLE), ("labels", LABELS), ("rejects", REJECTS)):
        tables.write(out / f"{name}.parquet", joined[name][list(columns)])
    said = ", ".join(f"{len(joined[name])} {name}" for name in ("images", "people", "labels", "rejects"))
    print(f"ingest: {said}")
    if joined["labels"].empty and any(folder.glob("labels.*") for folder in folders):
        print("ingest: no label matches a person or image of the data: check the ids in the label file")


def _read(folder: Path, joints: Skeleton, max_pixels: int) -> dict[str, pd.DataFrame]:
    tree = coco_json.load_dataset(folder / "annotations.json")
    coco_json.check_categories(tree, joints, folder / "annotations.json")
    checked = coco_json.Checked()
    coco_json.check_images(tree["images"], checked)
    _check_files(folder / "images", checked, max_pixels)
    coco_json.check_people(tree["annotations"], tree, joints, checked)
    people = people_rows(checked.people, folder.name, joints)
    labels = [
        label_rows(label_files.load(path), people, folder.name, path.name, checked) for path in folder.glob("labels.*")
    ]
    # A label file beside the annotations was made for this audit: it comes first.
    labels.append(attribute_rows(checked.people, folder.name, checked))
    return {
        "images": image_rows(checked.images, tree, folder.name, artifacts.RAW),
        "people": people,
        "labels": pd.concat(
            [pd.DataFrame(columns=list(LABELS), dtype=str), *labels], ignore_index=True
        ).drop_duplicates(["person_id", "image_id", "attribute"], ignore_index=True),
        "rejects": pd.DataFrame(checked.rejects, columns=["record", "source_id", "reason"]).assign(
            dataset=folder.name, detail=""
        ),
    }


def _without_deleted(joined: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Everything but the people and images that somebody asked to delete; each leaves a reject."""
    persons, images = deletions.read(artifacts.DELETIONS)
    out = dict(joined)
    for name in ("people", "images", "labels"):
        rows = joined[name]
        gone = rows["image_id"].isin(images) | (rows["person_id"].isin(persons) if "person_id" in rows else False)
        out[name] = rows[~gone].reset_index(drop=True)
        if name == "people" and gone.any():
            said = rows.loc[gone, ["dataset"]].assign(
                record="person", source_id=rows.loc[gone, "coco_annotation_id"].astype(str),
                reason=deletions.REASON, detail="",
            )  # fmt: skip
            out["rejects"] = pd.concat([joined["rejects"], said], ignore_index=True)
    return out


def _check_files(folder: Path, checked: coco_json.Checked, max_pixels: int) -> None:
    accepted = []
    for record in progress.track(checked.images, "checking images"):
        path = coco_json.inside(folder, record["file_name"])
        reason = (
            images.fault(path, record["width"], record["height"], max_pixels)
            if path
            else "file_name points outside the dataset folder"
        )
        if reason:
            checked.reject("image", record["id"], reason)
        else:
            # Known by its bytes, a picture that comes twice stays in one split.
            accepted.append({**record, "content": images.digest(folder / record["file_name"])})
    checked.images = accepted


if __name__ == "__main__":
    dvc_stage.main("ingest", build)
