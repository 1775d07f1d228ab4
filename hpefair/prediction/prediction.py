"""A trained estimator over person boxes or pictures to keypoints in image pixels, with test-time augmentation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hpefair.arrays import Array
from hpefair.core.pose.geometry import invert, transform
from hpefair.errors import SettingsError
from hpefair.estimators.protocol import Estimator, Poses, Resizable
from hpefair.networks.boxes import suppress
from hpefair.prediction.inputs import decoded, fitted, normalize, people_crops


@dataclass(frozen=True)
class TestTime:
    """What is done at prediction.

    Attributes:
        flip: Average with what is predicted of the mirrored input.
        scales: Sizes at which people are shown; results are averaged (crops) or pooled (pictures).
        batch: Inputs predicted together.
        score_threshold: Score below which a detection is dropped.
        nms_iou: Overlap with a better box above which one is dropped.
        most: Detections kept of a picture.
    """

    __test__ = False  # not for pytest to collect

    flip: bool = True
    scales: tuple[float, ...] = (1.0,)
    batch: int = 64
    score_threshold: float = 0.05
    nms_iou: float = 0.65
    most: int = 20

    def cost(self, scope: str) -> float:
        """Pixels that go through the network, relative to one pass; crops are of one size at every scale."""
        passes = len(self.scales) if scope == "crop" else sum(scale**2 for scale in self.scales)
        return passes * (2 if self.flip else 1)


def predict(
    model: Estimator, people: pd.DataFrame, how: TestTime, batches: Iterable[slice] | None = None
) -> tuple[Array, Array]:
    """Predict one pose per person box.

    Args:
        model: Trained estimator of crops.
        people: Rows path, bbox.
        how: Test-time augmentation.
        batches: Slices of `people` to predict together, for a progress bar.

    Returns:
        Keypoints (N, K, 3) in image pixels with confidence as third value, and scores (N,), the mean confidence.
    """
    model.eval()
    out = []
    with torch.inference_mode():
        for batch in slices(len(people), how.batch) if batches is None else batches:
            seen = [_at_scale(model, people.iloc[batch], how.flip, scale) for scale in how.scales]
            out.append(np.mean(seen, axis=0))
    poses: Array = np.concatenate(out)
    return poses, poses[:, :, 2].mean(axis=1)


def detect(
    model: Estimator, pictures: pd.DataFrame, how: TestTime, batches: Iterable[slice] | None = None
) -> pd.DataFrame:
    """Predict everybody in pictures.

    Args:
        model: Trained estimator of pictures.
        pictures: Rows image_id, path.
        how: Test-time augmentation and suppression.
        batches: Slices of `pictures` to predict together, for a progress bar.

    Returns:
        Rows image_id, path, keypoints (3 K numbers in image pixels), score, bbox; of every picture the best first.
    """
    model.eval()
    sizes = [_resized(model, scale) for scale in how.scales]
    rows: list[dict[str, Any]] = []
    with torch.inference_mode():
        for batch in slices(len(pictures), how.batch) if batches is None else batches:
            part = pictures.iloc[batch]
            seen = [_seen(sized, part, how.flip) for sized in sizes]
            everything = Poses(*(torch.cat(list(values), dim=1) for values in zip(*seen, strict=True)))
            rows += _rows(everything, part, how)
    return pd.DataFrame(rows, columns=["image_id", "path", "keypoints", "score", "bbox"])


def slices(number: int, batch: int) -> list[slice]:
    """Slices that cover `number` rows."""
    return [slice(start, start + batch) for start in range(0, number, batch)]


def outputs_of(estimator: Estimator, pixels: Tensor, flip: bool) -> dict[str, Tensor]:
    """Raw outputs for normalized pixels, averaged with those of the mirrored pixels if wanted."""
    outputs = estimator(pixels)
    if not flip:
        return outputs
    mirrored = estimator.unflip(estimator(pixels.flip(3)))
    return {name: (value + mirrored[name]) / 2 for name, value in outputs.items()}


def _at_scale(estimator: Estimator, people: pd.DataFrame, flip: bool, scale: float) -> Array:
    """Poses (N, K, 3) in image pixels of people who are shown `scale` times as large as usual."""
    crops, matrices = people_crops(people, estimator.size, scale)
    device = next(estimator.parameters()).device
    poses = estimator.decode(outputs_of(estimator, normalize(torch.from_numpy(crops).to(device)), flip))
    points = poses.keypoints[:, 0].double().cpu().numpy()
    placed = [transform(pose, invert(matrix)) for pose, matrix in zip(points, matrices, strict=True)]
    return np.concatenate([np.stack(placed), poses.confidence[:, 0, :, None].double().cpu().numpy()], axis=2)


def _resized(model: Estimator, scale: float) -> Estimator:
    """The estimator for inputs of another size; the same one at scale 1.

    Raises:
        SettingsError: If it takes inputs of one size only.
    """
    if scale == 1:
        return model
    if not isinstance(model, Resizable):
        raise SettingsError(
            f"scale {scale} is not possible: this estimator takes inputs of one size; set "
            "predict.engine.scales to [1.0]"
        )
    return model.resized(scale).eval()


def _seen(estimator: Estimator, pictures: pd.DataFrame, flip: bool) -> Poses:
    """Candidates of every picture in its own pixels."""
    pairs = [fitted(decoded(path), estimator.size) for path in pictures["path"]]
    device = next(estimator.parameters()).device
    pixels = normalize(torch.from_numpy(np.stack([pixels for pixels, _ in pairs])).to(device))
    poses = estimator.decode(outputs_of(estimator, pixels, flip))
    back = torch.from_numpy(np.stack([invert(matrix) for _, matrix in pairs])).to(poses.bbox)
    scale, offset = back[:, 0, 0], back[:, :, 2]
    keypoints = poses.keypoints * scale.view(-1, 1, 1, 1) + offset.view(-1, 1, 1, 2)
    corners = poses.bbox * scale.view(-1, 1, 1) + offset.repeat(1, 2)[:, None]
    return Poses(keypoints, poses.confidence, poses.score, corners)


def _rows(poses: Poses, pictures: pd.DataFrame, how: TestTime) -> list[dict[str, Any]]:
    kept = suppress(poses.bbox, poses.score[:, None], how.nms_iou, how.score_threshold, how.most)
    rows = []
    for image, _, number in kept.tolist():
        picture = pictures.iloc[image]
        joints = torch.cat([poses.keypoints[image, number], poses.confidence[image, number, :, None]], dim=1)
        corners = poses.bbox[image, number].double().cpu().numpy() + 0.5  # back to pixel edges
        rows.append(
            {
                "image_id": picture["image_id"],
                "path": picture["path"],
                "keypoints": joints.double().flatten().tolist(),
                "score": float(poses.score[image, number]),
                "bbox": [*corners[:2], *(corners[2:] - corners[:2])],
            }
        )
    return rows
