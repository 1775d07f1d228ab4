"""ONNX models, run by onnxruntime on one thread."""

from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from hpefair.errors import ToolError

TYPES: Final = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(uint8)": "uint8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
}


class OnnxNetwork:
    """A model with one input."""

    def __init__(self, model: Path) -> None:
        """Load a model file.

        Raises:
            ToolError: If onnxruntime is not installed, cannot load the file, or the model takes several inputs.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise ToolError(f"{model} needs onnxruntime: pip install 'hpefair[generate]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, ["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common class
            raise ToolError(f"onnxruntime cannot load {model}: {error}") from error
        self._model = model
        self._input, *others = self._session.get_inputs()
        if others:
            raise ToolError(f"{model} takes {1 + len(others)} inputs where hpefair gives one picture")
        if self._input.type not in TYPES:
            raise ToolError(f"{model} takes {self._input.type}, known are {', '.join(TYPES)}")

    def __call__(self, picture: NDArray[Any]) -> list[NDArray[Any]]:
        """Outputs for an input, which is cast to the type the model takes.

        Raises:
            ToolError: If the input has the wrong shape.
        """
        given = {self._input.name: picture.astype(TYPES[self._input.type])}
        try:
            return list(self._session.run(None, given))
        except Exception as error:  # its errors have no common class
            raise ToolError(f"{self._model} does not take a picture of shape {picture.shape}: {error}") from error
