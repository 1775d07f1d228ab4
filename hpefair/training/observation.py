"""What a cascade's stage gets wrong on people it did not learn from."""

from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hpefair.estimators.protocol import Staged
from hpefair.prediction.inputs import normalize
from hpefair.training.batches import Batches

FIRST: Final = 1 << 30  # steps that no training reaches: observation draws other people and changes than it does
BATCHES: Final = 16


def observed_errors(model: nn.Module, batches: Batches) -> NDArray[np.float64]:
    """Errors (N, ...) of a model in its present state, over augmented showings.

    Args:
        model: An estimator with stages.
        batches: Of people who are not trained on.
    """
    device = next(model.parameters()).device
    model.eval()
    seen = []
    with torch.no_grad():
        for number in range(BATCHES):
            batch = batches.make(FIRST + number)
            targets = {name: value.to(device) for name, value in batch.targets.items()}
            outputs = model(normalize(batch.pixels.to(device)))
            seen.append(cast(Staged, model).errors(outputs, targets).double().cpu().numpy())
    return np.concatenate(seen)
