"""A trained estimator over person boxes to keypoints in image pixels."""

from collections.abc import Iterable
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from hpefair.core.pose.geometry import invert, transform
from hpefair.estimators.protocol import Estimator
from hpefair.training.crops import normalize, people_crops

Array = NDArray[np.float64]


def predict(model: nn.Module, people: pd.DataFrame, flip_test: bool, batches: Iterable[slice]) -> tuple[Array, Array]:
    """Predict one pose per person box.

    Args:
        model: Trained estimator.
        people: Rows path, bbox, keypoints (used for nothing but their shape).
        flip_test: Average with the prediction of the mirrored crop.
        batches: Slices of `people` to predict together.

    Returns:
        Keypoints (N, K, 3) in image pixels with confidence as third value, and scores (N,), the mean confidence.
    """
    estimator = cast(Estimator, model)
    model.eval()
    points, confidences = [], []
    with torch.no_grad():
        for batch in batches:
            crops, matrices = people_crops(people.iloc[batch], estimator.size)
            pixels = normalize(torch.from_numpy(crops))
            outputs = estimator(pixels)
            if flip_test:
                mirrored = estimator.unflip(estimator(pixels.flip(3)))
                outputs = {name: (value + mirrored[name]) / 2 for name, value in outputs.items()}
            found, confidence = estimator.decode(outputs)
            points += [transform(pose, invert(matrix)) for pose, matrix in zip(found, matrices, strict=True)]
            confidences.append(confidence)
    confident = np.concatenate(confidences)
    return np.concatenate([np.stack(points), confident[:, :, None]], axis=2), confident.mean(axis=1)
