"""A trained estimator as one ONNX file: pixels in, people out, normalization, decoding and suppression in the graph."""

import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import ToolError
from hpefair.estimators.protocol import Estimator
from hpefair.machine import own_outputs
from hpefair.machine.replacement import replacing
from hpefair.networks.boxes import suppress
from hpefair.prediction.inputs import DEVIATION, MEAN
from hpefair.prediction.prediction import TestTime

OPSET: Final = 18
PIXELS: Final = "pixels"
OF_CROPS: Final = ("keypoints", "score")
OF_PICTURES: Final = ("image_index", "keypoints", "score", "bbox")
OF_CELLS: Final = OF_PICTURES[1:]


class Normalized(nn.Module):
    """An estimator that takes plain pixels.

    Attributes:
        size: Width and height of its input.
    """

    def __init__(self, estimator: Estimator) -> None:
        super().__init__()
        self.estimator = estimator
        self.size = estimator.size
        scale = 1 / torch.tensor(DEVIATION).view(1, 3, 1, 1)
        self.register_buffer("scale", scale)
        self.register_buffer("shift", -torch.tensor(MEAN).view(1, 3, 1, 1) * scale)

    def people(self, pixels: Tensor) -> Any:
        """Decoded people of RGB pixels (B, 3, H, W) from 0 to 255."""
        estimator = self.estimator
        return estimator.decode(estimator(torch.addcmul(cast(Tensor, self.shift), pixels, cast(Tensor, self.scale))))


class OfCrops(Normalized):
    """Keypoints (B, K, 3) in pixels of the crop with their confidences, and scores (B,)."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels of crops."""
        poses = self.people(pixels)
        return torch.cat([poses.keypoints[:, 0], poses.confidence[:, 0, :, None]], dim=2), poses.score[:, 0]


class Keypoints(Normalized):
    """Keypoints (B, K, 3), or of every cell (B, N, K, 3), alone: for tools that know one tensor in and one out."""

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels of crops or of letterboxed pictures."""
        poses = self.people(pixels)
        keypoints = torch.cat([poses.keypoints, poses.confidence[..., None]], dim=3)
        return keypoints[:, 0] if keypoints.shape[1] == 1 else keypoints


class OfCells(Normalized):
    """Everybody whom any cell proposes: keypoints (B, N, K, 3), scores (B, N), boxes (B, N, 4) as corners."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels of letterboxed pictures."""
        poses = self.people(pixels)
        return torch.cat([poses.keypoints, poses.confidence[..., None]], dim=3), poses.score, poses.bbox


class OfPictures(Normalized):
    """People (M) of all pictures: which picture each is in, keypoints (M, K, 3), scores (M,), boxes (M, 4)."""

    def __init__(self, estimator: Estimator, how: TestTime) -> None:
        super().__init__(estimator)
        self._how = how

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pixels of letterboxed pictures."""
        poses, how = self.people(pixels), self._how
        kept = suppress(poses.bbox, poses.score[:, None], how.nms_iou, how.score_threshold, how.most)
        image, cell = kept[:, 0], kept[:, 2]
        keypoints = torch.cat([poses.keypoints[image, cell], poses.confidence[image, cell][..., None]], dim=2)
        return image, keypoints, poses.score[image, cell], poses.bbox[image, cell]


def plain(model: Estimator, how: TestTime, suppressed: bool = True) -> tuple[nn.Module, tuple[str, ...]]:
    """A trained estimator as a module of tensors, and the names of what it gives.

    Args:
        model: Trained estimator.
        how: Suppression, for estimators of pictures.
        suppressed: Whether duplicates are suppressed in the module.
    """
    if model.scope == "crop":
        return OfCrops(model).eval(), OF_CROPS
    if suppressed:
        return OfPictures(model, how).eval(), OF_PICTURES
    return OfCells(model).eval(), OF_CELLS


def export(
    model: Estimator, path: Path, card: Mapping[str, Any], skeleton: Skeleton, how: TestTime, suppressed: bool = True
) -> list[str]:
    """Write a trained estimator as ONNX.

    Args:
        model: Trained estimator.
        path: File to write, whole or not at all.
        card: What the file says of itself, besides its skeleton and coordinates.
        skeleton: Skeleton of the keypoints.
        how: Suppression, for estimators of pictures.
        suppressed: Whether that is in the graph.

    Returns:
        Names of the outputs.

    Raises:
        ToolError: If the exporter fails.
    """
    import onnx
    from onnxscript import opset18

    def suppression(boxes: Any, scores: Any, nms_iou: float, score_threshold: float, most: int) -> Any:
        constants = (
            opset18.Constant(value_ints=[most]),
            opset18.Constant(value_floats=[nms_iou]),
            opset18.Constant(value_floats=[score_threshold]),
        )
        return opset18.NonMaxSuppression(boxes, scores, *constants)

    # It tells of operators of packages that are not installed, and of deprecations within torch itself.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    module, names = plain(model, how, suppressed)
    width, height = model.size
    example = torch.rand(2, 3, height, width) * 255
    try:
        with torch.no_grad(), warnings.catch_warnings(action="ignore"):
            program = torch.onnx.export(
                module, (example,), dynamo=True, opset_version=OPSET, verbose=False,
                dynamic_shapes={"pixels": {0: torch.export.Dim("batch", min=1, max=4096)}},
                input_names=[PIXELS], output_names=list(names),
                custom_translation_table={torch.ops.hpefair.suppress.default: suppression},
            )  # fmt: skip
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        raise ToolError(f"{path} cannot be written: the ONNX exporter says {str(error).splitlines()[0]}") from error
    proto = program.model_proto
    onnx.helper.set_model_props(proto, metadata(model, card, skeleton))
    with replacing(path) as part:
        part.write_bytes(proto.SerializeToString())
    return list(names)


def metadata(model: Estimator, card: Mapping[str, Any], skeleton: Skeleton) -> dict[str, str]:
    """What an exported file says of itself: all that is needed to feed and read it."""
    width, height = model.size
    facts = {
        "about": own_outputs.MARK,
        "joints": list(skeleton.joints),
        "skeleton": skeleton.name,
        "flip_order": skeleton.flip_order().tolist(),
        "input": {"width": width, "height": height, "layout": "NCHW", "colours": "RGB", "values": [0, 255]},
        "mean": list(MEAN),
        "deviation": list(DEVIATION),
        "normalization": "in the graph",
        "coordinates": "pixels of the input, pixel centres at integers",
        "scope": model.scope,
        "crop": "box widened to the input's shape, times 1.25" if model.scope == "crop" else "letterbox",
        **card,
    }
    return {f"hpefair.{key}": value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
