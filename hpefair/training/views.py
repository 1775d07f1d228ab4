"""A training set as an estimator sees it, and the part that it never learns from."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError
from hpefair.estimators.protocol import Estimator, Staged
from hpefair.training.batches import View
from hpefair.training.crops import CropView
from hpefair.training.scenes import SceneView
from hpefair.training.training_set import TrainingSet

HELD_OUT: Final = 10  # of so many units one is held out from a cascade that has nobody to validate on


def open_view(estimator: Estimator, data: TrainingSet, skeleton: Skeleton, work: Path) -> tuple[View, View]:
    """Views of a training set.

    Args:
        estimator: Says whether it sees crops or pictures, and whether its stages need people to be observed on.
        data: The training set.
        skeleton: Its skeleton.
        work: Folder for pixels.

    Returns:
        What is trained on, and people who are not. The latter are the validation people or, where there are none, a
        tenth of the units, which then are not shown in training (unless there are too few to spare any); for estimators
        without stages they are the former.

    Raises:
        InputError: If nobody can be shown.
    """
    kind = CropView if estimator.scope == "crop" else SceneView
    people = data.people.reset_index(drop=True)
    view = kind(people, estimator.size, skeleton, _folder(work / "training"))
    if not _shown(view.exposure, view.synthetic):
        raise InputError("no training person left: no person with keypoints has an exposure above zero")
    if not isinstance(estimator, Staged):
        return view, view
    if data.validation is not None and len(data.validation):
        people = data.validation.reset_index(drop=True).assign(exposure=1.0, synthetic=False)
        return view, kind(people, estimator.size, skeleton, _folder(work / "validation"))
    held = kind(people, estimator.size, skeleton, _folder(work / "training"))
    out = np.arange(len(view.exposure)) % HELD_OUT == HELD_OUT - 1
    if (held.exposure * out).sum() > 0 and _shown(view.exposure * ~out, view.synthetic):
        view.exposure = view.exposure * ~out
        held.exposure = held.exposure * out
        held.synthetic = np.zeros(len(out), dtype=bool)
    return view, held


def _shown(exposure: NDArray[np.float64], synthetic: NDArray[np.bool_]) -> bool:
    """Whether anybody is shown: of real units where there are any, else of generated ones."""
    real = ~synthetic
    return bool((exposure[real] if real.any() else exposure).sum() > 0)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
