"""TensorFlow Lite models, run by LiteRT on one thread."""

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hpefair.errors import ToolError


class Network:
    """A model with one input.

    Attributes:
        shape: Shape of its input.
    """

    def __init__(self, model: Path) -> None:
        """Load a model file.

        Raises:
            ToolError: If LiteRT is not installed, or cannot load the file.
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
        self._input, *others = self._interpreter.get_input_details()
        if others:
            raise ToolError(f"{model} takes {1 + len(others)} inputs where hpefair gives one picture")
        self.shape = tuple(int(side) for side in self._input["shape"])
        self._outputs = self._interpreter.get_output_details()

    def __call__(self, picture: NDArray[Any]) -> dict[tuple[int, ...], NDArray[Any]]:
        """Run the model on an input of its shape.

        Returns:
            Its outputs by their shapes: names differ from one conversion of a model to the next, shapes do not.
        """
        self._interpreter.set_tensor(self._input["index"], picture.astype(self._input["dtype"]))
        self._interpreter.invoke()
        return {
            tuple(int(n) for n in one["shape"]): self._interpreter.get_tensor(one["index"]) for one in self._outputs
        }
