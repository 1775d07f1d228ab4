"""The commands that the documentation tells a reader to type, and somebody who types them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import PROJECT, environment

GENERATED = ("cli.md", "pipeline.md")
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if page.name not in GENERATED]
FENCE = re.compile(r"^```(?P<language>\w*)$")
SHELLS = ("", "console", "sh", "bash")
PROGRAMS = ("hpefair", "dvc", "mlflow", "make", "docker", "cp", "git", "torchrun", "python", "pip", "source", "export")


def name(page: Path) -> str:
    """A page's path in the clone."""
    return str(page.relative_to(PROJECT))


def commands(page: Path) -> Iterator[str]:
    """Lines of a page's blocks that call a program: what follows two blanks is a remark, `a | b` are two commands."""
    language = None  # of the block that a line is in
    for line in page.read_text(encoding="utf-8").splitlines():
        if fence := FENCE.match(line):
            language = fence["language"] if language is None else None
        elif language in SHELLS and (found := re.match(rf"(?:\$ )?(?P<words>(?:{'|'.join(PROGRAMS)}) .*)", line)):
            yield from _alternatives(re.split(r"\s{2,}|\s#\s", found["words"])[0])


def _alternatives(words: str) -> Iterator[str]:
    first, *others = words.split(" | ")
    yield first
    yield from (" ".join([*first.split()[:-1], other]) for other in others)


class Reader:
    """Somebody in a clone, with its environment active, who types what the documentation says."""

    def __init__(self, root: Path, **variables: str) -> None:
        """Make the clone's own code what `hpefair` and `dvc` call, as an installed clone would."""
        self.root, self.env = root, environment() | variables
        programs = root.parent / f"{root.name}-bin"
        programs.mkdir()
        for tool in ("hpefair", "dvc"):
            script = programs / tool
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {tool} "$@"\n')
            script.chmod(0o755)
        self.env["PATH"] = f"{programs}:{self.env['PATH']}"

    def types(self, line: str) -> str:
        """Have a shell run a line; what it printed."""
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.root, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout
