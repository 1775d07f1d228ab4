"""Stages side by side: the same results as one after the other, nobody before what it reads, a failure ends it."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hpefair.errors import ToolError
from hpefair.tools.dvc import side_by_side
from tests.conftest import dvc

NOTE = "import sys, time; open('trace.txt', 'a').write(f'{sys.argv[1]} {time.monotonic()} ')"
MEET = "timeout 120 sh -c 'until grep -qw {} trace.txt; do sleep 0.05; done'; "  # waits until another one has begun
DEPS = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def command(name: str, more: str = "") -> str:
    """A stage that notes when it begins and ends."""
    begin = f'{sys.executable} -c "{NOTE}" {name}'
    write = "".join(f"; cat {one}.txt >> {name}.txt" for one in DEPS[name])
    return f"{begin}; {more}echo {name} > {name}.txt{write}; {begin}"


@pytest.fixture
def workspace(tmp_path) -> Path:
    """Four stages, of which the two in the middle do not wait for each other."""
    for words in (["git", "init", "--quiet"], [sys.executable, "-m", "dvc", "init", "--quiet"]):
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    write(tmp_path)
    return tmp_path


def write(root: Path, **more: str) -> None:
    """The pipeline, with additions to commands."""
    stages = {
        name: {
            "cmd": command(name, more.get(name, "")),
            "deps": [f"{one}.txt" for one in deps],
            "outs": [f"{name}.txt"],
        }
        for name, deps in DEPS.items()
    }
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    (root / "params.yaml").write_text("{}\n")


def spans(root: Path) -> dict[str, tuple[float, float]]:
    """When each stage began and ended; each ran once."""
    words = (root / "trace.txt").read_text().split()
    seen: dict[str, list[float]] = {}
    for name, moment in zip(words[::2], words[1::2], strict=True):
        seen.setdefault(name, []).append(float(moment))
    assert all(len(moments) == 2 for moments in seen.values()), seen
    return {name: (first, last) for name, (first, last) in seen.items()}


def test_nobody_runs_before_what_it_reads(workspace):
    """Two at once in the middle; dvc has nothing left to do afterwards, and nothing runs again."""
    write(workspace, b=MEET.format("c"), c=MEET.format("b"))
    side_by_side.repro(workspace, at_once=2)
    ran = spans(workspace)
    assert list(ran) == ["a", *sorted(["b", "c"], key=lambda name: ran[name][0]), "d"]
    assert ran["a"][1] <= min(ran["b"][0], ran["c"][0])
    assert max(ran["b"][0], ran["c"][0]) < min(ran["b"][1], ran["c"][1]), "they ran one after the other"
    assert max(ran["b"][1], ran["c"][1]) <= ran["d"][0]
    assert (workspace / "d.txt").read_text().split() == ["d", "b", "a", "c", "a"]
    assert "Running stage" not in dvc(workspace, "repro").stdout
    side_by_side.repro(workspace)
    assert spans(workspace) == ran


def test_only_what_changed_and_what_depends_on_it(workspace):
    side_by_side.repro(workspace)
    (workspace / "trace.txt").unlink()
    write(workspace, c="true; ")
    side_by_side.repro(workspace)
    assert set(spans(workspace)) <= {"c", "d"}
    assert "c" in spans(workspace)


def test_a_failure_ends_it_and_is_named(workspace, capfd):
    """What ran beside it is finished and noted; what depends on it does not begin; lines bear their stage's name."""
    write(workspace, b="echo no bread; exit 3; ", c="echo some cheese; echo c: and more; ")
    with pytest.raises(ToolError, match=r"dvc repro b failed .*exited with 3"):
        side_by_side.repro(workspace, at_once=2)
    said = capfd.readouterr().out.splitlines()
    assert "b: no bread" in said
    assert "c: some cheese" in said
    assert "c: and more" in said
    assert not any(line.startswith(("a: >", "a: Running")) for line in said)
    assert not (workspace / "d.txt").exists()
    assert set(yaml.safe_load((workspace / "dvc.lock").read_text())["stages"]) == {"a", "c"}


@given(st.lists(st.integers(0, 200), max_size=9), st.sets(st.integers(0, 8)))
def test_dependents_and_heights_are_those_of_the_graph(picks, changed):
    """Against networkx; every stage reads some of those before it."""
    import networkx

    before = {str(n): frozenset(str(k) for k in range(n) if picks[n] >> k & 1) for n in range(len(picks))}
    whole = networkx.DiGraph((other, name) for name, others in before.items() for other in others)
    whole.add_nodes_from(before)
    names = {str(n) for n in changed}
    after = [networkx.descendants(whole, name) | {name} for name in names & before.keys()]
    assert side_by_side.with_dependents(names, before) == set().union(*after)
    for name, height in side_by_side.heights(before).items():
        part = whole.subgraph(networkx.descendants(whole, name) | {name})
        assert height == networkx.dag_longest_path_length(part)
