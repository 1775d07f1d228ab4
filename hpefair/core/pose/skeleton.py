"""Named skeletons: joint names, left-right pairs, limbs and OKS constants."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Skeleton:
    """A named set of keypoints.

    Attributes:
        name: Name stored in the people table.
        joints: Joint names; their position is the keypoint index.
        flip_pairs: Index pairs that change places when an image is mirrored.
        limbs: Index pairs joined by a limb, for drawing.
        sigmas: Per-joint OKS constants (K,), the standard deviation of annotators relative to sqrt(area).
    """

    name: str
    joints: tuple[str, ...]
    flip_pairs: tuple[tuple[int, int], ...]
    limbs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]

    @property
    def size(self) -> int:
        """Number of joints K."""
        return len(self.joints)

    @property
    def variances(self) -> NDArray[np.float64]:
        """(2 sigma)^2 per joint (K,), as in cocoeval.py."""
        variances: NDArray[np.float64] = (np.array(self.sigmas) * 2) ** 2
        return variances

    def flip_order(self) -> NDArray[np.int64]:
        """Joint order after mirroring (K,): `flipped = keypoints[..., flip_order, :]`."""
        order = np.arange(self.size)
        for left, right in self.flip_pairs:
            order[[left, right]] = right, left
        return order

    def index(self, joint: str) -> int:
        """Index of a joint.

        Raises:
            ValueError: If the skeleton has no such joint.
        """
        if joint not in self.joints:
            raise ValueError(f"Expected a joint of {self.name} but got {joint!r}")
        return self.joints.index(joint)


# Names, limbs: COCO person_keypoints category; sigmas: cocoeval.py Params.setKpParams.
COCO_17: Final = Skeleton(
    name="coco_17",
    joints=(
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ),
    flip_pairs=((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)),
    limbs=(
        (15, 13),
        (13, 11),
        (16, 14),
        (14, 12),
        (11, 12),
        (5, 11),
        (6, 12),
        (5, 6),
        (5, 7),
        (6, 8),
        (7, 9),
        (8, 10),
        (1, 2),
        (0, 1),
        (0, 2),
        (1, 3),
        (2, 4),
        (3, 5),
        (4, 6),
    ),
    sigmas=tuple(
        s / 10
        for s in (0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89)
    ),
)

SKELETONS: Final = {COCO_17.name: COCO_17}


def skeleton(name: str) -> Skeleton:
    """Look a skeleton up by name.

    Raises:
        ValueError: If it does not exist.
    """
    if name not in SKELETONS:
        raise ValueError(f"Expected a skeleton among {', '.join(SKELETONS)} but got {name!r}")
    return SKELETONS[name]
