"""Small TensorFlow.js graph models, written the way the converter writes them."""

import base64
import json

import numpy as np

STORED = {"float32": "<f4", "int32": "<i4"}


def text(value):
    """A string attribute."""
    return {"s": base64.b64encode(value.encode()).decode()}


def integers(*values):
    """A list attribute; 64-bit numbers are strings in JSON."""
    return {"list": {"i": [str(value) for value in values]}}


def node(name, op, inputs=(), **attributes):
    """One node."""
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def entrance(*shape):
    """The input of a graph."""
    sides = {"shape": {"dim": [{"size": str(side)} for side in shape]}}
    return node("image", "Placeholder", dtype={"type": "DT_FLOAT"}, shape=sides)


def write(folder, nodes, weights, outputs, quantized=None):
    """Write `model.json` and `weights.bin`; `quantized` gives stored arrays and how to widen them, by name."""
    entries, data = [], b""
    for name, values in weights.items():
        kind = "int32" if values.dtype.kind == "i" else "float32"
        entry = {"name": name, "shape": list(values.shape), "dtype": kind}
        stored = values.astype(STORED[kind])
        if quantized and name in quantized:
            stored, entry["quantization"] = quantized[name]
        entries.append(entry)
        data += np.ascontiguousarray(stored).tobytes()
    constants = [node(name, "Const", dtype={"type": "DT_FLOAT"}) for name in weights]
    model = {
        "format": "graph-model",
        "modelTopology": {"node": [*nodes, *constants]},
        "signature": {"outputs": {name: {"name": name} for name in outputs}},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": entries}],
    }
    path = folder / "model.json"
    path.write_text(json.dumps(model))
    (folder / "weights.bin").write_bytes(data)
    return path
