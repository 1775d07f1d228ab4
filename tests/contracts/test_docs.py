"""The documentation cannot rot: every stage, parameter, command and metric is in it."""

import re
import subprocess
import sys

import typer
import yaml

from hpefair.cli.main import app
from hpefair.core.pose.person_scores import METRICS
from hpefair.core.pose.precision import STATISTICS
from hpefair.schema import ATTRIBUTES
from hpefair.tools.dvc import graph


def read(project, name):
    """A file under docs."""
    return (project / "docs" / name).read_text()


def test_generated_pages_are_up_to_date(project):
    """docs/pipeline.md and docs/cli.md are what `make docs` writes."""
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_stage_and_parameter_is_documented(project):
    """By name."""
    page = read(project, "pipeline.md")
    for stage in graph.load(project).stages:
        assert f"## {stage.word}" in page
    for section, keys in yaml.safe_load((project / "params.yaml").read_text()).items():
        for key in keys:
            assert f"`{section}.{key}`" in page


def test_every_command_is_documented_and_has_help(project):
    """With every option."""
    page = read(project, "cli.md")
    for name, command in commands(typer.main.get_command(app)):
        assert f"## hpefair {name}" in page
        assert command.help
        for parameter in command.params:
            if parameter.name != "help":
                assert parameter.opts[0] in page, f"{name} {parameter.opts[0]}"
                assert parameter.help, f"{name} {parameter.opts[0]} has no help"


def commands(group, before=""):
    """Commands by their whole name, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} ")
        else:
            yield before + name, command


def test_every_metric_and_attribute_has_its_definition(project):
    """In docs/metrics.md."""
    page = read(project, "metrics.md").lower()
    for word in (*METRICS, *STATISTICS, *ATTRIBUTES, "null floor", "deficit", "design effect", "people needed"):
        assert word.lower().replace("_", " ") in page or word.lower() in page, word


def test_readme_links_resolve_and_names_the_two_commands(project):
    """Every relative link of every page points to something."""
    readme = (project / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme
    for page in [project / "README.md", project / "CONTRIBUTING.md", *(project / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_page_holds_a_placeholder(project):
    """A line of capitals alone is something that was to be filled in."""
    for page in [project / "README.md", project / "CONTRIBUTING.md", *(project / "docs").rglob("*.md")]:
        for line in page.read_text().splitlines():
            assert not re.fullmatch(r"[A-Z]{4,}|.*\b(TODO|TBD|FIXME)\b.*", line), f"{page.name}: {line}"
