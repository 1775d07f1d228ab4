"""TensorFlow Lite models, run by LiteRT on one thread."""

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hpefair.errors import ToolError


class TfliteNetwork:
    """A model with one input."""

    def __init__(self, model: Path) -> None:
        """Load a model file.

        Raises:
            ToolError: If LiteRT is not installed, cannot load the file, or the model takes several inputs.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ToolError(f"{model} needs LiteRT: pip install 'hpefair[generate]'") from error
        try:
            self._interpreter = Interpreter(model_path=str(model), num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise ToolError(f"LiteRT cannot load {model}: {error}") from error
        self._model = model
        self._input, *others = self._interpreter.get_input_details()
        if others:
            raise ToolError(f"{model} takes {1 + len(others)} inputs where hpefair gives one picture")
        self._outputs = [one["index"] for one in self._interpreter.get_output_details()]

    def __call__(self, picture: NDArray[Any]) -> list[NDArray[Any]]:
        """Outputs for an input, which is cast to the type the model takes.

        Raises:
            ToolError: If the input has the wrong shape.
        """
        try:
            self._interpreter.set_tensor(self._input["index"], picture.astype(self._input["dtype"]))
        except ValueError as error:
            raise ToolError(f"{self._model} does not take a picture of shape {picture.shape}: {error}") from error
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]
