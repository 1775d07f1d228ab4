"""Do outside judges see the pose that the annotation says, and about which joints do they disagree?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.balance.agreement import agreement, doubted
from hpefair.core.balance.consensus import consensus
from hpefair.core.pose.skeletons import COCO_17
from hpefair.screening.annotation import joints
from hpefair.screening.faults import NONE, POSE, Fault
from hpefair.settings.params import Screen


@dataclass(frozen=True)
class Judged:
    """What judges make of a pose.

    Attributes:
        fault: The fault, or none.
        oks: Agreement over visible joints; NaN where they see nobody.
        worst: Largest distance of a visible limb joint, relative to the root of the area.
        doubted: Visible joints (17,) about which the judges disagree.
    """

    fault: Fault
    oks: float
    worst: float
    doubted: NDArray[np.bool_]


def judged(row: Any, sightings: Array, settings: Screen) -> Judged:
    """Compare an annotation with what judges see.

    Args:
        row: A row of generated.parquet.
        sightings: Joints (J, 17, 3) from `judges.panel.Panel.look`.
        settings: The screen section of params.yaml.
    """
    seen, apart = consensus(sightings)
    keypoints, area = joints(row), float(row.area)
    fit = agreement(keypoints, seen, area)
    turned = agreement(keypoints[COCO_17.flip_order()], seen, area)
    unsure = doubted(keypoints, apart, area, settings.max_judge_distance)
    if not fit.seen:
        return Judged((POSE, "no two judges see anybody there"), np.nan, np.nan, unsure)
    if not fit.oks >= settings.min_oks:
        return Judged((POSE, f"judges agree with an OKS of {fit.oks:.2f} only"), fit.oks, fit.worst, unsure)
    if turned.oks > fit.oks:  # from the side the two lie close together: nothing is far off
        return Judged((POSE, "judges see left and right the other way round"), fit.oks, fit.worst, unsure)
    if fit.worst > settings.max_limb_error:
        name = COCO_17.joints[fit.joint].replace("_", " ")
        return Judged((POSE, f"judges see the {name} elsewhere"), fit.oks, fit.worst, unsure)
    return Judged(NONE, fit.oks, fit.worst, unsure)
