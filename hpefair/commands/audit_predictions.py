"""Evaluate a results file against an annotation file by group, with no pipeline around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hpefair.adapters import coco_json, coco_results, label_files, pose_arrays, tables
from hpefair.adapters.coco_tables import label_rows, people_rows
from hpefair.attributes import context, given
from hpefair.core.evaluation import Evaluation, Uncertainty, evaluate
from hpefair.core.fairness.groups import groups
from hpefair.core.pose.skeleton import COCO_17
from hpefair.errors import InputError
from hpefair.schema import ATTRIBUTES, PERCEIVED

FROM_ANNOTATIONS = ("scale", "visibility", "crowding")
UNCERTAINTY = Uncertainty(resamples=1000, ap_resamples=200, confidence=0.95, min_support=10, seed=5)


@dataclass(frozen=True)
class Audit:
    """Result of `audit_predictions`: the evaluation, and the records that could not be used."""

    evaluation: Evaluation
    rejects: pd.DataFrame


def audit_predictions(annotations: Path, results: Path, labels: Path | None, by: Sequence[str]) -> Audit:
    """Evaluate predictions overall and by group.

    Args:
        annotations: COCO keypoints file; no pixels are needed.
        results: COCO results file.
        labels: Optional label file.
        by: Attributes to group by; empty for those the labels give, and scale.

    Returns:
        The audit.

    Raises:
        InputError: If a file cannot be used, or an attribute can be had neither from labels nor from annotations.
    """
    tree = coco_json.load_dataset(annotations)
    coco_json.check_categories(tree, COCO_17, annotations)
    checked = coco_json.Checked()
    coco_json.check_images(tree["images"], checked)
    coco_json.check_people(tree["annotations"], tree, COCO_17, checked)
    if not checked.people:
        raise InputError(f"{annotations} has no usable person: {checked.rejects[0]['reason']}")
    if not any(row.get("num_keypoints", 1) and not row.get("iscrowd") for row in checked.people):
        raise InputError(f"{annotations} has nobody to evaluate: only crowds and people without labelled joints")
    people = people_rows(checked.people, "audit", COCO_17)
    ids = sorted(image["id"] for image in checked.images)
    found = coco_results.load(results, COCO_17, coco_json.declared_ids(tree))
    found = found[found["coco_image_id"].isin(ids)]  # detections on quarantined images have nothing to match
    attributes = _attributes(people, labels, checked)
    listed = groups(attributes, _chosen(by, attributes, labels is not None))
    index = pose_arrays.image_index(f"audit/{number}" for number in ids)
    detections = found.assign(image_id="audit/" + found["coco_image_id"].astype(str))
    evaluation = evaluate(
        pose_arrays.people(people, index),
        pose_arrays.detections(detections, index),
        COCO_17.variances,
        len(ids),
        listed,
        UNCERTAINTY,
    )
    return Audit(evaluation, pd.DataFrame(checked.rejects, columns=["record", "source_id", "reason"]))


def write_json(audit: Audit, path: Path) -> None:
    """Write `overall` (the unrounded ten COCO numbers), `by_group`, `gaps` and `rejects`.

    Raises:
        InputError: If the file cannot be written there.
    """
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise InputError(f"--json {path}: name a file in a folder that exists")
    tables.write_json_atomically(
        path,
        {
            "overall": audit.evaluation.overall,
            "by_group": tables.records(audit.evaluation.by_group),
            "gaps": tables.records(audit.evaluation.gaps),
            "rejects": tables.records(audit.rejects),
        },
    )


def _attributes(people: pd.DataFrame, labels: Path | None, checked: coco_json.Checked) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "scale": people["area"].map(context.scale),
            "visibility": people["num_keypoints"].map(context.visibility),
            "crowding": [context.crowding(value) for value in context.largest_overlap(people)],
        }
    )
    if labels is None:
        return table
    rows = label_rows(label_files.load(labels), people, "audit", labels.name, checked)
    values = given.person_values(people, rows)
    named = [name for name in PERCEIVED if name in set(rows["attribute"])]
    return table.join(values[named].set_axis(np.arange(len(values)), axis=0))


def _chosen(by: Sequence[str], attributes: pd.DataFrame, labelled: bool) -> list[str]:
    if not by:
        return [name for name in attributes if name in PERCEIVED] + ["scale"]
    for name in by:
        if name not in ATTRIBUTES:
            raise InputError(f"--by {name}: no such attribute; there are {', '.join(ATTRIBUTES)}")
        if name not in attributes:
            hint = "no person of the annotations has it in the label file" if labelled else "pass --labels"
            raise InputError(f"--by {name}: annotations give {', '.join(FROM_ANNOTATIONS)} only; {hint}")
    return list(dict.fromkeys(by))
