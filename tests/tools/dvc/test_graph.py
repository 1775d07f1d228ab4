"""dvc.yaml is expanded as DVC expands it (equality with DVC itself is in tests/contracts)."""

from hpefair.tools.dvc import graph as dvc_graph

PIPELINE = """
stages:
  first:
    cmd: run first
    outs: [data/first]
  each:
    foreach: ${each.items}
    do:
      cmd: run each ${item}
      deps: [data/first]
      outs: ["data/each/${item}"]
  named:
    foreach: ${named.models}
    do:
      cmd: run named ${key} ${item.size}
      deps: [data/each, "${item.from}"]
      params: ["named.models.${key}"]
      outs: ["data/named/${key}"]
"""
PARAMS = "each: {items: [a, b]}\nnamed: {models: {x: {size: 3, from: data/first/part}}}\n"


def test_foreach_over_lists_and_dicts(tmp_path):
    """Names, commands, and edges through parent and child folders."""
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "params.yaml").write_text(PARAMS)
    graph = dvc_graph.load(tmp_path)
    assert [stage.name for stage in graph.stages] == ["first", "each@a", "each@b", "named@x"]
    named = graph.stage("named@x")
    assert named.cmd == "run named x 3"
    assert named.params == ("named.models.x",)
    assert graph.upstream(named) == ("first", "each@a", "each@b")
    assert graph.upstream(graph.stage("each@b")) == ("first",)
