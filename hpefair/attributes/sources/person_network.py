"""The attribute classifier's network: body, head and shape of a person into one logit vector per attribute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from hpefair.attributes.sources.person_views import GREY, SHAPE_SIZE, Views
from hpefair.schema import ATTRIBUTES

DEVIATION: Final = 58.0  # of the colours of natural images
WIDTHS: Final = (24, 32, 64, 96)  # channels of the trunks
HIDDEN: Final = 128
DROPOUT: Final = 0.2


@dataclass(frozen=True)
class Batch:
    """Views as normalized tensors: body (B, 4, 96, 64), head (B, 3, 64, 64), shape (B, S), present (B, 3)."""

    body: Tensor
    head: Tensor
    shape: Tensor
    present: Tensor


def to_batch(views: Views) -> Batch:
    """Normalize; the mask's channel is -1 and 1 where there is a mask, 0 where there is none."""
    present = torch.from_numpy(views.present)
    grey = torch.tensor(GREY).view(1, 3, 1, 1)
    body = torch.from_numpy(views.body).permute(0, 3, 1, 2).float()
    masks = (body[:, 3:] / 127.5 - 1) * present[:, 0].view(-1, 1, 1, 1)
    body = torch.cat([(body[:, :3] - grey) / DEVIATION, masks], dim=1)
    head = (torch.from_numpy(views.head).permute(0, 3, 1, 2).float() - grey) / DEVIATION
    last = torch.channels_last
    body, head = body.contiguous(memory_format=last), head.contiguous(memory_format=last)
    return Batch(body, head, torch.from_numpy(views.shape), present)


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut, halving the map (He et al. 2016, 1512.03385)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first, self.first_norm = nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs)
        self.second, self.second_norm = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut, self.shortcut_norm = nn.Conv2d(inputs, outputs, 1, 2, bias=False), nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, inputs, H, W) to (B, outputs, H / 2, W / 2)."""
        inner = functional.relu(self.first_norm(self.first(features)))
        return functional.relu(self.second_norm(self.second(inner)) + self.shortcut_norm(self.shortcut(features)))


class Trunk(nn.Module):
    """A small residual network that ends in the mean and the maximum of its last map."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        stem = nn.Conv2d(inputs, WIDTHS[0], 3, 2, 1, bias=False)
        self.stem = nn.Sequential(stem, nn.BatchNorm2d(WIDTHS[0]), nn.ReLU())
        self.stages = nn.Sequential(*(Residual(a, b) for a, b in pairwise(WIDTHS)))
        self.size = 2 * WIDTHS[-1]

    def forward(self, crops: Tensor) -> Tensor:
        """Crops (B, inputs, H, W) to features (B, size)."""
        features = self.stages(self.stem(crops)).flatten(2)
        return torch.cat([features.mean(dim=2), features.amax(dim=2)], dim=1)


class PersonNetwork(nn.Module):
    """Logits of every attribute: what the shape says, plus what head and body add to it.

    The shape's part is trained first and alone (see `classifier_training`); the pictures learn what it leaves open.
    """

    def __init__(self, attributes: Sequence[str]) -> None:
        """Random weights.

        Args:
            attributes: Attributes to tell.
        """
        super().__init__()
        groups = {name: len(ATTRIBUTES[name]) for name in attributes}
        self.body, self.head = Trunk(4), Trunk(3)
        self.shape = nn.Sequential(
            nn.Linear(SHAPE_SIZE, HIDDEN), nn.LayerNorm(HIDDEN), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
        )  # fmt: skip
        self.merge = nn.Sequential(
            nn.Dropout(DROPOUT), nn.Linear(2 * self.body.size + HIDDEN + 3, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT)
        )
        self.by_shape = nn.ModuleDict({name: nn.Linear(HIDDEN, size) for name, size in groups.items()})
        self.by_picture = nn.ModuleDict({name: nn.Linear(HIDDEN, size) for name, size in groups.items()})

    def forward(self, seen: Batch) -> Mapping[str, Tensor]:
        """Logits (B, groups) by attribute."""
        _, head, shape = seen.present.split(1, dim=1)
        parts = [self.body(seen.body), self.head(seen.head) * head, self.shape(seen.shape) * shape, seen.present]
        merged = self.merge(torch.cat(parts, dim=1))
        alone = self.shape_alone(seen)
        return {name: layer(merged) + alone[name] for name, layer in self.by_picture.items()}

    def shape_alone(self, seen: Batch) -> Mapping[str, Tensor]:
        """Logits (B, groups) by attribute from the shape alone; zeros where there are no keypoints."""
        features = self.shape(seen.shape)
        return {name: layer(features) * seen.present[:, 2:3] for name, layer in self.by_shape.items()}
