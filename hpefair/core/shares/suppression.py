"""Which numbers a public page must not show: those about so few people that one could be recognized."""

import numpy as np

from hpefair.arrays import Index, Mask


def suppressed(people: Index, floor: int) -> Mask:
    """Groups of one attribute that are not shown.

    A group of 1 to floor - 1 people is hidden. What is hidden alone could be had back by subtracting the others from
    the total, so the smallest of the others are hidden with it until those hidden are at least `floor` people and two
    groups (secondary suppression; Hundepool et al. 2012, Statistical Disclosure Control). An empty group shows nobody,
    and is a finding.

    Args:
        people: People of each group (G,), `unknown` included.
        floor: Smallest group that is shown.

    Returns:
        Mask (G,).
    """
    hidden = (people > 0) & (people < floor)
    if not hidden.any():
        return hidden
    for place in np.argsort(people, kind="stable"):
        if hidden.sum() > 1 and people[hidden].sum() >= floor:
            break
        hidden[place] |= people[place] > 0
    return hidden
