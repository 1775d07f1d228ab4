"""Batch normalization over the whole batch, however many processes share it."""

from typing import cast

import torch
import torch.distributed
from torch import Tensor, nn
from torch.distributed.nn import functional as collective


class BatchNorm(nn.BatchNorm2d):
    """`BatchNorm2d` whose statistics are those of all processes' crops together, on any device.

    torch's own SyncBatchNorm does the same on GPUs only. With one process, and at prediction, it is BatchNorm2d.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Normalize features (B, C, H, W)."""
        processes = torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1
        if not self.training or processes == 1:
            return super().forward(features)
        # float32 whatever the precision of the features: sums over a batch overflow bfloat16's eight bits.
        wide = features.float()
        own = wide.new_tensor([wide.numel() / wide.shape[1]])
        sums = torch.cat([wide.sum(dim=(0, 2, 3)), (wide * wide).sum(dim=(0, 2, 3)), own])
        sums = cast(Tensor, collective.all_reduce(sums))
        count = sums[-1].detach()
        mean, square = sums[:-1].div(count).chunk(2)
        variance = (square - mean * mean).clamp(min=0)
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = self.bias - mean * scale
        return (wide * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)).to(features.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        cast(Tensor, self.num_batches_tracked).add_(1)
        momentum = cast(float, self.momentum)
        cast(Tensor, self.running_mean).lerp_(mean, momentum)
        cast(Tensor, self.running_var).lerp_(variance, momentum)
