"""Which training people may be recomposed, and which pictures may lend a scene."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.core.balance.cells import cell_name
from hpefair.data.licences import contains_any
from hpefair.schema import ATTRIBUTES, UNKNOWN

MINORS: Final = ("child", "teen")
FEWEST_JOINTS: Final = 8  # visible ones; a person who is mostly hidden makes a poor source
CHANGEABLE: Final = "contrast"


def eligible(people: pd.DataFrame, context: float, forbid_licenses: tuple[str, ...]) -> pd.DataFrame:
    """Training people that may be altered.

    Args:
        people: All people of the training split, joined with their image (path, width, height, license) and attributes.
        context: Margin around the box, in box sizes.
        forbid_licenses: Substrings of licence names whose images are never altered.

    Returns:
        People with a measured contrast, enough joints and an alterable licence, sorted by id. Nobody in their window
        is a known minor, part of a crowd or without an outline: that person could not be annotated in the result.
        Known minors themselves are never altered: their remedy is repetition, and rendered people.
    """
    allowed = ~people["license"].map(lambda name: contains_any(name, forbid_licenses)).astype(bool)
    visible = people["keypoints"].map(lambda values: int((np.asarray(values)[2::3] == 2).sum())).astype(int)
    left = awkward(people)
    candidates = people[allowed & (visible >= FEWEST_JOINTS) & ~left & (people[CHANGEABLE] != UNKNOWN)]
    boxes = boxes_by_image(people[left])
    nobody = np.zeros((0, 4))
    free = [
        not touches(margin_box(np.asarray(row.bbox, dtype=float), context), boxes.get(row.image_id, nobody))
        for row in candidates.itertuples()
    ]
    return candidates[np.array(free, dtype=bool)].sort_values("person_id")


def donors(people: pd.DataFrame, pictures: pd.DataFrame, forbid_licenses: tuple[str, ...]) -> pd.DataFrame:
    """Training images that may lend their surroundings: licence permitting, and without a known minor."""
    with_minors = set(people.loc[people["age_band"].isin(MINORS), "image_id"])
    allowed = ~pictures["license"].map(lambda name: contains_any(name, forbid_licenses)).astype(bool)
    kept = pictures[allowed & ~pictures["image_id"].isin(with_minors)]
    return kept.sort_values("image_id").reset_index(drop=True)


def in_cell(parents: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    """Those of the eligible people who have all wanted groups but contrast, which is the one that can be changed."""
    fits = pd.Series(True, index=parents.index)
    for attribute, group in wanted.items():
        if attribute != CHANGEABLE:
            fits &= parents[attribute] == group
    return parents[fits]


def capacity(
    people: pd.DataFrame, attributes: Sequence[str], context: float, forbid_licenses: tuple[str, ...]
) -> dict[str, tuple[int, int]]:
    """How many distinct parents each cell has: beyond that, the same people are shown again.

    Args:
        people: As `eligible` takes them.
        attributes: The planned attributes.
        context: Margin around the box, in box sizes.
        forbid_licenses: Substrings of licence names whose images are never altered.

    Returns:
        By cell name, for every cell of known groups: number of eligible parents, and of those who are not in the cell
        themselves.
    """
    parents = eligible(people, context, forbid_licenses)
    capacities = {}
    for groups in product(*(ATTRIBUTES[attribute] for attribute in attributes)):
        wanted = dict(zip(attributes, groups, strict=True))
        able = in_cell(parents, wanted)
        strangers = int((able[CHANGEABLE] != wanted[CHANGEABLE]).sum()) if CHANGEABLE in wanted else 0
        capacities[cell_name(groups)] = (len(able), strangers)
    return capacities


def fit_for_company(people: pd.DataFrame) -> bool:
    """Whether somebody can be pasted among the people of an image: all can be annotated, and one shows an ankle.

    Feet on the ground tell how large somebody is who stands there.
    """
    ankles = people["keypoints"].map(lambda values: bool((np.asarray(values).reshape(-1, 3)[15:, 2] == 2).any()))
    return not awkward(people).any() and bool(ankles.any())


def boxes_by_image(people: pd.DataFrame) -> dict[str, Array]:
    """Boxes (N, 4) of the people of each image."""
    return {str(name): np.stack(rows["bbox"].to_list()).astype(float) for name, rows in people.groupby("image_id")}


def margin_box(bbox: Array, context: float) -> Array:
    """Box (4,) grown on every side by `context` of its larger side."""
    margin = context * max(bbox[2], bbox[3]) + 8
    return np.array([bbox[0] - margin, bbox[1] - margin, bbox[2] + 2 * margin, bbox[3] + 2 * margin])


def touches(box: Array, others: Array) -> bool:
    """Whether a box (4,) and any of others (N, 4) overlap."""
    if not len(others):
        return False
    apart = (
        (others[:, 0] >= box[0] + box[2])
        | (others[:, 0] + others[:, 2] <= box[0])
        | (others[:, 1] >= box[1] + box[3])
        | (others[:, 1] + others[:, 3] <= box[1])
    )
    return bool((~apart).any())


def awkward(people: pd.DataFrame) -> pd.Series:
    """Who may not be altered, or could not be annotated: known minors, crowds, people without an outline."""
    unlined = people["segmentation"].isin(["", "[]"])
    return people["age_band"].isin(MINORS) | people["iscrowd"].astype(bool) | unlined
