"""Cells of a detector's maps: where they are, and which of them answer for whom."""

from typing import Final

import torch
from torch import Tensor

NEAREST: Final = 9  # cells that answer for a person
REACH: Final = 8  # largest side of a person in strides of its map; the coarsest takes whoever is larger


def centres(size: tuple[int, int], strides: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Centres (N, 2) in pixels and strides (N,) of the cells of all maps, row by row, finest map first."""
    places, steps = [], []
    for stride in strides:
        rows, columns = torch.meshgrid(torch.arange(size[1] // stride), torch.arange(size[0] // stride), indexing="ij")
        places.append((torch.stack([columns, rows], dim=2).flatten(0, 1).float() + 0.5) * stride - 0.5)
        steps.append(torch.full((len(places[-1]),), float(stride)))
    return torch.cat(places), torch.cat(steps)


def assign(boxes: Tensor, present: Tensor, places: Tensor, steps: Tensor) -> Tensor:
    """Which cells answer for which person.

    A person belongs to the map whose cells suit its size, and there to the cells nearest to the middle of its box; a
    cell that is near to several people belongs to the nearest, in strides.

    Args:
        boxes: Corners (B, P, 4).
        present: Whether there is such a person (B, P).
        places: Centres (N, 2).
        steps: Strides (N,).

    Returns:
        Flags (B, P, N); a cell has at most one person.
    """
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    side = (boxes[..., 2:] - boxes[..., :2]).amax(dim=-1)
    strides = steps.unique(sorted=True)
    level = torch.bucketize(side / REACH, strides).clamp(max=len(strides) - 1)
    distance = torch.cdist(middle, places.expand(len(boxes), -1, -1)) / steps
    distance = distance.masked_fill(strides[level][..., None] != steps, torch.inf)
    near = distance.topk(NEAREST, dim=2, largest=False)
    chosen = torch.zeros_like(distance, dtype=torch.bool).scatter_(2, near.indices, near.values.isfinite())
    chosen &= present[..., None]
    rivals = distance.masked_fill(~chosen, torch.inf)
    owner = rivals.argmin(dim=1, keepdim=True)
    numbers = torch.arange(boxes.shape[1], device=boxes.device)[None, :, None]
    return chosen & (numbers == owner)


def inside_any(places: Tensor, boxes: Tensor) -> Tensor:
    """Whether cell centres (N, 2) lie in any of the boxes (B, I, 4); (B, N). Empty boxes hold nothing."""
    low, high = boxes[:, :, None, :2], boxes[:, :, None, 2:]
    inside = ((places >= low) & (places < high)).all(dim=3)
    return inside.any(dim=1)
