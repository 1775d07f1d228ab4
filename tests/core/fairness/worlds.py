"""Made people with known truth: clustered by image, with or without a planted gap."""

import numpy as np
import pandas as pd

from hpefair.core.fairness.draws import draw
from hpefair.core.shares.groups import Group
from hpefair.core.uncertainty.intervals import resample


def people_of_images(rng, n_people, largest=3, spread=0.28, icc=0.3):
    """Values around .7 that people of an image share in part, and the image of each."""
    sizes = []
    while sum(sizes) < n_people:
        sizes.append(min(int(rng.integers(1, largest + 1)), n_people - sum(sizes)))
    image = np.repeat(np.arange(len(sizes)), sizes)
    shared, own = rng.normal(0, np.sqrt(icc), len(sizes)), rng.normal(0, np.sqrt(1 - icc), n_people)
    return 0.7 + spread * (shared[image] + own), image


def cells(rng, per_cell, gap=0.0, number=24):
    """`number` cells of equal size, the first served worse by `gap`: values, images, groups."""
    values, image = people_of_images(rng, per_cell * number)
    label = rng.permutation(np.repeat(np.arange(number), per_cell))
    values[label == 0] -= gap
    return values, image, [Group("cell", f"c{g:02d}", label == g) for g in range(number)]


def drawn(values, image, listed, resamples=300, seed=0):
    """Draws of one metric, oks."""
    clusters = np.arange(int(image.max()) + 1)
    scores = pd.DataFrame({"image": image, "oks": values})
    return draw(scores, ("oks",), listed, clusters, resample(clusters, resamples, seed))
