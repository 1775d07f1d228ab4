"""The tutorial, word for word, on real people: it ends with an audit of somebody else's model."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hpefair.demo import create_workspace
from tests.conftest import PROJECT, environment, run

pytestmark = pytest.mark.pipeline

BEFORE = ("make setup", "source .venv/bin/activate")  # what this very suite has done


def commands() -> list[str]:
    """Lines of the tutorial that a reader types."""
    page = (PROJECT / "docs/tutorial.md").read_text()
    typed = re.findall(r"^\$ (.*)$", page, re.M)
    assert tuple(typed[:2]) == BEFORE
    return typed[2:]


@pytest.fixture(scope="module")
def clone(real_data, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A clone in which each command was run, one after the other, by a shell; and what each printed."""
    root = tmp_path_factory.mktemp("tutorial") / "clone"
    create_workspace(PROJECT, root)
    env = environment() | {"DATA": str(real_data / "coco_kp")}
    (root / "bin").mkdir()
    for tool in ("hpefair", "dvc"):  # the clone's own code, as an installed clone would run it
        script = root / "bin" / tool
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {tool} "$@"\n')
        script.chmod(0o755)
    env["PATH"] = f"{root / 'bin'}:{env['PATH']}"
    printed = {}
    for line in commands():
        done = subprocess.run(["bash", "-c", line], cwd=root, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        printed[line] = done.stdout
    assert (Path(root) / "sheet.jpg").stat().st_size > 10_000
    return root, printed


@pytest.fixture(scope="module")
def said(clone) -> dict[str, str]:
    """What each command printed."""
    return clone[1]


def test_its_people_are_seen_before_anything_is_generated(clone):
    """FiftyOne needs no more of the pipeline than an evaluated model."""
    printed = run(clone[0], "review", "--no-launch").stdout
    assert "168 images" in printed


def test_the_first_audit_says_what_the_page_says(said):
    """The figures that the page quotes."""
    audit = next(text for line, text in said.items() if line.startswith("hpefair audit-predictions"))
    small, medium = (next(row for row in audit.splitlines() if f" {name} " in row) for name in ("small", "medium"))
    page = (PROJECT / "docs/tutorial.md").read_text()
    for row in (small, medium):
        value = re.search(r"│ 0(\.\d{3}) \[", row)[1]
        assert f"{value} " in page
    assert "FAIL" in small
    assert int(re.search(r"feminine\s*│\s*(\d+)", audit)[1]) + int(re.search(r"masculine\s*│\s*(\d+)", audit)[1]) == 34


def test_the_pipeline_ends_with_the_same_overall_numbers(said):
    """By pixels more groups are told; the model is the same."""
    table = said["hpefair gaps"]
    assert "yolo11n" in table
    assert "contrast" in table
    assert "0.575 [" in table
    assert "gate original" in said["hpefair gate original"]
