"""Attributes that need no image: measured from annotations, or given in a label file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from hpefair.attributes import given
from hpefair.attributes.measured import context
from hpefair.data import label_files, pose_arrays
from hpefair.data.coco.records import Checked
from hpefair.data.coco.tables import label_rows
from hpefair.errors import InputError
from hpefair.schema import ATTRIBUTES, PERCEIVED

FROM_ANNOTATIONS: Final = ("scale", "visibility", "crowding", "posture")


def from_annotations(people: pd.DataFrame, labels: Path | None, checked: Checked) -> pd.DataFrame:
    """Scale, visibility, crowding and posture of everybody, and the perceived attributes that a label file gives.

    Args:
        people: People table of one dataset, named `audit`.
        labels: Optional label file.
        checked: Receives labels that cannot be used.

    Returns:
        One row per person, one column per attribute.
    """
    tilt = context.trunk_tilt(pose_arrays.keypoints(people))
    table = pd.DataFrame(
        {
            "scale": [context.scale(value) for value in people["area"]],
            "visibility": [context.visibility(value) for value in people["num_keypoints"]],
            "crowding": [context.crowding(value) for value in context.largest_overlap(people)],
            "posture": [context.posture(value) for value in tilt],
        }
    )
    if labels is None:
        return table
    rows = label_rows(label_files.load(labels), people, "audit", labels.name, checked)
    values = given.person_values(people, rows)
    given_here = set(rows["attribute"].unique())
    named = [name for name in PERCEIVED if name in given_here]
    return table.join(values[named].set_axis(np.arange(len(values)), axis=0))


def chosen(by: Sequence[str], attributes: pd.DataFrame, labelled: bool) -> list[str]:
    """Attributes and intersections to group by.

    Args:
        by: What the user named, intersections joined by a dot; empty for the given attributes and scale.
        attributes: From `from_annotations`.
        labelled: Whether there was a label file.

    Returns:
        The names, each once.

    Raises:
        InputError: If one does not exist or cannot be had without pixels.
    """
    if not by:
        return [name for name in attributes if name in PERCEIVED] + ["scale"]
    for name in by:
        parts = name.split(".")
        if len(parts) > 2 or len(set(parts)) < len(parts):
            raise InputError(f"--by {name}: an intersection joins two different attributes by a dot")
        for part in parts:
            if part not in ATTRIBUTES:
                raise InputError(f"--by {part}: attribute not found; attributes: {', '.join(ATTRIBUTES)}")
            if part not in attributes:
                hint = "no person of the annotations has it in the label file" if labelled else "pass --labels"
                hint = hint if part in PERCEIVED else "it is measured in pixels, by the pipeline"
                raise InputError(f"--by {part}: annotations alone give {', '.join(FROM_ANNOTATIONS)}; {hint}")
    return list(dict.fromkeys(by))
