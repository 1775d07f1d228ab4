"""Annotations of any known skeleton as COCO's: joints meet by name, those that a skeleton lacks are unlabelled."""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from hpefair.data.coco.records import Record, all_finite
from hpefair.core.pose.skeleton import Skeleton, convert
from hpefair.core.pose.skeletons import SKELETONS

# Joint names of published files that mean a joint of a skeleton here; spelling and case aside.
SAME: Final = {"upper_neck": "neck", "top_head": "head_top"}
CROWDPOSE_HEAD: Final = ("head", "neck")  # CrowdPose's last two; its "head" is the top of the head
AREA_OF_BOX: Final = 0.53  # what a person's mask fills of its box on average; the habit for files without areas


def skeleton_named(joints: Sequence[object]) -> Skeleton | None:
    """The known skeleton whose joints have these names in this order; None if there is none."""
    names = [re.sub(r"[^a-z0-9]+", "_", str(joint).strip().lower()) for joint in joints]
    names = [SAME.get(name, name) for name in names]
    if tuple(names[-2:]) == CROWDPOSE_HEAD:
        names[-2] = "head_top"
    return next((one for one in SKELETONS.values() if list(one.joints) == names), None)


def in_skeleton(tree: Record, target: Skeleton) -> tuple[Record, str]:
    """A COCO-style dataset with the target's joints.

    Args:
        tree: Dataset whose category person names its keypoints.
        target: Wanted skeleton.

    Returns:
        The dataset, and what was done in words; the same tree and no words where nothing has to be done. Missing areas
        become .53 of the box. What cannot be read is left as it is: checks that follow give it its reason.
    """
    persons = [c for c in tree.get("categories") or [] if isinstance(c, dict) and c.get("name") == "person"]
    joints = persons[0].get("keypoints") if persons else None
    source = skeleton_named(joints) if isinstance(joints, list) else None
    if source is None or (source is target and list(joints or ()) == list(target.joints)):
        return tree, ""
    people = [_person(record, source, target) for record in tree["annotations"]]
    category = {**persons[0], "keypoints": list(target.joints), "skeleton": [[a + 1, b + 1] for a, b in target.limbs]}
    others = [c for c in tree["categories"] if c not in persons]
    lost = [joint for joint in source.joints if joint not in target.joints]
    said = f"{source.name} joints by name as {target.name}" + (f"; it has no {', '.join(lost)}" if lost else "")
    return {**tree, "annotations": people, "categories": [category, *others]}, said


def _person(record: Any, source: Skeleton, target: Skeleton) -> Any:
    if not isinstance(record, dict):
        return record
    values, box = record.get("keypoints"), record.get("bbox")
    out = dict(record)
    if "area" not in out and isinstance(box, list) and len(box) == 4 and all_finite(box):
        out["area"] = AREA_OF_BOX * box[2] * box[3]
    if isinstance(values, list) and len(values) == 3 * source.size and all_finite(values):
        moved = convert(np.array(values, dtype=float).reshape(-1, 3), source, target)
        out["keypoints"] = moved.ravel().tolist()
        out["num_keypoints"] = int((moved[:, 2] > 0).sum())
    out.setdefault("iscrowd", 0)
    return out
