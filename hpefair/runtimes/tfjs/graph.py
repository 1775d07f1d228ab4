"""TensorFlow.js graph models, run by torch: what cannot change is computed once, the rest node by node."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hpefair.errors import ToolError
from hpefair.runtimes.tfjs import weights as tfjs_weights
from hpefair.runtimes.tfjs.ops import OPERATIONS, TYPES

Values = dict[str, tuple[Tensor, ...]]

KINDS: Final = ("i", "f", "b", "s", "type", "shape", "list")
NUMPY: Final = {"DT_FLOAT": np.float32, "DT_INT32": np.int32}


@dataclass(frozen=True)
class Node:
    """One step of a graph: what it computes, from which outputs of which other nodes."""

    name: str
    operation: str
    inputs: tuple[tuple[str, int], ...]
    attributes: Mapping[str, Any]

    def run(self, values: Values) -> tuple[Tensor, ...]:
        """Outputs of this node."""
        given = [values[name][number] for name, number in self.inputs]
        try:
            outputs = OPERATIONS[self.operation](given, self.attributes)
        except (RuntimeError, TypeError, ValueError, IndexError, KeyError) as error:
            raise ToolError(f"{self.operation} {self.name} cannot be computed: {error}") from error
        return outputs if isinstance(outputs, tuple) else (outputs,)


class Graph:
    """A network.

    Attributes:
        size: Height and width of the picture it takes, None where any will do.
    """

    def __init__(self, path: Path) -> None:
        """Read a model.

        Args:
            path: Its `model.json`; the weights lie alongside it.

        Raises:
            ToolError: If it cannot be read, takes more than one input, or holds an operation that is not known.
        """
        torch.set_num_threads(1)  # sums in one order: same input, same bytes
        model, weights = tfjs_weights.load(path)
        nodes = [_node(raw) for raw in model["modelTopology"]["node"]]
        unknown = sorted({node.operation for node in nodes} - set(OPERATIONS) - {"Const", "Placeholder"})
        if unknown:
            raise ToolError(f"{path} needs operations that hpefair cannot run: {', '.join(unknown)}")
        entrances = [node for node in nodes if node.operation == "Placeholder"]
        if len(entrances) != 1:
            raise ToolError(f"{path} takes {len(entrances)} inputs where hpefair gives one picture")
        self._entrance, self._type = entrances[0].name, TYPES[entrances[0].attributes["dtype"]]
        self.size = _picture_size(entrances[0])
        self._outputs = [_reference(one["name"]) for one in model["signature"]["outputs"].values()]
        self.output_names = tuple(name for name, _ in self._outputs)
        self._constant: Values = {node.name: (_constant(node, weights),) for node in nodes if node.operation == "Const"}
        self._steps: list[Node] = []
        with torch.inference_mode():
            self._fold(list(_ordered(nodes)))

    def _fold(self, nodes: list[Node]) -> None:
        """Compute every node that depends on constants alone, and keep the others."""
        for node in nodes:
            if node.operation in ("Const", "Placeholder"):
                continue
            if all(name in self._constant for name, _ in node.inputs):
                self._constant[node.name] = node.run(self._constant)
            else:
                self._steps.append(node)

    def __call__(self, picture: NDArray[Any]) -> list[NDArray[np.float32]]:
        """Run the network.

        Args:
            picture: Pixels (1, H, W, 3); scaled as the network wants them.

        Returns:
            Its outputs, in the order of `output_names`.

        Raises:
            ToolError: If a step cannot be computed, as with a picture of the wrong size.
        """
        with torch.inference_mode():
            values = dict(self._constant)
            values[self._entrance] = (torch.from_numpy(np.ascontiguousarray(picture)).to(self._type),)
            for node in self._steps:
                values[node.name] = node.run(values)
            return [values[name][number].float().numpy() for name, number in self._outputs]


def _node(raw: Mapping[str, Any]) -> Node:
    attributes = {name: _attribute(value) for name, value in raw.get("attr", {}).items() if name != "value"}
    # "^name" only orders steps that have effects; there are none here.
    inputs = tuple(_reference(name) for name in raw.get("input", ()) if not name.startswith("^"))
    return Node(raw["name"], raw["op"], inputs, attributes)


def _reference(name: str) -> tuple[str, int]:
    """Node and number of the output that a name such as `split:2` means."""
    node, _, number = name.partition(":")
    return node, int(number or 0)


def _attribute(value: Mapping[str, Any]) -> Any:
    """An attribute as a plain value: 64-bit numbers come as strings, strings as base64."""
    kind = next((kind for kind in KINDS if kind in value), None)
    if kind == "list":
        return [_attribute({inner: one}) for inner, many in value["list"].items() for one in many]
    if kind == "i":
        return int(value["i"])
    if kind == "s":
        return base64.b64decode(value["s"]).decode("ascii", "replace")
    if kind == "shape":
        return [int(side["size"]) for side in value["shape"].get("dim", ())]
    return value[kind] if kind else None


def _constant(node: Node, weights: tfjs_weights.Weights) -> Tensor:
    if node.name not in weights:
        raise ToolError(f"the graph's constant {node.name} is not among the weights: fetch the model again")
    values = torch.from_numpy(weights[node.name])
    if values.dim() == 4:  # kernels (H, W, in, out) lie in memory as torch's convolutions want them, or each run copies
        return values.permute(3, 2, 0, 1).contiguous().permute(2, 3, 1, 0)
    return values


def _picture_size(node: Node) -> tuple[int, int] | None:
    shape = node.attributes.get("shape") or []
    return (shape[1], shape[2]) if len(shape) == 4 and min(shape[1:3]) > 0 else None


def _ordered(nodes: list[Node]) -> Iterator[Node]:
    """Nodes in an order in which each comes after its inputs."""
    waiting, done = list(nodes), set[str]()
    while waiting:
        ready = [node for node in waiting if all(name in done for name, _ in node.inputs)]
        if not ready:
            raise ToolError(
                f"the graph's node {waiting[0].name} has an input that no node provides: fetch the model again"
            )
        yield from ready
        done |= {node.name for node in ready}
        waiting = [node for node in waiting if node.name not in done]
