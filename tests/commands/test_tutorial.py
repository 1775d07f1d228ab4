"""The tutorial, word for word: it ends with an audit of somebody else's model.

Its figures are those of real people; where there are none, the commands are typed on drawn ones."""

import re
from pathlib import Path

import pytest

from hpefair.cli.demo import create_workspace
from tests.conftest import PROJECT, run
from tests.documentation import Reader, commands

pytestmark = pytest.mark.pipeline

PAGE = PROJECT / "docs/tutorial.md"
BEFORE = ["make setup", "source .venv/bin/activate", "export DATA=/path/to/coco_kp"]  # what this suite has done


@pytest.fixture(scope="module")
def clone(annotated_people, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A clone in which each command was run, one after the other, by a shell; and what each printed."""
    root = tmp_path_factory.mktemp("tutorial") / "clone"
    create_workspace(PROJECT, root)
    reader, typed = Reader(root, DATA=str(annotated_people)), list(commands(PAGE))
    assert typed[:3] == BEFORE
    printed = {line: reader.types(line) for line in typed[3:]}
    assert (root / "sheet.jpg").stat().st_size > 10_000
    return root, printed


@pytest.fixture(scope="module")
def said(clone) -> dict[str, str]:
    """What each command printed."""
    return clone[1]


def test_its_people_are_seen_before_anything_is_generated(clone, annotated_people):
    """FiftyOne needs no more of the pipeline than an evaluated model."""
    printed = run(clone[0], "review", "--no-launch").stdout
    assert f"{len(list((annotated_people / 'images').iterdir()))} images" in printed


def test_the_first_audit_says_what_the_page_says(real_data, said):
    """The figures that the page quotes."""
    audit = next(text for line, text in said.items() if line.startswith("hpefair audit-predictions"))
    small, medium = (next(row for row in audit.splitlines() if f" {name} " in row) for name in ("small", "medium"))
    page = PAGE.read_text()
    for row in (small, medium):
        value = re.search(r"│ 0(\.\d{3}) \[", row)[1]
        assert f"{value} " in page
    assert "FAIL" in small
    assert int(re.search(r"feminine\s*│\s*(\d+)", audit)[1]) + int(re.search(r"masculine\s*│\s*(\d+)", audit)[1]) == 34


def test_the_pipeline_ends_with_the_same_overall_numbers(real_data, said):
    """By pixels more groups are told; the model is the same."""
    table = said["hpefair gaps"]
    assert "yolo11n" in table
    assert "contrast" in table
    assert "0.575 [" in table
    assert "gate original" in said["hpefair gate original"]
