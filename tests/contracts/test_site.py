"""The documentation builds without a warning, asks for nothing from elsewhere, and its commands exist as written."""

import re
import shlex
import subprocess
import sys

import pytest
import typer

from hpefair.cli import app
from tests.browser.pages import browser_page
from tests.conftest import PROJECT

PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<language>\w*)$")
SHELLS = ("", "console", "sh", "bash")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING -" not in done.stderr
    return out


def lines(page):
    """Commands of hpefair in a page's blocks: what follows two blanks is a remark, and `a | b` are two commands."""
    language = None  # of the block that a line is in
    for line in page.read_text().splitlines():
        if fence := FENCE.match(line):
            language = fence["language"] if language is None else None
        elif language in SHELLS and (found := re.match(r"\s*(?:\$ )?hpefair (?P<rest>.*)", line)):
            yield from _alternatives(re.split(r"\s{2,}|\s#\s", found["rest"])[0])


def _alternatives(words):
    first, *others = words.split(" | ")
    head = first.split()[:-1]
    yield first
    for other in others:
        yield " ".join([*head, other]) if head else other


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(PROJECT)) for page in PAGES])
def test_commands_are_understood_as_written(page):
    """Every option and argument; `…` stands for what the reader chooses."""
    if page.name == "cli.md":
        pytest.skip("written from the commands themselves, and compared with them")
    for line in lines(page):
        if "…" in line:
            continue
        command, words = typer.main.get_command(app), shlex.split(line)
        while hasattr(command, "commands"):
            assert words[:1], f"{page.name}: hpefair {line}"
            assert words[0] in command.commands, f"{page.name}: hpefair {line}"
            command = command.commands[words.pop(0)]
        if words:  # a name alone is spoken of, not called
            command.make_context(f"{page.name}: hpefair {line}", words)


@pytest.mark.browser
def test_the_site_is_searched_and_asks_for_nothing(site, chromium):
    """Offline, from files: navigation, a picture, tables."""
    with browser_page(chromium) as (page, outside):
        page.goto((site / "tutorial/index.html").as_uri())
        assert page.get_by_role("heading", name="Five minutes with your own data").is_visible()
        page.goto((site / "guides/review/index.html").as_uri())
        assert page.locator("article img").first.evaluate("img => img.naturalWidth") > 1000
        assert page.locator("article table").count() >= 3
    assert outside == []
