"""Training objectives as weights: who counts how much in a step, from everybody's unreduced losses.

Every objective here is a sum of losses under weights that follow from the losses' values. Where the objective is not
itself a weighted sum (variance penalty), the weights are its derivatives, so that its gradient is exact all the same.
Membership (N, G) may be probabilities. People of unknown group are a group of their own, the last: an objective that
protects groups must not pay with the people it knows nothing about. A row that adds up to less than 1 counts in part.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import numpy as np

from hpefair.arrays import Array

Name = Literal["erm", "balanced_sampling", "reweighting", "group_dro", "cvar", "variance"]

SMALLEST: Final = 1e-12


class Objective(Protocol):
    """Weights of people in a step; a `state` that a checkpoint keeps."""

    state: Array

    def weights(self, losses: Array, membership: Array) -> Array:
        """Weights (N,) of people with these losses (N,) and group membership (N, G)."""
        ...


@dataclass
class Mean:
    """Empirical risk: everybody counts the same."""

    state: Array = field(default_factory=lambda: np.zeros(0))

    def weights(self, losses: Array, membership: Array) -> Array:
        """1 / N each."""
        return np.full(len(losses), 1 / max(len(losses), 1))


@dataclass
class Reweighted:
    """Class-balanced loss by the effective number of samples (Cui et al., CVPR 2019, eq. 3 and 5).

    Attributes:
        of_group: Weight of each group (G,).
    """

    of_group: Array
    state: Array = field(default_factory=lambda: np.zeros(0))

    def weights(self, losses: Array, membership: Array) -> Array:
        """In proportion to the expected weight of a person's group, adding up to 1; unknown groups weigh 1."""
        weight = membership @ self.of_group + (1 - membership.sum(axis=1))
        return np.asarray(weight / max(weight.sum(), SMALLEST), dtype=float)


@dataclass
class GroupDRO:
    """Worst-group risk by exponentiated gradient (Sagawa et al., ICLR 2020, algorithm 1).

    Attributes:
        step: Step size of the group weights.
        adjustment: Added to each group's loss (G,), C / sqrt(n_g): small groups generalize worse.
        state: Group weights q (G,), the same for all groups at first, 0 for groups that nobody belongs to.
    """

    step: float
    adjustment: Array
    state: Array

    def weights(self, losses: Array, membership: Array) -> Array:
        """q_g / n_g for the members of each group in the step; groups that are absent keep their place in q."""
        size = membership.sum(axis=0)
        mean = (losses @ membership) / np.maximum(size, SMALLEST) * (size > 0)
        with np.errstate(divide="ignore"):  # groups that nobody belongs to have q = 0, and keep it
            scaled = np.log(self.state) + self.step * (mean + self.adjustment)
        scaled = np.exp(scaled - scaled.max())
        self.state = scaled / scaled.sum()
        return np.asarray(membership @ (self.state * (size > 0) / np.maximum(size, SMALLEST)), dtype=float)


@dataclass
class CVaR:
    """Mean of the largest losses (Rockafellar and Uryasev 2000): whoever is served worst, with no group named.

    Attributes:
        share: Share of people that counts.
    """

    share: float
    state: Array = field(default_factory=lambda: np.zeros(0))

    def weights(self, losses: Array, membership: Array) -> Array:
        """1 / (share N) for the largest losses; the last one in part."""
        room = self.share * len(losses)
        weight = np.zeros(len(losses))
        order = np.argsort(-losses, kind="stable")
        weight[order] = np.clip(room - np.arange(len(losses)), 0, 1)
        return weight / max(room, SMALLEST)


@dataclass
class VariancePenalty:
    """Mean loss plus a penalty on the variance of group means (after Williamson and Menon, ICML 2019).

    Attributes:
        penalty: Its weight.
    """

    penalty: float
    state: Array = field(default_factory=lambda: np.zeros(0))

    def weights(self, losses: Array, membership: Array) -> Array:
        """Derivatives of mean + penalty * variance of the means of the groups that are present."""
        size = membership.sum(axis=0)
        there = size > SMALLEST
        mean = (losses @ membership[:, there]) / size[there]
        pull = 2 * self.penalty * (mean - mean.mean()) / max(there.sum(), 1) / size[there]
        return np.asarray(1 / max(len(losses), 1) + membership[:, there] @ pull, dtype=float)


@dataclass(frozen=True)
class Choice:
    """An objective by name, with its numbers.

    Attributes:
        name: `balanced_sampling` changes who is shown, not how losses count.
        step: Step size of GroupDRO.
        adjustment: C of GroupDRO.
        beta: Of class-balanced reweighting.
        share: Of CVaR.
        penalty: Of the variance penalty.
    """

    name: Name
    step: float = 0.01
    adjustment: float = 0.0
    beta: float = 0.999
    share: float = 0.2
    penalty: float = 1.0


def objective(choice: Choice, size: Array) -> Objective:
    """Build an objective.

    Args:
        choice: Which one.
        size: Expected number of people of each group (G,) in the training set.
    """
    if choice.name == "reweighting":
        return Reweighted(effective_weights(size, choice.beta))
    if choice.name == "group_dro":
        adjustment = choice.adjustment / np.sqrt(np.maximum(size, 1))
        there = (size > SMALLEST).astype(float)
        return GroupDRO(choice.step, adjustment, there / max(there.sum(), 1))
    if choice.name == "cvar":
        return CVaR(choice.share)
    if choice.name == "variance":
        return VariancePenalty(choice.penalty)
    return Mean()


def effective_weights(size: Array, beta: float) -> Array:
    """Weights of groups (1 - beta) / (1 - beta^n), scaled such that their mean over all people is 1.

    >>> effective_weights(np.array([10.0, 10.0]), 0.99).tolist()
    [1.0, 1.0]
    """
    number = (1 - beta ** np.maximum(size, 1)) / (1 - beta)
    weight = 1 / number
    scaled: Array = weight * size.sum() / max(float((weight * size).sum()), SMALLEST)
    return scaled


def balanced_exposures(exposure: Array, membership: Array) -> Array:
    """Exposures under which every group is shown equally often (Idrissi et al., CLeaR 2022).

    Args:
        exposure: Exposures (N,) as planned.
        membership: Membership (N, G).

    Returns:
        Exposures (N,) of the same total. The unknown part of people keeps its own; groups that nobody belongs to are
        left out.

    >>> balanced_exposures(np.ones(4), np.array([[1.0, 0], [1, 0], [1, 0], [0, 1]])).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    mass = exposure @ membership
    there = mass > SMALLEST
    unknown = 1 - membership.sum(axis=1)
    if not there.any():
        return exposure
    factor = np.where(there, mass.sum() / there.sum() / np.maximum(mass, SMALLEST), 0.0)
    balanced: Array = exposure * (membership @ factor + unknown)
    return balanced
