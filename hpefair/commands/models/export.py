"""Write a trained model as ONNX, and check that ONNX Runtime says the same as it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from hpefair.core.pose.skeletons import skeleton
from hpefair.errors import InputError, ToolError
from hpefair.machine import own_outputs

FARTHEST_PX: Final = 1e-4  # median over joints of random pictures; a single one may sit on the border of two cells


def export(folder: Path, out: Path, suppressed: bool = True) -> str:
    """Export a model.

    Args:
        folder: Folder with weights.safetensors and model.json.
        out: File to write.
        suppressed: Whether the graph of a detector ends with the suppression of duplicates.

    Returns:
        What was written.

    Raises:
        InputError: If the folder holds no model, or the file cannot be written there.
        ToolError: If the exported graph disagrees with the model.
    """
    from hpefair.prediction import weights
    from hpefair.prediction.export import export as write
    from hpefair.prediction.prediction import TestTime

    if not (folder / weights.CARD).exists():
        raise InputError(f"{folder} holds no trained model: it needs {weights.WEIGHTS} and {weights.CARD}")
    if not out.resolve().parent.is_dir() or out.is_dir():
        raise InputError(f"{out} cannot be written: name a file in a folder that exists")
    try:
        own_outputs.check_file(out)
        trial = out.with_name(f".{out.name}.part")
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}): name a file somewhere else") from error
    model, card = weights.load(folder)
    model.eval()
    facts: dict[str, Any] = {key: card[key] for key in ("estimator", "objective", "seed") if key in card}
    joints = skeleton(card["skeleton"])
    names = write(model, out, facts, joints, TestTime(), suppressed)
    distance = _distance(model, out, lambda path: write(model, path, facts, joints, TestTime(), suppressed=False))
    if not distance <= FARTHEST_PX:
        out.unlink()
        raise ToolError(
            f"{out}: export failed its check and was removed: ONNX Runtime's joints are {distance:.2g} px from the "
            f"model's in the median, {FARTHEST_PX:g} are allowed"
        )
    return f"{out}: {', '.join(names)}; ONNX Runtime's joints are {distance:.1g} px from the model's in the median"


def _distance(model: Any, file: Path, write_cells: Callable[[Path], object]) -> float:
    """Median distance in pixels between joints of a model and of its file, on random pictures.

    Of a detector that ends with suppression every cell is compared: it finds nobody in a random picture.
    """
    import torch

    from hpefair.prediction.export import plain
    from hpefair.prediction.prediction import TestTime
    from hpefair.runtimes.onnx import OnnxNetwork

    module, names = plain(model, TestTime(), suppressed=False)
    pixels = torch.rand(3, 3, model.size[1], model.size[0]) * 255
    part = file.with_name(f".{file.name}.check") if len(names) > 2 else file
    try:
        if part != file:
            write_cells(part)
        theirs = OnnxNetwork(part)(pixels.numpy())[0]
    finally:
        if part != file:
            part.unlink(missing_ok=True)
    with torch.no_grad():
        return float(np.median(np.abs(module(pixels)[0].numpy() - theirs)[..., :2]))
