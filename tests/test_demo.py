"""The demo's workspace: a repository of its own, code brought up to date, what people decided left alone."""

import subprocess

from hpefair.demo import create_workspace, where_to_look
from tests.conftest import PROJECT


def test_a_second_demo_keeps_settings_and_decisions(tmp_path):
    """Code is replaced, settings, thresholds, decisions and history stay."""
    root = tmp_path / "w"
    create_workspace(PROJECT, root)
    mine = {"params.yaml": "# mine\n", "review/decisions.jsonl": '{"decision": "reject"}\n'}
    for name, text in mine.items():
        (root / name).write_text((root / name).read_text() + text)
    (root / "hpefair/cli.py").write_text("broken")
    create_workspace(PROJECT, root)
    for name, text in mine.items():
        assert (root / name).read_text().endswith(text)
    assert (root / "hpefair/cli.py").read_text() == (PROJECT / "hpefair/cli.py").read_text()


def test_the_workspace_is_a_clean_repository(tmp_path):
    """Committed, without caches, and it says where to look."""
    create_workspace(PROJECT, tmp_path / "w")
    done = subprocess.run(["git", "status", "--short"], cwd=tmp_path / "w", capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert not list((tmp_path / "w").rglob("__pycache__"))
    assert "report.html" in where_to_look(tmp_path / "w")
