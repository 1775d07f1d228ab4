"""What a skeleton is: joint names, limbs, mirror pairs and OKS constants."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDES = ("left_", "right_")


@dataclass(frozen=True)
class Skeleton:
    """A named set of keypoints.

    Attributes:
        name: Name stored in the people table.
        joints: Joint names; their position is the keypoint index. The same name means the same place of the body in
            every skeleton.
        links: Pairs of joint names joined by a limb.
        sigmas: Per-joint OKS constants (K,), the standard deviation of annotators relative to sqrt(area).
        sigma_source: Where they come from.
    """

    name: str
    joints: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    sigmas: tuple[float, ...]
    sigma_source: str

    @property
    def size(self) -> int:
        """Number of joints K."""
        return len(self.joints)

    @property
    def variances(self) -> NDArray[np.float64]:
        """(2 sigma)^2 per joint (K,), as in cocoeval.py."""
        variances: NDArray[np.float64] = (np.array(self.sigmas) * 2) ** 2
        return variances

    @property
    def limbs(self) -> tuple[tuple[int, int], ...]:
        """Index pairs joined by a limb."""
        return tuple((self.joints.index(one), self.joints.index(other)) for one, other in self.links)

    @property
    def flip_pairs(self) -> tuple[tuple[int, int], ...]:
        """Index pairs that change places when an image is mirrored."""
        pairs = []
        for joint in self.joints:
            if joint.startswith(SIDES[0]):
                pairs.append((self.joints.index(joint), self.joints.index(SIDES[1] + joint.removeprefix(SIDES[0]))))
        return tuple(pairs)

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


def shared_joints(source: Skeleton, target: Skeleton) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Joints that two skeletons have in common, by name.

    Args:
        source: One skeleton.
        target: The other.

    Returns:
        Their indices in the source and in the target, in the target's order.
    """
    common = [joint for joint in target.joints if joint in source.joints]
    return np.array([source.index(j) for j in common], int), np.array([target.index(j) for j in common], int)


def convert(keypoints: NDArray[np.float64], source: Skeleton, target: Skeleton) -> NDArray[np.float64]:
    """Keypoints of one skeleton as those of another.

    Args:
        keypoints: Keypoints (..., K, 3) of the source.
        source: Their skeleton.
        target: Wanted skeleton.

    Returns:
        Keypoints (..., K', 3); joints that the source lacks have x = y = v = 0: unlabelled, never guessed.

    Raises:
        ValueError: If the keypoints are not those of the source.
    """
    if keypoints.shape[-2:] != (source.size, 3):
        raise ValueError(f"Expected keypoints (..., {source.size}, 3) of {source.name} but got {keypoints.shape}")
    out = np.zeros((*keypoints.shape[:-2], target.size, 3))
    here, there = shared_joints(source, target)
    out[..., there, :] = keypoints[..., here, :]
    return out
