"""Graphs are run as TensorFlow.js runs them, and what cannot be run is said."""

import json
from pathlib import Path

import numpy as np
import pytest

from hpefair.errors import ToolError
from hpefair.runtimes.tfjs.graph import Graph
from tests.runtimes.tfjs import files

# What @tensorflow/tfjs 4.22.0 on its cpu backend says about `drawn(256)`.
OUTPUTS = json.loads((Path(__file__).parent / "outputs.json").read_text())


def drawn(side):
    """A picture without chance in it, the same in both languages."""
    y, x, c = np.mgrid[:side, :side, :3]
    return ((x * 7 + y * 13 + c * 50 + x * y // 37) % 256)[None]


def test_movenet_as_tensorflow_js_runs_it(judges):
    """Thunder: 150 steps."""
    found = Graph(judges / "movenet" / "movenet-thunder.json")(drawn(256))
    assert found[0].shape == (1, 1, 17, 3)
    np.testing.assert_allclose(found[0].ravel(), OUTPUTS["movenet"], atol=2e-5)


def test_multipose_as_tensorflow_js_runs_it(judges):
    """With its sorting, gathering and slicing, which one picture of another size goes through as well."""
    graph = Graph(judges / "movenet_multipose" / "movenet-multipose.json")
    assert graph.size is None
    np.testing.assert_allclose(graph(drawn(256))[0].ravel(), OUTPUTS["movenet_multipose"], atol=2e-5)
    assert graph(drawn(320))[0].shape == (1, 6, 56)


def doubled(folder, **changes):
    """y = 2 x + (3 + 4), its nodes in no useful order."""
    nodes = [
        files.node("y", "AddV2", ["twice", "seven"]),
        files.node("seven", "AddV2", ["three", "four"]),
        files.node("twice", "Mul", ["image:0", "two", "^seven"]),
        files.entrance(1, 2, 2, 3),
    ]
    weights = {name: np.float32(value) for name, value in (("two", 2), ("three", 3), ("four", 4))}
    return files.write(folder, changes.get("nodes", nodes), changes.get("weights", weights), ["y"])


def test_nodes_come_in_any_order(tmp_path):
    """Control inputs do not count."""
    graph = Graph(doubled(tmp_path))
    assert graph.size == (2, 2)
    assert graph.output_names == ("y",)
    picture = np.arange(12.0).reshape(1, 2, 2, 3)
    np.testing.assert_array_equal(graph(picture)[0], 2 * picture + 7)


def test_weights_with_fewer_bits_are_widened(tmp_path):
    """float16 as it is, whole numbers by scale and minimum."""
    values = np.array([[1.5, -2.0, 0.25]], np.float32)
    stored = {
        "half": (values.astype("<f2"), {"dtype": "float16"}),
        "byte": (np.array([[0, 10, 255]], "u1"), {"dtype": "uint8", "scale": 0.5, "min": -1.0}),
        "short": (np.array([[0, 1, 65535]], "<u2"), {"dtype": "uint16", "scale": 0.1, "min": 2.0}),
    }
    weights = dict.fromkeys((*stored, "full"), values)
    nodes = [files.entrance(1, 1, 1, 3), *(files.node(f"y_{one}", "AddV2", ["image", one]) for one in weights)]
    graph = Graph(files.write(tmp_path, nodes, weights, [f"y_{one}" for one in weights], stored))
    half, byte, short, full = (one.ravel() for one in graph(np.zeros((1, 1, 1, 3))))
    np.testing.assert_array_equal(half, values.ravel())
    np.testing.assert_array_equal(full, values.ravel())
    np.testing.assert_allclose(byte, [-1, 4, 126.5])
    np.testing.assert_allclose(short, [2, 2.1, 6555.5], rtol=1e-6)


def test_an_unknown_operation_is_named(tmp_path):
    """All of them, before anything runs."""
    nodes = [files.entrance(1, 2, 2, 3), files.node("a", "Warp", ["image"]), files.node("y", "Bend", ["a"])]
    with pytest.raises(ToolError, match="cannot run: Bend, Warp"):
        Graph(doubled(tmp_path, nodes=nodes))


@pytest.mark.parametrize("inputs", [[], ["one", "other"]])
def test_a_graph_takes_one_picture(tmp_path, inputs):
    """Neither none nor two."""
    nodes = [{**files.entrance(1, 2, 2, 3), "name": name} for name in inputs]
    with pytest.raises(ToolError, match=f"takes {len(inputs)} inputs"):
        Graph(doubled(tmp_path, nodes=[*nodes, files.node("y", "Identity", ["two"])]))


def test_a_step_that_never_comes(tmp_path):
    """A node that nobody makes, or a constant without a weight."""
    entrance = files.entrance(1, 2, 2, 3)
    with pytest.raises(ToolError, match="no node provides"):
        Graph(doubled(tmp_path, nodes=[entrance, files.node("y", "Abs", ["nobody"])]))
    with pytest.raises(ToolError, match="constant lost"):
        Graph(doubled(tmp_path, nodes=[entrance, files.node("lost", "Const"), files.node("y", "Abs", ["lost"])]))


def test_a_picture_of_the_wrong_shape(tmp_path):
    """The step is named."""
    nodes = [files.entrance(1, 2, 2, 3), files.node("y", "AddV2", ["image", "row"])]
    graph = Graph(doubled(tmp_path, nodes=nodes, weights={"row": np.zeros(5, np.float32)}))
    with pytest.raises(ToolError, match="AddV2 y"):
        graph(np.zeros((1, 2, 2, 3)))


def test_broken_files(tmp_path):
    """Each says what to do."""
    path = doubled(tmp_path)
    shard = tmp_path / "weights.bin"
    whole = shard.read_bytes()
    for content, said in ((whole[:-1], "end early"), (whole + b"1", "1 bytes .* belong to no tensor")):
        shard.write_bytes(content)
        with pytest.raises(ToolError, match=said):
            Graph(path)
    shard.unlink()
    with pytest.raises(ToolError, match="fetch it again"):
        Graph(path)
    path.write_text('{"format": "layers-model", "modelTopology": {"node": []}, "weightsManifest": []}')
    with pytest.raises(ToolError, match="not of a graph model"):
        Graph(path)
    path.write_text("{")
    with pytest.raises(ToolError, match="cannot be read"):
        Graph(path)
