"""YOLO-Pose (Maji et al., CVPR-W 2022): people and their joints in one pass over the whole image, without anchors.

Every cell of three maps says how likely it holds a person, the person's box, and its joints, each relative to the cell,
so that joints may lie outside the box. Boxes learn by complete IoU, joints by OKS in COCO's form. The paper prints the
exponent's sign wrong, and its code doubles the exponent; both are COCO's here. OKS alone has no gradient far from a
joint, so a distance in OKS units leads at first. Of anchors the paper says that it does without them as well.
"""

from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hpefair.core.pose.skeleton import Skeleton
from hpefair.estimators.protocol import Estimator, Losses, Poses, Resizable, Sample, Scheduled, observed
from hpefair.networks import similarity
from hpefair.networks.backbones import STRIDES, Pyramid, SmallBackbone
from hpefair.networks.blocks import conv_norm
from hpefair.networks.boxes import complete_overlap, overlap
from hpefair.networks.cells import assign, centres, inside_any
from hpefair.settings.attributes import Section

NECK: Final = 64
LEVELS: Final = STRIDES[1:]  # 8, 16, 32
BOX: Final = 4
JOINT_SCALE: Final = 2.0  # strides a joint moves by 1 of the network's output
PRIOR: Final = 0.01  # score of every cell before training: nearly all are background
GAINS: Final = {"box": 1.0, "joints": 2.0, "confidence": 0.1, "score": 1.0}


class Options(Section):
    """What can be chosen.

    Attributes:
        side: Pixels a side of the input; a multiple of 32.
        joint_loss: `oks`, or the `l1` distance in roots of the area that it is compared with in the paper.
        warmup: Share of the training in which a distance in OKS units fades out; 0 for pure OKS.
    """

    side: int = Field(default=256, ge=64, multiple_of=32)
    joint_loss: Literal["oks", "l1"] = "oks"
    warmup: float = Field(default=0.5, ge=0, le=1)


class Head(nn.Module):
    """One map's features to what its cells say: score, box, joints with confidences."""

    def __init__(self, joints: int) -> None:
        super().__init__()
        self.person = nn.Sequential(conv_norm(NECK, NECK), nn.Conv2d(NECK, 1 + BOX, 1))
        self.pose = nn.Sequential(conv_norm(NECK, NECK), nn.Conv2d(NECK, 3 * joints, 1))
        with torch.no_grad():
            self.person[-1].bias[0] = float(np.log(PRIOR / (1 - PRIOR)))

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, H, W) to cells (B, H W, 1 + 4 + 3 K)."""
        return torch.cat([self.person(features), self.pose(features)], dim=1).flatten(2).transpose(1, 2)


class YoloPose(Estimator, Scheduled, Resizable):
    """The estimator; see `protocol.Estimator` and `protocol.Scheduled`."""

    scope: Literal["image"] = "image"
    places: Tensor
    steps: Tensor

    def __init__(self, skeleton: Skeleton, options: Options) -> None:
        super().__init__()
        self._skeleton = skeleton
        self.size, self.options, self.joints = (options.side, options.side), options, skeleton.size
        self.backbone = SmallBackbone()
        self.pyramid = Pyramid(self.backbone.channels[1:], NECK)
        self.heads = nn.ModuleList(Head(skeleton.size) for _ in LEVELS)
        self.progress = 1.0
        places, steps = centres(self.size, LEVELS)
        for name, value in (
            ("places", places),
            ("steps", steps),
            ("flip_order", torch.from_numpy(skeleton.flip_order())),
            ("flip_cells", _mirrored_cells(self.size)),
            ("variances", torch.from_numpy(skeleton.variances).float()),
        ):
            self.register_buffer(name, value, persistent=False)

    def advance(self, progress: float) -> None:
        """Remember the share of training done: the warm-up fades with it."""
        self.progress = progress

    def resized(self, scale: float) -> "YoloPose":
        """The same network for pictures shown at another scale, to the next multiple of 32."""
        side = max(round(self.options.side * scale / STRIDES[-1]), 2) * STRIDES[-1]
        other = YoloPose(self._skeleton, self.options.model_copy(update={"side": side}))
        other.load_state_dict(self.state_dict())
        return other.to(self.places.device)

    def encode(self, sample: Sample, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Keypoints (P, K, 3), boxes (P, 4) as corners, areas (P,), and ignored regions (I, 4) as corners."""
        boxes, ignored = sample.bbox, sample.ignored.reshape(-1, 4)
        return {
            "keypoints": sample.keypoints.astype(np.float32),
            "boxes": np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1).astype(np.float32),
            "area": (similarity.AREA_OF_BOX * boxes[:, 2] * boxes[:, 3]).astype(np.float32),
            "ignored": np.concatenate([ignored[:, :2], ignored[:, :2] + ignored[:, 2:]], axis=1).astype(np.float32),
        }

    def forward(self, pixels: Tensor, targets: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """What every cell says (B, N, 1 + 4 + 3 K), unscaled."""
        maps = self.pyramid(self.backbone(pixels)[1:])
        return {"cells": torch.cat([head(features) for head, features in zip(self.heads, maps, strict=True)], dim=1)}

    def losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Losses:
        """Loss of each person over the cells that answer for it; of each image over cells that nobody asked."""
        cells, boxes = outputs["cells"].float(), targets["boxes"]
        present = (boxes[..., 2:] > boxes[..., :2]).all(dim=2)
        answers = assign(boxes, present, self.places, self.steps)
        image, person, cell = answers.nonzero(as_tuple=True)
        predicted, truth = cells[image, cell], targets["keypoints"][image, person]
        box, joints, confidence = self._shapes(predicted, self.places[cell], self.steps[cell])
        with torch.no_grad():
            quality = overlap(box, boxes[image, person]).clamp(0, 1)
        each = (
            GAINS["box"] * (1 - complete_overlap(box, boxes[image, person]))
            + GAINS["joints"] * self._joint_loss(joints, truth, targets["area"][image, person])
            + GAINS["confidence"] * _confidence_loss(confidence, truth)
            + GAINS["score"] * functional.binary_cross_entropy_with_logits(predicted[:, 0], quality, reduction="none")
        )
        number = answers.sum(dim=2)
        total = torch.zeros_like(number, dtype=each.dtype).index_put((image, person), each, accumulate=True)
        asked = answers.any(dim=1) | inside_any(self.places, targets["ignored"])
        alarm = functional.softplus(cells[..., 0]).masked_fill(asked, 0).sum(dim=1)
        # Somebody behind others of the same size and place may be left without a cell.
        person_loss = observed(total / number.clamp(min=1), number > 0)
        return Losses(person_loss, GAINS["score"] * alarm / number.sum(dim=1).clamp(min=1))

    def unflip(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mirror cells, left and right of boxes, and joints."""
        cells = outputs["cells"][:, self.flip_cells]
        score, box, pose = cells.split([1, BOX, 3 * self.joints], dim=2)
        pose = pose.unflatten(2, (self.joints, 3))[:, :, self.flip_order]
        pose = pose * pose.new_tensor([-1.0, 1.0, 1.0])
        return {"cells": torch.cat([score, box[..., [2, 1, 0, 3]], pose.flatten(2)], dim=2)}

    def decode(self, outputs: dict[str, Tensor]) -> Poses:
        """One candidate per cell; `training.detection` keeps the best of those that overlap."""
        cells = outputs["cells"].float()
        box, joints, confidence = self._shapes(cells, self.places, self.steps)
        return Poses(joints, confidence.sigmoid(), cells[..., 0].sigmoid(), box)

    def _shapes(self, cells: Tensor, places: Tensor, steps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (..., 4) as corners, joints (..., K, 2) and logits of their confidence (..., K), in pixels."""
        sides = functional.softplus(cells[..., 1 : 1 + BOX]) * steps[:, None]
        box = torch.cat([places - sides[..., :2], places + sides[..., 2:]], dim=-1)
        pose = cells[..., 1 + BOX :].unflatten(-1, (self.joints, 3))
        joints = places[:, None] + pose[..., :2] * (JOINT_SCALE * steps)[:, None, None]
        return box, joints, pose[..., 2]

    def _joint_loss(self, joints: Tensor, truth: Tensor, area: Tensor) -> Tensor:
        """Loss of joints (M, K, 2) against keypoints (M, K, 3) of people of these areas (M,)."""
        if self.options.joint_loss == "l1":
            return similarity.l1_loss(joints, truth, area)
        loss = similarity.oks_loss(joints, truth, area, self.variances)
        lead = 1 - self.progress / self.options.warmup if self.options.warmup else 0.0
        if lead > 0:
            loss = loss + lead * similarity.scaled_distance_loss(joints, truth, area, self.variances)
        return loss


def _confidence_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy (M,) of whether each joint (M, K) is labelled; nothing of people without any labelled joint."""
    labelled = (truth[..., 2] > 0).to(logits.dtype)
    loss = functional.binary_cross_entropy_with_logits(logits, labelled, reduction="none").mean(dim=1)
    return loss * labelled.amax(dim=1)


def _mirrored_cells(size: tuple[int, int]) -> Tensor:
    """Cell order (N,) after mirroring the image."""
    order, start = [], 0
    for stride in LEVELS:
        width, height = size[0] // stride, size[1] // stride
        order.append(torch.arange(start, start + width * height).view(height, width).flip(1).flatten())
        start += width * height
    return torch.cat(order)


def make(size: tuple[int, int], skeleton: Skeleton, options: Options) -> YoloPose:
    """Build the estimator; the side of its input comes from the options, not from the size of crops."""
    return YoloPose(skeleton, options)
