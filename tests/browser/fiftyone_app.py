"""FiftyOne's App over a workspace, driven like a curator would: what is selected, clicked, filled in and shown."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from hpefair.tools.fiftyone import server
from tests.conftest import environment

LIMIT_MS = 90_000
TILES = "[data-cy=fo-grid] [data-cy=looker]"
END = """
import sys
if "fiftyone.core.odm.database" in sys.modules:
    sys.modules["fiftyone.core.odm.database"]._disconnect()
"""


class App(NamedTuple):
    """An App that is served, and what a request has to bring."""

    address: str
    token: str


@contextlib.contextmanager
def served(folder: Path, media: Path) -> Iterator[App]:
    """A database and an App over it; the database's address is in the environment."""
    with (
        server.database(folder / "db"),
        server.app(server.Served(server.free_port(), [media]), folder) as (address, token),
    ):
        yield App(address, token)


def ask(root: Path, uri: str, code: str) -> object:
    """Run code in a process of its own, in a workspace; the JSON in its last line."""
    # FiftyOne reads the database's address once, when it is imported.
    env = environment() | {"FIFTYONE_DATABASE_URI": uri, "FIFTYONE_DATABASE_VALIDATION": "false"}
    done = subprocess.run([sys.executable, "-c", code + END], cwd=root, env=env, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def open_view(page: Page, app: App, name: str, view: str, workspace: str = "") -> None:
    """Open a saved view, alongside the panel where its workspace is named."""
    beside = f"&workspace={workspace}" if workspace else ""
    page.goto(f"{app.address}/datasets/{name}?token={app.token}&view={view}{beside}", wait_until="domcontentloaded")
    page.locator(TILES).first.wait_for(timeout=LIMIT_MS)
    page.wait_for_timeout(1000)


def shows(page: Page, number: int) -> None:
    """Expect the App to say that it shows so many images, at once or soon."""
    expect(page.locator("[data-cy=entry-counts]")).to_contain_text(re.compile(rf"\b{number}\b"), timeout=LIMIT_MS)


def pick(page: Page, number: int) -> None:
    """Select the first so many tiles of the grid."""
    tiles = page.locator(TILES)
    limit = time.monotonic() + LIMIT_MS / 1000
    for place in range(number):
        while not _picked(page, tiles.nth(place)):
            assert time.monotonic() < limit, f"tile {place} cannot be selected"
    page.wait_for_timeout(500)


def _picked(page: Page, tile: Locator) -> bool:
    """Select a tile; not done where the grid was drawn again below the mouse."""
    page.mouse.move(0, 0)
    tick = tile.locator("[data-cy=looker-checkbox-]")
    try:
        _at(page, tile, page.mouse.move)  # by place: a tile's own canvas lies above what is hovered
        tick.wait_for(timeout=3000)
        _at(page, tick, page.mouse.click)
        expect(tile.locator("[data-cy=looker-checkbox-input-]")).to_be_checked(timeout=10_000)
    except (PlaywrightTimeoutError, AssertionError):
        return False
    return True


def _at(page: Page, found: Locator, do: Callable[[float, float], None]) -> None:
    box = found.bounding_box()
    assert box, "it is not visible"
    do(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def operate(page: Page, name: str) -> Locator:
    """Open the form of an operator, from the panel's button."""
    page.locator("[data-cy=panel-content-hpefair]").get_by_role("button", name=name, exact=True).click()
    form = page.locator("[data-cy=operators-prompt-modal]")
    form.wait_for(timeout=LIMIT_MS)
    page.wait_for_timeout(1500)  # a dynamic form is drawn again when its first answer comes
    return form


def fill(page: Page, form: Locator, who: str, why: str, choices: Sequence[str] = ()) -> None:
    """Fill a form in and save it."""
    for place, choice in enumerate(choices):
        form.get_by_role("combobox").nth(place).click()
        page.get_by_role("option", name=choice, exact=True).click()
        page.wait_for_timeout(1500)
    for name, text in (("reviewer", who), ("reason", why)):
        form.locator(f"[data-cy=hpefair-{name}]").fill(text)
    page.wait_for_timeout(1000)
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="hidden", timeout=LIMIT_MS)
    page.wait_for_timeout(1500)


def click_bar(page: Page, place: int) -> None:
    """Click a bar of the panel's first plot; something else lies above it, so by its place on the screen."""
    _at(page, page.locator(".js-plotly-plot").nth(0).locator(".bars .point path").nth(place), page.mouse.click)
    page.wait_for_timeout(2500)
