"""What is drawn together in a resample: an image, or all images of a subject."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hpefair.arrays import Index


def image_clusters(n_images: int, image: Index | None = None, subject: Sequence[str] | None = None) -> Index:
    """Cluster of every image.

    People of an image share its difficulty, and pictures of a subject share the subject. Where subjects are known, all
    images that they tie together, directly or through other subjects, form one cluster. For generated people, pass the
    id of the person they were made from.

    Args:
        n_images: Images.
        image: Image index of each person (N,).
        subject: Subject of each person (N,); empty where nobody knows. Without subjects each image is its own cluster.

    Returns:
        Cluster index (n_images,), numbered from 0.

    Raises:
        ValueError: If subjects and images differ in number.

    >>> image_clusters(3, np.array([0, 1, 2]), ["ann", "bob", "ann"]).tolist()
    [0, 1, 0]
    """
    if image is None or subject is None:
        return np.arange(n_images)
    if len(image) != len(subject):
        raise ValueError(f"Expected one subject for each of {len(image)} people but got {len(subject)}")
    named = [(i, s) for i, s in zip(image, subject, strict=True) if s]
    number = {s: n_images + k for k, s in enumerate(dict.fromkeys(s for _, s in named))}
    ends = np.array([(i, number[s]) for i, s in named], dtype=np.int64).reshape(-1, 2)
    size = n_images + len(number)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][:n_images]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
