"""Boxes as corners (left, top, right, bottom): overlap, its loss, and suppression of duplicates."""

import math
from typing import cast

import torch
from torch import Tensor

TINY = 1e-9


def corners(bbox: Tensor) -> Tensor:
    """Corners (..., 4) of boxes x, y, width, height."""
    return torch.cat([bbox[..., :2], bbox[..., :2] + bbox[..., 2:]], dim=-1)


def overlap(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union (...,) of boxes (..., 4), broadcast."""
    low = torch.maximum(one[..., :2], other[..., :2])
    high = torch.minimum(one[..., 2:], other[..., 2:])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    union = (one[..., 2:] - one[..., :2]).prod(dim=-1) + (other[..., 2:] - other[..., :2]).prod(dim=-1) - shared
    return shared / union.clamp(min=TINY)


def complete_overlap(found: Tensor, truth: Tensor) -> Tensor:
    """Complete IoU (Zheng et al., AAAI 2020, eq. 7-12) of boxes (..., 4): IoU less distance and shape terms."""
    iou = overlap(found, truth)
    low, high = torch.minimum(found[..., :2], truth[..., :2]), torch.maximum(found[..., 2:], truth[..., 2:])
    diagonal2 = ((high - low) ** 2).sum(dim=-1).clamp(min=TINY)
    apart = (found[..., :2] + found[..., 2:] - truth[..., :2] - truth[..., 2:]) / 2
    size, wanted = found[..., 2:] - found[..., :2], truth[..., 2:] - truth[..., :2]
    angle = torch.atan2(wanted[..., 0], wanted[..., 1]) - torch.atan2(size[..., 0], size[..., 1])
    shape = 4 / math.pi**2 * angle**2
    with torch.no_grad():
        weight = shape / (1 - iou + shape).clamp(min=TINY)
    return iou - (apart**2).sum(dim=-1) / diagonal2 - weight * shape


@torch.library.custom_op("hpefair::suppress", mutates_args=())
def suppress(boxes: Tensor, scores: Tensor, nms_iou: float, score_threshold: float, most: int) -> Tensor:
    """Non-maximum suppression of every image of a batch, as ONNX's NonMaxSuppression does it.

    Args:
        boxes: Corners (B, N, 4).
        scores: Scores (B, 1, N).
        nms_iou: Boxes that overlap a better one by more than this are dropped.
        score_threshold: Boxes with no higher score than this are dropped.
        most: Boxes kept of an image.

    Returns:
        Image, 0, and number of each kept box (M, 3), by image, best first.
    """
    kept = []
    for image in range(boxes.shape[0]):
        score = scores[image, 0]
        left = torch.nonzero(score > score_threshold)[:, 0]
        left = left[score[left].argsort(descending=True, stable=True)]
        for _ in range(most):
            if not len(left):
                break
            kept.append(torch.stack([left.new_tensor(image), left.new_tensor(0), left[0]]))
            others = left[1:]
            left = others[overlap(boxes[image, left[0]], boxes[image, others]) <= nms_iou]
    return torch.stack(kept) if kept else torch.zeros(0, 3, dtype=torch.int64, device=boxes.device)


@suppress.register_fake
def _(boxes: Tensor, scores: Tensor, nms_iou: float, score_threshold: float, most: int) -> Tensor:
    number = torch.library.get_ctx().new_dynamic_size()
    return cast(Tensor, boxes.new_empty((number, 3), dtype=torch.int64))
