"""What is drawn together."""

import numpy as np
import pytest

from hpefair.core.uncertainty.clusters import image_clusters


def test_without_subjects_every_image_is_its_own():
    """The default; an empty subject ties nothing together."""
    assert image_clusters(3).tolist() == [0, 1, 2]
    assert image_clusters(3, np.arange(3), ["", "", ""]).tolist() == [0, 1, 2]


def test_subjects_tie_images_directly_and_through_others():
    """Ann is in 0 and 1, bob in 1 and 4: three images, one cluster; image 2 holds nobody, 3 somebody else."""
    image, subject = np.array([0, 1, 1, 4, 3]), ["ann", "ann", "bob", "bob", "eve"]
    clusters = image_clusters(5, image, subject)
    assert clusters[0] == clusters[1] == clusters[4]
    assert len({clusters[0], clusters[2], clusters[3]}) == 3


def test_generated_people_follow_the_person_they_were_made_from():
    """The parent's id as subject."""
    clusters = image_clusters(4, np.arange(4), ["p1", "p2", "p1", ""])
    assert clusters[0] == clusters[2] != clusters[1]


def test_lists_of_different_length_are_refused():
    """A silent zip would shift subjects."""
    with pytest.raises(ValueError, match="Expected one subject"):
        image_clusters(3, np.arange(3), ["a"])
