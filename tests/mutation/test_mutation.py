"""Mutants of a small package: drawn by seed, judged by the nearest tests, named in the table; the file is as it was."""

import subprocess
from pathlib import Path

import pytest

from tests.mutation import judge as judging
from tests.mutation.__main__ import table
from tests.mutation.draw import Mutant, draw, possible
from tests.mutation.judge import Judged, judge
from tests.mutation.nearest import nearest

CODE = '''"""Doc."""
Numbers = list[int | None]


def twice(x: int | None) -> int:
    """Times 2."""
    return x * 2


def thrice(x: int) -> int:
    """Nobody asks."""
    return x * 3
'''
MODULE = "hpefair/core/pose/times.py"
# cosmic-ray works in the current folder, with this package's own judge.
PLACED = {
    MODULE: CODE,
    "hpefair/core/pose/other.py": "from hpefair.core.pose import times\n",
    "tests/core/pose/test_times.py": "from hpefair.core.pose.times import twice\ndef test(): assert twice(3) == 6\n",
    "tests/core/test_far.py": "from hpefair.core.pose import times\ndef test(): pass\n",
    "tests/test_other.py": "import hpefair.core.pose.other\ndef test(): pass\n",
}


@pytest.fixture
def clone(project, tmp_path) -> Path:
    """A folder with a package of one module that does something, and the judge."""
    for name, text in PLACED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for folder in ("hpefair", "hpefair/core", "hpefair/core/pose", "tests", "tests/core", "tests/core/pose"):
        (tmp_path / folder / "__init__.py").touch()
    subprocess.run(["cp", "-r", project / "tests/mutation", tmp_path / "tests"], check=True)
    (tmp_path / "tests/mutation/test_mutation.py").unlink()
    return tmp_path


def test_the_same_seed_draws_the_same_and_types_are_left_alone(clone):
    """Type annotations and type aliases are never mutated."""
    drawn = draw(clone, ["core/pose"], 2, "1")
    assert drawn == draw(clone, ["core/pose"], 2, "1")
    assert {one.text for one in drawn} == {"return x * 2", "return x * 3"}
    assert {spec.start_pos[0] for spec in possible(clone / MODULE)} == {7, 12}
    assert {tuple(draw(clone, ["core/pose"], 1, str(seed))) for seed in range(20)} > {tuple(drawn[:1])}


def test_the_nearest_tests_come_first(clone):
    """Named after the module, then by what they import; of a module nobody imports, none."""
    assert nearest(clone, MODULE) == ["tests/core/pose/test_times.py", "tests/core/test_far.py"]
    assert nearest(clone, "hpefair/core/pose/other.py") == ["tests/test_other.py"]


def test_a_fault_is_made_judged_and_undone(clone):
    """One that a test sees, and one that none does."""
    found = {}
    for mutant in draw(clone, ["core/pose"], 2, "1"):
        found[mutant.text] = judge(clone, mutant, 60)
    assert found["return x * 2"].outcome == "killed"
    assert found["return x * 2"].by == "nearest"
    assert found["return x * 3"].outcome == "survived"
    assert found["return x * 3"].by == "package"
    assert "-    return x * 3" in found["return x * 3"].diff
    assert (clone / MODULE).read_text() == CODE


def test_what_changes_nothing_is_listed_with_its_reason(clone, monkeypatch):
    """And counts neither way."""
    path = clone / "equivalent.yaml"
    path.write_text(f"- {{module: {MODULE}, line: 'return x * 3', operator: any, reason: nobody asks}}\n")
    monkeypatch.setattr(judging, "EQUIVALENT", path)
    (mutant,) = [one for one in draw(clone, ["core/pose"], 2, "1") if "3" in one.text]
    assert judge(clone, mutant, 60).outcome == "equivalent"


def test_the_table_counts_what_was_decided():
    """Two decided, one of them not noticed; the others aside."""
    mutant = Mutant("core/pose", MODULE, "core/NumberReplacer", 0, 7, "return x * 2")
    outcomes = ("killed", "survived", "equivalent", "undecided")
    lines = table([Judged(mutant, outcome, "nearest", "") for outcome in outcomes]).splitlines()
    assert "| core/pose | 2 | 1 | 50% | 1 | 1 |" in lines
    assert "| all of core | 2 | 1 | 50% | 1 | 1 |" in lines
    assert "| the rest | 0 | 0 |  | 0 | 0 |" in lines
    assert f"{MODULE}:7 core/NumberReplacer" in lines
