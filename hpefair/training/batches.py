"""Batches: who is shown in a step, a pure function of seed and step, so that nothing depends on how work is shared."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hpefair.arrays import Index
from hpefair.estimators.protocol import Estimator
from hpefair.training.augmentation import Augmentation
from hpefair.training.crops import Shown

Item = TypeVar("Item")

AHEAD = 2  # batches that wait alongside the one that is trained on, for each loader


class View(Protocol):
    """A training set as units that are shown: crops of people, or pictures.

    Attributes:
        exposure: How often each unit is shown relative to others (U,); generated units are shown on top.
        synthetic: Whether it is generated (U,).
    """

    exposure: NDArray[np.float64]
    synthetic: NDArray[np.bool_]

    def show(self, unit: int, how: Augmentation, rng: np.random.Generator) -> Shown:
        """A unit, augmented."""
        ...


@dataclass(frozen=True)
class Batch:
    """One process's part of a step.

    Attributes:
        pixels: Pixels (b, H, W, 3), uint8.
        targets: What the estimator's `encode` gave, stacked.
        rows: Row of each person in the table (b, P); -1 where there is none.
        positions: Place of each input (b,) in the whole step.
        inputs: Number of inputs of the whole step.
    """

    pixels: Tensor
    targets: dict[str, Tensor]
    rows: Index
    positions: Index
    inputs: int


def draw(view: View, batch: int, seed: int, step: int) -> Index:
    """Units shown in a step: `batch` real ones by exposure, then generated ones in proportion, by theirs.

    Where nobody is real, for study, `batch` generated ones are shown.

    Args:
        view: The training set.
        batch: Real units per step.
        seed: Seed.
        step: Step.

    Returns:
        Unit numbers.
    """
    rng = np.random.default_rng([seed, step])
    real, made = np.flatnonzero(~view.synthetic), np.flatnonzero(view.synthetic)
    # With replacement: drawing without it flattens unequal weights, so planned exposures would not be delivered.
    if not len(real):
        return rng.choice(made, size=batch, p=_shares(view.exposure[made]))
    shown = rng.choice(real, size=batch, p=_shares(view.exposure[real]))
    extra = round(batch * np.count_nonzero(view.exposure[made]) / view.exposure[real].sum())
    added = rng.choice(made, size=extra, p=_shares(view.exposure[made])) if extra else made[:0]
    return np.concatenate([shown, added])


def _shares(exposure: NDArray[np.float64]) -> NDArray[np.float64]:
    return exposure / exposure.sum()


@dataclass(frozen=True)
class Batches:
    """Makes the batches of a training.

    Attributes:
        view: The training set.
        estimator: Encodes targets.
        how: Augmentation.
        batch: Real units per step of all processes.
        seed: Seed.
        rank: This process's number, and how many there are.
    """

    view: View
    estimator: Estimator
    how: Augmentation
    batch: int
    seed: int
    rank: tuple[int, int] = (0, 1)

    def make(self, step: int) -> Batch:
        """This process's part of a step's batch."""
        units = draw(self.view, self.batch, self.seed, step)
        shown = []
        # Every process draws everything that decides sizes; pixels are made for its own part only.
        for position in range(self.rank[0], len(units), self.rank[1]):
            rng = np.random.default_rng([self.seed, step, position])
            one = self.view.show(int(units[position]), self.how, rng)
            shown.append((position, one, self.estimator.encode(one.sample, rng)))
        return _stacked(shown, len(units), self.estimator.scope == "image")


def _stacked(shown: list[tuple[int, Shown, dict[str, Any]]], number: int, pad: bool) -> Batch:
    pixels = torch.from_numpy(np.stack([one.pixels for _, one, _ in shown]))
    most = max(1, *(len(one.rows) for _, one, _ in shown))
    rows = np.full((len(shown), most), -1, dtype=np.int64)
    for place, (_, one, _) in enumerate(shown):
        rows[place, : len(one.rows)] = one.rows
    names = shown[0][2]
    parts = {name: [target[name] for _, _, target in shown] for name in names}
    stacked = {name: torch.from_numpy(_padded(arrays) if pad else np.stack(arrays)) for name, arrays in parts.items()}
    positions = np.array([position for position, _, _ in shown])
    return Batch(pixels, stacked, rows, positions, number)


def _padded(arrays: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Arrays (P_i, ...) stacked, filled up with zeros to the longest."""
    most = max(1, *(len(array) for array in arrays))
    out = np.zeros((len(arrays), most, *arrays[0].shape[1:]), np.float32)
    for place, array in zip(out, arrays, strict=True):
        place[: len(array)] = array
    return out


def ahead(make: Callable[[int], Item], steps: range, loaders: int) -> Iterator[Item]:
    """What `make` makes of every step, in order, made by threads before it is asked for.

    Args:
        make: Makes a step's item; a pure function.
        steps: The steps.
        loaders: Threads; 0 makes each item when it is asked for.
    """
    if loaders == 0:
        yield from map(make, steps)
        return
    pool = ThreadPoolExecutor(loaders, thread_name_prefix="loader")
    waiting: deque[Future[Item]] = deque()
    try:
        coming = iter(steps)
        for step in coming:
            waiting.append(pool.submit(make, step))
            if len(waiting) > AHEAD * loaders:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
