"""Object keypoint similarity as a loss term."""

import torch
from torch import Tensor

AREA_OF_BOX = 0.53  # what a person's mask fills of its box on average: the habit of datasets without masks


def keypoint_similarity(found: Tensor, keypoints: Tensor, area: Tensor, variances: Tensor) -> Tensor:
    """Similarity of every joint, COCO's form: exp(-d^2 / (2 area (2 sigma)^2)).

    Args:
        found: Points (..., K, 2).
        keypoints: Annotated joints (..., K, 2 or 3).
        area: Areas (...,) in square pixels.
        variances: (2 sigma)^2 (K,).

    Returns:
        Similarities (..., K), differentiable in `found`.
    """
    return torch.exp(-_exponent(found, keypoints, area, variances))


def oks_loss(found: Tensor, keypoints: Tensor, area: Tensor, variances: Tensor) -> Tensor:
    """1 - OKS of people (...,): the mean over labelled joints; 0 for people without any."""
    labelled = (keypoints[..., 2] > 0).to(found.dtype)
    loss = (1 - keypoint_similarity(found, keypoints, area, variances)) * labelled
    return loss.sum(dim=-1) / labelled.sum(dim=-1).clamp(min=1)


def scaled_distance_loss(found: Tensor, keypoints: Tensor, area: Tensor, variances: Tensor) -> Tensor:
    """Smooth distance in OKS units, people (...,): its gradient reaches joints where OKS is flat.

    sqrt(1 + 2 e) - 1 with e the exponent of OKS: e near the joint, linear in the distance far from it.
    """
    labelled = (keypoints[..., 2] > 0).to(found.dtype)
    loss = (torch.sqrt(1 + 2 * _exponent(found, keypoints, area, variances)) - 1) * labelled
    return loss.sum(dim=-1) / labelled.sum(dim=-1).clamp(min=1)


def l1_loss(found: Tensor, keypoints: Tensor, area: Tensor) -> Tensor:
    """Mean absolute distance over labelled joints in roots of the area, people (...,)."""
    labelled = (keypoints[..., 2] > 0).to(found.dtype)
    distance = (found - keypoints[..., :2]).abs().sum(dim=-1) / area[..., None].clamp(min=1).sqrt()
    return (distance * labelled).sum(dim=-1) / labelled.sum(dim=-1).clamp(min=1)


def _exponent(points: Tensor, keypoints: Tensor, area: Tensor, variances: Tensor) -> Tensor:
    distance2 = ((points - keypoints[..., :2]) ** 2).sum(dim=-1)
    return distance2 / (2 * area[..., None].clamp(min=1) * variances)
