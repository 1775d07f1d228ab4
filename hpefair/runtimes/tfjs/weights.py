"""Weights of TensorFlow.js models: shards of little-endian numbers, possibly stored with fewer bits.

Format: tfjs-converter's `weightsManifest` (tfjs-core/src/io/types.ts and io_utils.ts, decodeWeights).
"""

import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hpefair.errors import ToolError

Weights = dict[str, NDArray[Any]]

PLAIN: Final = {"float32": "<f4", "int32": "<i4", "bool": "?", "uint8": "u1"}
STORED: Final = {"float16": "<f2", "uint8": "u1", "uint16": "<u2"}


def load(path: Path) -> tuple[dict[str, Any], Weights]:
    """Read a graph model.

    Args:
        path: Its `model.json`; the shards it names lie alongside it.

    Returns:
        The whole JSON document, and the weights by name.

    Raises:
        ToolError: If it is no graph model, a shard is missing or of another size, or a weight's type is not known.
    """
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
        groups = model["weightsManifest"]
        if model["format"] != "graph-model" or not isinstance(model["modelTopology"]["node"], list):
            raise ToolError(f"{path} is a TensorFlow.js file, but not of a graph model")
        weights: Weights = {}
        for group in groups:
            shards = b"".join((path.parent / Path(name).name).read_bytes() for name in group["paths"])
            weights.update(_unpack(path, group["weights"], shards))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ToolError(f"{path} cannot be read as a TensorFlow.js graph model ({error!r}): fetch it again") from error
    return model, weights


def _unpack(path: Path, entries: list[dict[str, Any]], shards: bytes) -> Weights:
    """Cut the joined shards of a group into arrays."""
    weights: Weights = {}
    start = 0
    for entry in entries:
        stored = _stored_type(path, entry)
        count = math.prod(entry["shape"])
        end = start + count * stored.itemsize
        if end > len(shards):
            raise ToolError(f"{path}: the weights end early, in {entry['name']}: fetch the model again")
        values = np.frombuffer(shards, stored, count, start).reshape(entry["shape"])
        weights[entry["name"]] = _widened(values, entry)
        start = end
    if start != len(shards):
        raise ToolError(
            f"{path}: {len(shards) - start} bytes of the weights belong to no tensor: fetch the model again"
        )
    return weights


def _stored_type(path: Path, entry: dict[str, Any]) -> np.dtype[Any]:
    quantized = entry.get("quantization")
    name, known = (quantized["dtype"], STORED) if quantized else (entry["dtype"], PLAIN)
    if name not in known:
        raise ToolError(f"{path}: weight {entry['name']} is stored as {name}, known are {', '.join(known)}")
    return np.dtype(known[name])


def _widened(values: NDArray[Any], entry: dict[str, Any]) -> NDArray[Any]:
    """Values in the type they are computed with; whole numbers stand for `min + scale * number`."""
    target = np.dtype(PLAIN[entry["dtype"]]).newbyteorder("=")
    quantized = entry.get("quantization") or {}
    if "scale" not in quantized:
        return values.astype(target)
    widened = values * np.float32(quantized["scale"]) + np.float32(quantized["min"])
    return (np.rint(widened) if target.kind == "i" else widened).astype(target)
