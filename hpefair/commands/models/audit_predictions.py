"""Evaluate a results file against an annotation file by group, with no pipeline around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import workspace
from hpefair.attributes.measured import without_pixels
from hpefair.core.evaluation import Evaluation, Setting, Uncertainty, evaluate
from hpefair.core.fairness.counterfactual import paired_gaps
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.pose.subgroup_precision import WARNINGS, Rule
from hpefair.core.shares.groups import groups
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.data import pair_files, pose_arrays, tables
from hpefair.data.coco import records, text
from hpefair.data.coco import results as coco_results
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.people import people_table
from hpefair.errors import InputError
from hpefair.machine import own_outputs
from hpefair.schema import DECIDING, PERCEIVED, UNKNOWN


@dataclass(frozen=True)
class Choices:
    """What the user chose.

    Attributes:
        labels: Optional label file.
        by: Attributes to group by, and intersections of two joined by a dot; empty for those labels give, and scale.
        tolerance: Shortfall of a group against the rest that is tolerated.
        ap_rule: Rule for average precision by group.
        pairs: Optional list of counterfactual pairs.
        out: Optional JSON file to write.
    """

    labels: Path | None
    by: Sequence[str]
    tolerance: float
    ap_rule: str
    pairs: Path | None = None
    out: Path | None = None


@dataclass(frozen=True)
class Audit:
    """Result of `audit_predictions`: evaluation, paired gaps, unusable records, a warning, people with a label."""

    evaluation: Evaluation
    pairs: pd.DataFrame
    rejects: pd.DataFrame
    warning: str
    labelled: int


def audit_predictions(annotations: Path, results: Path, choices: Choices) -> Audit:
    """Evaluate predictions overall and by group.

    Args:
        annotations: COCO keypoints file; no pixels are needed.
        results: COCO results file.
        choices: What the user chose.

    Returns:
        The audit.

    Raises:
        InputError: If a file cannot be used, or a choice cannot be met.
    """
    if choices.out and (choices.out.is_dir() or not choices.out.resolve().parent.is_dir()):
        raise InputError(f"--json {choices.out}: name a file in a folder that exists")
    if choices.ap_rule not in list(Rule):
        raise InputError(f"--ap-rule {choices.ap_rule}: there are {', '.join(Rule)}")
    if not 0 <= choices.tolerance < 1:
        raise InputError(f"--tolerance {choices.tolerance}: give a share of the metric from 0 to below 1, say 0.05")
    tree = text.load_dataset(annotations)
    checked = records.Checked()
    table = _people(tree, annotations, checked)
    declared, persons = records.declared_ids(tree), records.person_ids(tree)
    del tree  # hundreds of megabytes, where polygons are many
    images = sorted(checked.images, key=lambda image: image["id"])
    ids = np.array([image["id"] for image in images])
    subject = ["" if image.get("subject_id") is None else str(image["subject_id"]) for image in images]
    attributes = without_pixels.from_annotations(table, choices.labels, checked)
    labelled = _labelled(choices.labels, attributes, checked)
    numbers = table["coco_annotation_id"].to_numpy()
    people = pose_arrays.people(table, pose_arrays.image_index(f"audit/{number}" for number in ids))
    del table
    names = without_pixels.chosen(choices.by, attributes, choices.labels is not None)
    listed = groups(attributes, [n for n in names if "." not in n], [n.split(".") for n in names if "." in n])
    detections = coco_results.load(results, COCO_17, declared, persons)
    if detections.left_out:
        checked.reject("detection", "", f"{detections.left_out} detections are not of category person")
    cluster = image_clusters(len(ids), np.arange(len(ids)), subject)
    setting = Setting(
        skeleton=COCO_17,
        n_images=len(ids),
        cluster=cluster,
        context=attributes[list(without_pixels.FROM_ANNOTATIONS)],
        rule=Rule(choices.ap_rule),
    )
    uncertainty = Uncertainty(
        resamples=1000, confidence=0.95, min_support=10, seed=5, tolerance=choices.tolerance, power=0.8
    )
    evaluation = evaluate(people, detections.on(ids), listed, setting, uncertainty)
    scores = evaluation.people.assign(number=numbers[evaluation.people["row"]])
    scores["cluster"] = cluster[scores["image"]]
    pairs = _paired(choices.pairs, scores, uncertainty, checked) if choices.pairs else pd.DataFrame()
    rejects = pd.DataFrame(checked.rejects, columns=["record", "source_id", "reason"])
    return Audit(evaluation, pairs, rejects, WARNINGS[setting.rule], labelled)


def _labelled(labels: Path | None, attributes: pd.DataFrame, checked: records.Checked) -> int:
    """How many people have a label; a file that names nobody, and of which nothing was put aside, is another one's."""
    named = [name for name in attributes if name in PERCEIVED]
    count = int((attributes[named] != UNKNOWN).any(axis=1).sum()) if named else 0
    if labels is not None and not count and not any(row["record"] == "label" for row in checked.rejects):
        raise InputError(f"--labels {labels}: no id in the label file matches an annotation id; check person_id")
    return count


def write_json(audit: Audit, path: Path) -> None:
    """Write `overall` (the unrounded ten COCO numbers), `by_group`, `by_keypoint`, `gaps`, `pairs` and `rejects`."""
    own_outputs.check_file(path, "--json")
    tables.write_json_atomically(
        path,
        {
            "about": own_outputs.MARK,
            "overall": audit.evaluation.overall,
            "by_group": tables.records(audit.evaluation.by_group),
            "by_keypoint": tables.records(audit.evaluation.by_keypoint),
            "gaps": tables.records(audit.evaluation.gaps),
            "pairs": tables.records(audit.pairs),
            "rejects": tables.records(audit.rejects),
            "warning": audit.warning,
        },
    )


def _people(tree: records.Record, annotations: Path, checked: records.Checked) -> pd.DataFrame:
    """Table of the usable people; images and rejects go to `checked`.

    Raises:
        InputError: If there is nobody to evaluate.
    """
    records.check_categories(tree, COCO_17, annotations)
    records.check_images(tree["images"], checked)
    people = read_people(tree["annotations"], records.Scope.of(tree, checked, COCO_17), checked)
    if not len(people):
        raise InputError(f"{annotations} has no usable person: {checked.rejects[0]['reason']}")
    table: pd.DataFrame = people_table(people, "audit", COCO_17).to_pandas()
    if not workspace.evaluable(table).any():
        raise InputError(f"{annotations} has no person to evaluate: only crowds and people without labelled keypoints")
    return table


def _paired(path: Path, scores: pd.DataFrame, uncertainty: Uncertainty, checked: records.Checked) -> pd.DataFrame:
    """Paired gaps of AR and OKS; pairs of which one person does not count are quarantined.

    Raises:
        InputError: If no pair is left.
    """
    pairs = pair_files.load(path)
    score = scores.set_index("number")[["cluster", *DECIDING]]
    usable = pairs["before_id"].isin(score.index) & pairs["after_id"].isin(score.index)
    for row in pairs[~usable].itertuples():
        checked.reject("pair", f"{row.before_id}-{row.after_id}", "one of the two is no evaluable person of this file")
    pairs = pairs[usable]
    if pairs.empty:
        raise InputError(
            f"{path}: no pair of which both ids match evaluable annotations; check the ids, or name "
            "the pairs of this dataset"
        )
    # People of one picture, or of one subject, are one scene unless the file says otherwise.
    tied = "cluster " + score.loc[pairs["before_id"], "cluster"].astype(str).to_numpy()
    pairs = pairs.assign(scene=np.where(pairs["scene"] == "", tied, pairs["scene"]))
    parts = []
    for metric in DECIDING:
        both = pairs.assign(
            before=score.loc[pairs["before_id"], metric].to_numpy(),
            after=score.loc[pairs["after_id"], metric].to_numpy(),
        )
        gaps = paired_gaps(both, uncertainty.tolerance, uncertainty.confidence, uncertainty.resamples, uncertainty.seed)
        parts.append(gaps.assign(metric=metric))
    return pd.concat(parts, ignore_index=True)
