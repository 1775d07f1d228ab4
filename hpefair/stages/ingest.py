"""Raw datasets to checked tables: images, people, labels, and every reject with its reason."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from hpefair import artifacts
from hpefair.core.pose.skeleton import Skeleton
from hpefair.core.pose.skeletons import skeleton
from hpefair.data import images, label_files, tables
from hpefair.data.coco import records, text
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.people import people_table
from hpefair.data.coco.tables import attribute_rows, image_rows, label_rows
from hpefair.errors import InputError, MissingArtifactError
from hpefair.ledgers import deletions
from hpefair.machine import memory, progress
from hpefair.schema import IMAGES, REJECTS, UNKNOWN
from hpefair.settings import params
from hpefair.tools.dvc import stage

LABELS = ("person_id", "image_id", "attribute", "group", "source")


def write(out: Path, work: Path, item: str) -> None:
    """Write images, people, labels and rejects of all datasets under data/raw."""
    settings = params.load().ingest
    # Not glob(), which passes over what it may not read.
    there = artifacts.RAW.iterdir() if artifacts.RAW.exists() else ()
    folders = sorted(path for path in there if (path / "annotations.json").exists())
    if not folders:
        raise MissingArtifactError("data/raw holds no dataset yet: run `hpefair add FOLDER` first")
    with memory.no_collection():
        parts = [_read(folder, skeleton(settings.skeleton), settings.max_pixels) for folder in folders]
    people = pa.concat_tables([part for part, _ in parts])
    joined = {name: pd.concat([part[name] for _, part in parts], ignore_index=True) for name in parts[0][1]}
    if not len(people):
        reasons = joined["rejects"]["reason"].value_counts()
        raise InputError(
            f"no usable person in data/raw; the commonest reason: {reasons.index[0]} ({reasons.iloc[0]} times)"
        )
    for folder, (part, _) in zip(folders, parts, strict=True):
        if not len(part):
            print(f"ingest: no person of {folder.name} can be used; data/ingest/rejects.parquet gives the reasons")
    people, joined = _without_deleted(people, joined)
    tables.write_arrow(out / "people.parquet", people)
    for name, columns in (("images", IMAGES), ("labels", LABELS), ("rejects", REJECTS)):
        tables.write(out / f"{name}.parquet", joined[name][list(columns)])
    said = ", ".join(f"{len(joined[name])} {name}" for name in ("labels", "rejects"))
    print(f"ingest: {len(joined['images'])} images, {len(people)} people, {said}")
    if joined["labels"].empty and any(folder.glob("labels.*") for folder in folders):
        print("ingest: no label matches a person or image of the data: check the ids in the label file")


def _read(folder: Path, joints: Skeleton, max_pixels: int) -> tuple[pa.Table, dict[str, pd.DataFrame]]:
    tree = text.load_dataset(folder / "annotations.json")
    records.check_categories(tree, joints, folder / "annotations.json")
    checked = records.Checked()
    records.check_images(tree["images"], checked)
    _check_files(folder / "images", checked, max_pixels)
    accepted = read_people(tree["annotations"], records.Scope.of(tree, checked, joints), checked)
    people = people_table(accepted, folder.name, joints)
    ids = people.select(["person_id", "image_id"]).to_pandas()
    labels = [
        label_rows(label_files.load(path), ids, folder.name, path.name, checked)
        for path in sorted(folder.iterdir())
        if path.match("labels.*")
    ]
    # A label file alongside the annotations was made for this audit: it comes first.
    labels.append(attribute_rows(accepted, folder.name, checked))
    empty = pd.DataFrame(columns=list(LABELS), dtype=str)
    return people, {
        "images": image_rows(checked.images, tree, folder.name, artifacts.RAW),
        "labels": _first_that_says_something(pd.concat([empty, *labels], ignore_index=True)),
        "rejects": pd.DataFrame(checked.rejects, columns=["record", "source_id", "reason"]).assign(
            dataset=folder.name, detail=""
        ),
    }


def _first_that_says_something(labels: pd.DataFrame) -> pd.DataFrame:
    """One row for each person or image and attribute; an empty cell does not take back what another source says."""
    said = labels.sort_values("group", key=lambda group: group == UNKNOWN, kind="stable")
    return said.drop_duplicates(["person_id", "image_id", "attribute"]).sort_index()


def _without_deleted(people: pa.Table, joined: dict[str, pd.DataFrame]) -> tuple[pa.Table, dict[str, pd.DataFrame]]:
    """Everything but the images that show somebody who asked to be deleted; each person there leaves a reject."""
    persons, images = deletions.read(artifacts.DELETIONS)
    if not persons and not images:
        return people, joined
    ids = people.select(["person_id", "image_id", "dataset", "coco_annotation_id"]).to_pandas()
    images = images | set(ids.loc[ids["person_id"].isin(persons), "image_id"])
    gone = ids["image_id"].isin(images)
    said = ids.loc[gone, ["dataset", "coco_annotation_id"]].rename(columns={"coco_annotation_id": "source_id"})
    said = said.assign(record="person", reason=deletions.REASON, detail="", source_id=said["source_id"].astype(str))
    rows, labels = joined["images"], joined["labels"]
    hidden = labels["image_id"].isin(images) | labels["person_id"].isin(ids.loc[gone, "person_id"])
    return people.filter(pa.array(~gone)), {
        "images": rows[~rows["image_id"].isin(images)],
        "labels": labels[~hidden],
        "rejects": pd.concat([joined["rejects"], said], ignore_index=True),
    }


def _check_files(folder: Path, checked: records.Checked, max_pixels: int) -> None:
    accepted = []
    for record in progress.track(checked.images, "checking images"):
        path = records.inside(folder, record["file_name"])
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
    stage.main("ingest", write)
