"""What went wrong with a keypoint: jitter, inversion, swap or miss (Ronchi and Perona, ICCV 2017, section 3.1).

Each predicted joint of a person who was found is compared, by its own constant, with the same joint and with its mirror
joint of every annotated person of the image; the nearest of them decides.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Index
from hpefair.core.pose.candidates import People
from hpefair.core.pose.skeleton import Skeleton

NAMES: Final = ("good", "jitter", "inversion", "swap", "miss", "not_found")
ERRORS: Final = NAMES[1:]
GOOD_FROM, NEAR_FROM = 0.85, 0.5  # keypoint similarity: two annotators agree to .85; beyond .5 it is near nothing
UNLABELLED: Final = -1


def error_types(people: People, predicted: Array, skeleton: Skeleton) -> NDArray[np.int8]:
    """Type of every labelled joint.

    Args:
        people: Annotated people, ignored ones included: a joint may have gone to one of them.
        predicted: Predicted keypoints (N, K, 2) of each person's detection; NaN for people who were not found.
        skeleton: Their skeleton.

    Returns:
        Index into `NAMES` (N, K), -1 for joints that nobody labelled. `good`: nearest to its own place with similarity
        at least .85; `jitter`: at least .5; `inversion`: nearest to the person's own mirror joint; `swap`: nearest to
        that joint, or its mirror, of somebody else; `miss`: within .5 of none of them; `not_found`: nobody's joint.
    """
    out = np.full(predicted.shape[:2], UNLABELLED, dtype=np.int8)
    labelled: NDArray[np.bool_] = people.keypoints[..., 2] > 0
    lost = np.asarray(np.isnan(predicted[..., 0]).all(axis=1))
    out[labelled & lost[:, None]] = NAMES.index("not_found")
    first, second = _pairs_of_an_image(people.image, np.flatnonzero(~lost & labelled.any(axis=1)))
    flip = skeleton.flip_order()
    straight = _similarity(predicted[first], people.keypoints[second], people.area[second], skeleton.variances)
    mirrored = _similarity(predicted[first], people.keypoints[second][:, flip], people.area[second], skeleton.variances)
    mirrored[:, flip == np.arange(len(flip))] = -1  # the nose is its own mirror joint
    itself = first == second
    own, turned = np.full(predicted.shape[:2], -1.0), np.full(predicted.shape[:2], -1.0)
    other = np.full(predicted.shape[:2], -1.0)
    own[first[itself]], turned[first[itself]] = straight[itself], mirrored[itself]
    np.maximum.at(other, first[~itself], np.maximum(straight, mirrored)[~itself])
    best = np.maximum(np.maximum(own, turned), other)
    types = np.select(
        [best < NEAR_FROM, (own >= turned) & (own >= other) & (own >= GOOD_FROM), (own >= turned) & (own >= other)],
        [NAMES.index("miss"), NAMES.index("good"), NAMES.index("jitter")],
        default=np.where(turned >= other, NAMES.index("inversion"), NAMES.index("swap")),
    )
    known = labelled & ~lost[:, None]
    out[known] = types[known]
    return out


def _similarity(predicted: Array, keypoints: Array, area: Array, variances: Array) -> Array:
    """Keypoint similarity (P, K); -1 where the annotated joint is not labelled."""
    distance2 = ((predicted - keypoints[..., :2]) ** 2).sum(axis=2)
    similarity = np.exp(-distance2 / variances / (area[:, None] + np.spacing(1)) / 2)
    return np.where(keypoints[..., 2] > 0, similarity, -1.0)


def error_counts(types: NDArray[np.int8]) -> dict[str, Index]:
    """How many joints of each person went wrong in which way.

    Args:
        types: From `error_types`, (N, K).

    Returns:
        `joints_<type>` to counts (N,), for each of `ERRORS`.
    """
    return {f"joints_{name}": (types == NAMES.index(name)).sum(axis=1) for name in ERRORS}


def _pairs_of_an_image(image: Index, asked: Index) -> tuple[Index, Index]:
    """Every asked person with every person of its image, itself included."""
    order = np.argsort(image, kind="stable")
    start, end = (np.searchsorted(image[order], image[asked], side=side) for side in ("left", "right"))
    count = end - start
    first = np.repeat(asked, count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return first, order[np.repeat(start, count) + offset]
