"""The demo's workspace: a repository of its own, code brought up to date, what people decided left alone."""

import subprocess

import pytest

from hpefair.cli.demo import create_workspace, where_to_look
from hpefair.cli.workspace_marker import MARKER
from hpefair.errors import InputError
from tests.conftest import PROJECT


def test_a_second_demo_keeps_settings_and_decisions(tmp_path):
    """Code is replaced, settings, thresholds, decisions and history stay."""
    root = tmp_path / "w"
    create_workspace(PROJECT, root)
    mine = {"params.yaml": "# mine\n", "review/decisions.jsonl": '{"decision": "reject"}\n'}
    for name, text in mine.items():
        (root / name).write_text((root / name).read_text() + text)
    (root / "hpefair/cli/main.py").write_text("broken")
    create_workspace(PROJECT, root)
    for name, text in mine.items():
        assert (root / name).read_text().endswith(text)
    assert (root / "hpefair/cli/main.py").read_text() == (PROJECT / "hpefair/cli/main.py").read_text()


def test_the_workspace_is_a_clean_repository(tmp_path):
    """Committed, without caches, and it says where to look."""
    create_workspace(PROJECT, tmp_path / "w")
    done = subprocess.run(["git", "status", "--short"], cwd=tmp_path / "w", capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert not list((tmp_path / "w").rglob("__pycache__"))
    assert "report.html" in where_to_look(tmp_path / "w")


def test_a_demo_on_data_forgets_the_plan_of_the_sample(tmp_path):
    """Unless somebody changed it since."""
    from hpefair.cli.demo import _forget_sample_plan
    from hpefair.commands.dataset.add import SAMPLE_PLAN
    from hpefair.settings import params, params_file

    create_workspace(PROJECT, tmp_path)
    settings = tmp_path / "params.yaml"
    params_file.set_values("plan", SAMPLE_PLAN, settings)
    assert params.load(settings).plan.attributes == ("age_band", "build", "contrast")
    _forget_sample_plan(PROJECT, tmp_path)
    assert params.load(settings).plan == params.load(PROJECT / "params.yaml").plan
    params_file.set_values("plan", {**SAMPLE_PLAN, "attributes": ["build"]}, settings)
    _forget_sample_plan(PROJECT, tmp_path)
    assert params.load(settings).plan.attributes == ("build",)


def test_a_demo_looks_before_it_clears(tmp_path, tiny_coco):
    """A mistyped folder, or one inside the workspace: refused, and nothing is touched."""
    import shutil

    from rich.console import Console

    from hpefair.cli.demo import run

    kept = tmp_path / "w/data/raw/mine"
    shutil.copytree(tiny_coco, kept)
    with pytest.raises(InputError, match="is not a folder"):
        run(Console(), tmp_path / "none", tmp_path / "w")
    with pytest.raises(InputError, match="lies in the workspace"):
        run(Console(), kept, tmp_path / "w")
    assert (kept / "person_keypoints.json").exists()


def test_a_demo_from_before_there_was_a_mark_goes_on(tmp_path):
    """Its first commit says who made it; another repository's does not."""
    root = tmp_path / "w"
    create_workspace(PROJECT, root)
    (root / MARKER).unlink()
    create_workspace(PROJECT, root)
    assert (root / MARKER).exists()
    other = tmp_path / "other"
    (other / "data").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet"], cwd=other, check=True)
    with pytest.raises(InputError, match="was not made by"):
        create_workspace(PROJECT, other)


def test_what_somebody_ignores_everywhere_is_committed(tmp_path, monkeypatch):
    (tmp_path / "ignore").write_text("models/\nreview/\n")
    (tmp_path / ".gitconfig").write_text(f"[core]\n\texcludesFile = {tmp_path}/ignore\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    create_workspace(PROJECT, tmp_path / "w")
    done = subprocess.run(["git", "ls-files"], cwd=tmp_path / "w", capture_output=True, text=True, check=True)
    assert "models/judges/README.md" in done.stdout


def test_without_git_one_line_says_so(tmp_path, monkeypatch):
    from hpefair.errors import ToolError

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="git is not installed"):
        create_workspace(PROJECT, tmp_path / "w")
