"""The command line: quick help, one-line errors outside a workspace, exit codes."""

import subprocess
import sys

import pytest
import typer

from hpefair.cli.main import app

COMMANDS = sorted(typer.main.get_command(app).commands)


def hpefair(*arguments, cwd):
    """Run the installed command line in a folder."""
    command = [sys.executable, "-m", "hpefair", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(tmp_path, name):
    """With its options."""
    done = hpefair(name, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["gaps"],
        ["log"],
        ["stages"],
        ["record"],
        ["gate", "balanced"],
        ["review", "--no-launch"],
        ["add", "."],
        ["add", "sample"],
        ["sheet", "."],
    ],
    ids=lambda arguments: arguments[0],
)
def test_outside_a_workspace_every_command_stops_with_one_line(tmp_path, arguments):
    """What is missing, and no traceback."""
    done = hpefair(*arguments, cwd=tmp_path)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("error: ")


def test_help_is_quick_because_heavy_imports_are_local():
    """Neither torch nor pandas is imported to show help."""
    code = (
        "import sys, hpefair.cli.main;"
        "heavy = {'torch', 'pandas', 'mlflow', 'fiftyone', 'great_expectations', 'scipy'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
