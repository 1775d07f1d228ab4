"""A judge of one's own: an ONNX or TensorFlow Lite file, and a JSON file that says how to feed and read it."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpefair.arrays import Array, Pixels
from hpefair.errors import SettingsError, ToolError
from hpefair.judges.protocol import Sighting
from hpefair.judges.window import around
from hpefair.runtimes.onnx import OnnxNetwork
from hpefair.runtimes.tflite import TfliteNetwork

Positive = Annotated[float, Field(gt=0)]
Network = Callable[[NDArray[Any]], list[NDArray[Any]]]
Channels = tuple[float, float, float]

JOINTS: Final = 17


class Description(BaseModel):
    """How to feed and read a model; every joint in COCO's order.

    Attributes:
        model: Its file, `.onnx` or `.tflite`, beside the description.
        size: Width and height of its input in pixels.
        layout: Whether channels come first or last.
        colours: Order of the channels.
        mean: Subtracted from pixels 0 to 255, by channel in that order.
        deviation: What the difference is divided by.
        room: Side of what it is shown over the person's box.
        output: `heatmaps` (1, 17, h, w), or `coordinates`, an output of 51 numbers.
        axes: Order of coordinates.
        unit: Unit of coordinates: shares of the input, or its pixels with the first centre at 0.5.
        sigma: Of the heatmaps it was trained with, in cells.
        least_score: Score of the surest joint below which nobody is there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    layout: Literal["nchw", "nhwc"] = "nchw"
    colours: Literal["rgb", "bgr"] = "rgb"
    mean: Channels = (0.0, 0.0, 0.0)
    deviation: tuple[Positive, Positive, Positive] = (1.0, 1.0, 1.0)
    room: Positive = 1.25
    output: Literal["coordinates", "heatmaps"]
    axes: Literal["yx", "xy"] = "yx"
    unit: Literal["share", "pixels"] = "share"
    sigma: Positive = 2.0
    least_score: Annotated[float, Field(ge=0, le=1)] = 0.2


class ModelFile:
    """A judge out of a local file."""

    def __init__(self, description: Path) -> None:
        """Load a model.

        Args:
            description: JSON file with the fields of `Description`; its stem is the judge's name.

        Raises:
            SettingsError: If the description cannot be read or names no known kind of file.
            ToolError: If the model cannot be loaded.
        """
        try:
            self._how = Description.model_validate_json(description.read_bytes())
            model = description.parent / self._how.model
            digest = hashlib.sha256(model.read_bytes()).hexdigest()
        except (OSError, ValidationError) as error:
            raise SettingsError(f"{description} does not describe a model: {error}") from error
        kinds: dict[str, Callable[[Path], Network]] = {".onnx": OnnxNetwork, ".tflite": TfliteNetwork}
        if model.suffix not in kinds:
            raise SettingsError(f"{description}: {model.name} is neither an .onnx nor a .tflite file")
        self.name, self.model_id = description.stem, f"{model.name} {digest[:8]}"
        self._network = kinds[model.suffix](model)

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """See `protocol.Judge`."""
        window = around(bbox, self._how.room, self._how.size)
        outputs = self._network(feed(window.cut(pixels), self._how))
        points, score = read(outputs, self._how)
        if not score.max() >= self._how.least_score:
            return None
        return Sighting(np.column_stack([window.back(points), score.clip(0, 1)]))


def feed(crop: Pixels, how: Description) -> NDArray[np.float32]:
    """What a network is given for a crop (h, w, 3), RGB."""
    ordered = crop if how.colours == "rgb" else crop[..., ::-1]
    scaled = (ordered - np.array(how.mean, np.float32)) / np.array(how.deviation, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1) if how.layout == "nchw" else scaled, np.float32)[None]


def read(outputs: list[NDArray[Any]], how: Description) -> tuple[Array, Array]:
    """Joints (17, 2) in pixels of the crop, first centre at 0.5, and their scores (17,).

    Raises:
        ToolError: If not exactly one output has the described shape.
    """
    if how.output == "coordinates":
        rows = _only(outputs, how, lambda shape: math.prod(shape) == 3 * JOINTS).reshape(JOINTS, 3).astype(float)
        points = rows[:, 1::-1] if how.axes == "yx" else rows[:, :2]
        return points * (np.array(how.size) if how.unit == "share" else 1), rows[:, 2]
    maps = _only(outputs, how, lambda shape: len(shape) == 4 and shape[:2] == (1, JOINTS))
    stride, other = how.size[0] / maps.shape[3], how.size[1] / maps.shape[2]
    if stride != other:
        raise ToolError(f"{how.model} gives heatmaps {maps.shape} that do not have the shape of its input {how.size}")
    from torch import from_numpy  # costs seconds to import, and few judges give heatmaps

    from hpefair.networks.peaks import decode

    points, score = decode(from_numpy(np.maximum(maps, 0).astype(np.float32)), stride, how.sigma, "dark")
    return points[0].double().numpy() + 0.5, score[0].double().numpy()  # the codec counts pixel centres at integers


def _only(outputs: list[NDArray[Any]], how: Description, fits: Callable[[tuple[int, ...]], bool]) -> NDArray[Any]:
    """The output with the wanted shape."""
    fitting = [one for one in outputs if fits(one.shape)]
    if len(fitting) != 1:
        shapes = ", ".join(str(one.shape) for one in outputs)
        raise ToolError(f"{how.model} has {len(fitting)} outputs of {how.output} of {JOINTS} joints, among {shapes}")
    return fitting[0]
