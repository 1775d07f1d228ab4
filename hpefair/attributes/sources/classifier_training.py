"""Training of the attribute classifier: the shape first and alone, then the pictures, every step from its own seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from hpefair.attributes.sources.person_network import Batch, PersonNetwork, to_batch
from hpefair.attributes.sources.person_views import GIRTHS, Views, mirrored_shape

Codes = Mapping[str, NDArray[np.int64]]
OnStep = Callable[[int, float], None]

UNKNOWN_CODE: Final = -1
SMOOTHING: Final = 0.05
HIDE: Final = (0.2, 0.07, 0.15)  # chance that mask, head, keypoints are hidden: not every dataset has them
SHAPE_NOISE: Final = 0.02
SHAPE_BATCH, SHAPE_RATE = 128, 2e-3
RATE, WEIGHT_DECAY, AVERAGE = 1.5e-3, 0.05, 0.99
TURN, ZOOM, SHIFT, COLOUR = 0.1, 0.06, 0.05, 0.1  # radians, shares; harder changes stop small heads from being learnt


@dataclass(frozen=True)
class Recipe:
    """How long to train, and from which seed.

    Attributes:
        steps: Steps with pictures.
        shape_steps: Steps with shapes alone, before them; they cost seconds.
        batch: People in a step with pictures.
        seed: Seed of weights, order and augmentation.
    """

    steps: int = 2200
    shape_steps: int = 4000
    batch: int = 32
    seed: int = 0


def fit(views: Views, shapes: NDArray[np.float32], codes: Codes, recipe: Recipe, on_step: OnStep) -> PersonNetwork:
    """Train a network; the same arguments give the same weights.

    Args:
        views: Everybody.
        shapes: More shapes of the same people (V, N, SHAPE_SIZE), keypoints moved as annotators move them: exact
            keypoints, as drawn people have them, tell more than any hand's do.
        codes: Place of everybody's group (N,) by attribute; -1 where unknown.
        recipe: How long to train.
        on_step: Called with the step and its loss.

    Returns:
        The running mean of the weights, ready for use.
    """
    torch.set_num_threads(1)  # two are up to twenty times slower on small machines, and add in another order
    torch.manual_seed(recipe.seed)
    network = PersonNetwork(list(codes)).to(memory_format=torch.channels_last)
    targets = {name: torch.from_numpy(values) for name, values in codes.items()}
    _fit_shape(network, views, shapes, targets, recipe)
    decay = min(AVERAGE, max(1 - 5 / recipe.steps, 0.0))  # a short training must not be averaged with its beginning
    averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    mean = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=averaging, use_buffers=True)
    optimizer, schedule = _optimizer(network, RATE, recipe.steps)
    network.train()
    network.shape.eval()
    for step in range(recipe.steps):
        rows, generator = _draw(len(views), recipe.batch, recipe.seed, step)
        logits = network(_augmented(views.rows(rows), shapes[:, rows], generator))
        loss = _loss(logits, targets, rows)
        _step(optimizer, schedule, loss)
        mean.update_parameters(network)
        on_step(step, float(loss.detach()))
    trained: PersonNetwork = mean.module
    return trained.eval()


def _fit_shape(
    network: PersonNetwork, views: Views, shapes: NDArray[np.float32], targets: Mapping[str, Tensor], recipe: Recipe
) -> None:
    """Train the shape's part alone, then freeze it: trained alongside pictures, it starves."""
    parts = nn.ModuleList([network.shape, network.by_shape])
    optimizer, schedule = _optimizer(parts, SHAPE_RATE, recipe.shape_steps)
    network.train()
    nothing = torch.empty(0)
    for step in range(recipe.shape_steps):
        rows, generator = _draw(len(views), SHAPE_BATCH, recipe.seed + 1, step)
        present = torch.from_numpy(views.present[rows]) * (torch.rand(len(rows), 3, generator=generator) >= HIDE[0])
        present[:, 2] = 1.0
        shape = _shape(shapes[:, rows], present, generator)
        _step(optimizer, schedule, _loss(network.shape_alone(Batch(nothing, nothing, shape, present)), targets, rows))
    parts.requires_grad_(False)


def _draw(number: int, batch: int, seed: int, step: int) -> tuple[NDArray[np.int64], torch.Generator]:
    """People of a step, everybody once per epoch, and the randomness of what happens to them."""
    per_epoch = max(number // batch, 1)
    epoch, place = divmod(step, per_epoch)
    order = np.random.default_rng([seed, epoch]).permutation(number)
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    return order[place * batch : (place + 1) * batch], generator


def _optimizer(part: nn.Module, rate: float, steps: int) -> tuple[Any, Any]:
    """AdamW that decays matrices only, on a one-cycle schedule."""
    free = [parameter for parameter in part.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in free if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.2)


def _step(optimizer: Any, schedule: Any, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    schedule.step()


def _loss(logits: Mapping[str, Tensor], targets: Mapping[str, Tensor], rows: NDArray[np.int64]) -> Tensor:
    """Sum over the attributes of the smoothed cross-entropy of those whose group is known."""
    chosen = torch.from_numpy(rows)
    losses = []
    for name, values in logits.items():
        code = targets[name][chosen]
        summed = functional.cross_entropy(
            values, code, ignore_index=UNKNOWN_CODE, label_smoothing=SMOOTHING, reduction="sum"
        )
        losses.append(summed / (code != UNKNOWN_CODE).sum().clamp(min=1))
    return torch.stack(losses).sum()


def _augmented(views: Views, shapes: NDArray[np.float32], generator: torch.Generator) -> Batch:
    """Hidden parts, mirror images, small turns, zooms, shifts and changes of colour."""
    seen, size = to_batch(views), len(views)
    present = seen.present * (torch.rand(size, 3, generator=generator) >= torch.tensor(HIDE))
    gain = 1 + COLOUR * (2 * torch.rand(size, 3, 1, 1, generator=generator) - 1)
    offset = COLOUR * (2 * torch.rand(size, 1, 1, 1, generator=generator) - 1)
    flip = torch.where(torch.rand(size, generator=generator) < 0.5, -1.0, 1.0)
    body, head = _moved(seen.body, flip, generator), _moved(seen.head, flip, generator)
    masks = body[:, 3:] * present[:, 0].view(-1, 1, 1, 1)
    body = torch.cat([body[:, :3] * gain + offset, masks], dim=1)
    last = torch.channels_last
    body, head = body.contiguous(memory_format=last), (head * gain + offset).contiguous(memory_format=last)
    return Batch(body, head, _shape(shapes, present, generator), present)


def _shape(shapes: NDArray[np.float32], present: Tensor, generator: torch.Generator) -> Tensor:
    """One of the shapes of each person, by chance mirrored, with noise, and no girths where the mask is hidden."""
    size = shapes.shape[1]
    version = torch.randint(len(shapes), (size,), generator=generator).numpy()
    chosen = shapes[version, np.arange(size)]
    mirror = (torch.rand(size, generator=generator) < 0.5).numpy()
    shape = torch.from_numpy(np.where(mirror[:, None], mirrored_shape(chosen), chosen))
    shape = torch.cat([shape[:, :-GIRTHS], shape[:, -GIRTHS:] * present[:, :1]], dim=1)
    return shape + SHAPE_NOISE * torch.randn(shape.shape, generator=generator) * (shape != 0)


def _moved(crops: Tensor, flip: Tensor, generator: torch.Generator) -> Tensor:
    """Crops (B, C, H, W), some mirrored, turned, zoomed and shifted a little."""
    size, _, height, width = crops.shape
    turn, zoom, right, down = (2 * torch.rand(4, size, generator=generator) - 1).unbind()
    cos, sin = torch.cos(TURN * turn) * (1 + ZOOM * zoom), torch.sin(TURN * turn) * (1 + ZOOM * zoom)
    aspect = height / width
    rows = [cos * flip, -sin * aspect, SHIFT * right, sin * flip / aspect, cos, SHIFT * down]
    grid = functional.affine_grid(torch.stack(rows, dim=1).view(size, 2, 3), list(crops.shape), align_corners=False)
    return functional.grid_sample(crops, grid, align_corners=False)
