"""Decisions: two reviewers at once lose none, exporting twice adds none, a flag leaves what was decided."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from hpefair.data.tables import append_jsonl
from hpefair.errors import InputError
from hpefair.ledgers import review_decisions, review_labels
from hpefair.tools.fiftyone import server
from tests.conftest import environment

DECIDE = """
import sys
from hpefair.tools.fiftyone.decisions import Decision, record
for number in range(20):
    record("tiny", [Decision(f"generated/{number}", "reject", sys.argv[1], "why")])
record("tiny", [Decision("tiny/1", "relabel", sys.argv[1], "", "build", "slim")])
record("other", [Decision("generated/1", "accept", sys.argv[1])])
sys.modules["fiftyone.core.odm.database"]._disconnect()
"""
EXPORT = """
import json, sys
from pathlib import Path
from hpefair.tools.fiftyone.decisions import export
print(json.dumps([export("tiny", Path("decisions.jsonl"), Path("labels.jsonl")) for _ in range(2)]))
sys.modules["fiftyone.core.odm.database"]._disconnect()
"""


def python(code, cwd, *arguments):
    """Run code in a process of its own, as every App server is one."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=True).stdout


def test_two_reviewers_at_once_lose_nothing(tmp_path):
    """Everything that both decided is exported once; another project's decisions are not."""
    with server.database(tmp_path / "db"), ThreadPoolExecutor(2) as both:
        assert os.environ["FIFTYONE_DATABASE_URI"]
        list(both.map(lambda who: python(DECIDE, tmp_path, who), ("ann", "bob")))
        assert json.loads(python(EXPORT, tmp_path)) == [[40, 2], [0, 0]]
    rows = review_decisions.read(tmp_path / "decisions.jsonl")
    assert sorted((row["who"], row["person_id"]) for row in rows) == sorted(
        (who, f"generated/{number}") for who in ("ann", "bob") for number in range(20)
    )
    assert len({row["id"] for row in rows}) == 40
    assert all(row["when"].endswith("+00:00") for row in rows)
    assert review_labels.read(tmp_path / "labels.jsonl")[["person_id", "attribute", "group"]].values.tolist() == [
        ["tiny/1", "build", "slim"]
    ]


def test_the_last_decision_counts_and_a_flag_decides_nothing(tmp_path):
    """Of several lines about one person."""
    path = tmp_path / "decisions.jsonl"
    for decision in ("accept", "reject", "flag"):
        review_decisions.append(path, [{"person_id": "generated/1", "decision": decision}])
    assert review_decisions.deciding(path) == {"generated/1": "reject"}
    assert review_decisions.latest(path) == {"generated/1": "flag"}


def test_an_unknown_decision_is_refused(tmp_path):
    """With its line."""
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"person_id": "generated/1", "decision": "maybe"}\n')
    with pytest.raises(InputError, match="line 1: no decision 'maybe'"):
        review_decisions.read(path)


def test_lines_added_at_once_are_all_there(tmp_path):
    """Whoever writes."""
    path = tmp_path / "x.jsonl"
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda number: append_jsonl(path, [{"number": number}]), range(60)))
    assert sorted(json.loads(line)["number"] for line in path.read_text().splitlines()) == list(range(60))


RELABEL = """
import json, sys
from types import SimpleNamespace
from hpefair.tools.fiftyone import operators
said, kept = [], []
operators.selected = lambda ctx: ["tiny/1", "generated/2"]
operators.record = lambda project, decisions: kept.extend(one.person_id for one in decisions)
operators.note = lambda *_: None
ops = SimpleNamespace(notify=lambda words, variant: said.append(variant), **{name: lambda: None for name in
    ("clear_selected_samples", "clear_selected_labels", "reload_dataset")})
info = {"project": "tiny", "public": False}
for group in ("child", "slim"):
    params = {"attribute": "build", "group": group, "reviewer": "ann"}
    operators.Relabel().execute(SimpleNamespace(params=params, ops=ops, dataset=SimpleNamespace(info=info)))
print(json.dumps([said, kept]))
sys.modules["fiftyone.core.odm.database"]._disconnect()
"""


def test_a_group_of_another_attribute_is_refused_and_generated_people_are_left_out(tmp_path):
    """Written, it would make the whole file of labels unreadable."""
    with server.database(tmp_path / "db"):
        said, kept = json.loads(python(RELABEL, tmp_path).strip().splitlines()[-1])
    assert said == ["error", "success"]
    assert kept == ["tiny/1"]
