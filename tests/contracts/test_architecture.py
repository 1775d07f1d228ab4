"""The architecture: layers, types, names, sizes, and nothing that betrays a machine."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = sorted(Path("hpefair").rglob("*.py"))
TELL_NOTHING = {"utils", "util", "misc", "helpers", "helper", "common", "base"}


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in the clone."""
    path = Path(sys.executable).parent / command[0]
    return subprocess.run([str(path), *command[1:]], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [("lint-imports",), ("mypy",), ("ruff", "check", "."), ("ruff", "format", "--check", "."), ("codespell",)],
    ids=lambda command: command[0] + (command[1] if len(command) > 1 else ""),
)
def test_tool_is_satisfied(project, monkeypatch, command):
    """Layers, types, style, spelling."""
    monkeypatch.chdir(project)
    done = tool(*command)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_modules_read_as_a_page(project, path):
    """No module past 300 lines, no name that tells nothing, no assert, every public name documented."""
    text = (project / path).read_text()
    assert len(text.splitlines()) <= 300
    assert path.stem not in TELL_NOTHING
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def test_public_names_of_core_are_used_and_tested(project):
    """A public name that neither hpefair nor a test mentions is dead; one without a docstring is a riddle."""
    sources = {path: path.read_text() for path in (project / "hpefair").rglob("*.py")}
    tests = "".join(path.read_text() for path in (project / "tests").rglob("*.py"))
    for path in (path for path in sources if "core" in path.parts):
        others = tests + "".join(text for other, text in sources.items() if other != path)
        for node in ast.parse(sources[path]).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"
                own = sources[path].count(node.name) > 1
                assert own or re.search(rf"\b{node.name}\b", others), f"{path.name}: {node.name} is dead"


def test_nothing_names_a_machine(project):
    """No absolute path of somebody's machine, no registry host."""
    files = subprocess.run(["git", "ls-files"], cwd=project, capture_output=True, text=True, check=True).stdout.split()
    pattern = re.compile(
        "|".join(["/wor" + "k/", "/hom" + "e/", "/roo" + "t/", "python" + "hosted", "registry.npm" + "js"])
    )
    for name in files:
        path = project / name
        if path.exists() and path.suffix not in (".png",):
            assert not pattern.search(path.read_text(encoding="utf-8", errors="ignore")), name
