"""The documentation builds without a warning, asks for nothing from elsewhere, and its commands exist as written."""

import shlex
import subprocess
import sys

import pytest
import typer

from hpefair.cli.main import app
from tests.browser.pages import browser_page
from tests.conftest import PROJECT
from tests.documentation import PAGES, commands, name


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING -" not in done.stderr
    return out


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_are_understood_as_written(page):
    """Every option and argument; `…` stands for what the reader chooses."""
    for line in commands(page):
        program, *words = shlex.split(line)
        if program != "hpefair" or "…" in line:
            continue
        command = typer.main.get_command(app)
        while hasattr(command, "commands"):
            assert words[:1], f"{page.name}: {line}"
            assert words[0] in command.commands, f"{page.name}: {line}"
            command = command.commands[words.pop(0)]
        if words:  # a name alone is spoken of, not called
            command.make_context(f"{page.name}: {line}", words)


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
