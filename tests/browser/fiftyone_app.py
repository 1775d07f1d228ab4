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

from playwright.sync_api import Locator, Page, Response, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from hpefair.tools.fiftyone import server
from tests.conftest import environment
from tests.ports import reserved_port

LIMIT_MS = 90_000
TILES = "[data-cy=fo-grid] [data-cy=looker]"
PANEL = "[data-cy=panel-content-hpefair]"
FORM = "[data-cy=operators-prompt-modal]"
GRID_AND_PANEL = f"[data-cy=fo-grid], {PANEL}"
LOOK_MS = 500
# The same at so many successive looks; `turn` tells one wait of a page from the next.
STILL = """([turn, selector, looks]) => {
  const drawn = [...document.querySelectorAll(selector)].map(found => found.outerHTML).join("");
  const before = window.hpefairLooks?.turn === turn ? window.hpefairLooks.seen : [];
  const seen = [...before, drawn].slice(-looks);
  window.hpefairLooks = {turn, seen};
  return drawn !== "" && seen.length === looks && seen.every(one => one === drawn);
}"""
# What asks an operator of ours to keep decisions, and what asks the panel for the people of a bar.
DECIDES = r'"operator_uri":\s*"@hpefair/review/(accept|reject|relabel|flag)"'
SHOWS = r'"__method__":\s*"show"'
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
        server.database(folder / "db", reserved_port()),
        server.app(server.Served(reserved_port(), [media]), folder) as (address, token),
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
    still(page, GRID_AND_PANEL)


def still(page: Page, selector: str, looks: int = 3) -> None:
    """Wait until something is drawn and is drawn no more: it is the same at so many looks, half a second apart.

    The pause is the page's own: one of Python's would hold up what the page asks for, which passes through here.
    """
    turn = time.monotonic_ns()
    try:
        page.wait_for_function(STILL, arg=[str(turn), selector, looks], polling=LOOK_MS, timeout=LIMIT_MS)
    except PlaywrightTimeoutError as error:
        drawn = "".join(page.locator(selector).evaluate_all("all => all.map(one => one.outerHTML)"))
        raise AssertionError(
            f"waited {LIMIT_MS} ms for {selector} to be drawn and to rest; in the end it was {drawn[:3000]!r}"
        ) from error


@contextlib.contextmanager
def answered(page: Page, asks: str, what: str) -> Iterator[None]:
    """Wait for the App's answer to what is done meanwhile.

    Args:
        page: Page.
        asks: Pattern of the request.
        what: The same in words, for the failure.
    """
    asked: list[str] = []

    def is_it(answer: Response) -> bool:
        if not answer.url.endswith("/operators/execute"):
            return False
        asked.append(answer.request.post_data or "")
        return bool(re.search(asks, asked[-1]))

    try:
        with page.expect_response(is_it, timeout=LIMIT_MS) as found:
            yield
        found.value.finished()
    except PlaywrightTimeoutError as error:
        others = "\n".join(text[:300] for text in asked) or "nothing"
        raise AssertionError(f"waited {LIMIT_MS} ms for the answer to {what}; answered was {others}") from error


def shows(page: Page, number: int) -> None:
    """Expect the App to say that it shows so many images, at once or soon."""
    expect(page.locator("[data-cy=entry-counts]")).to_contain_text(re.compile(rf"\b{number}\b"), timeout=LIMIT_MS)


def pick(page: Page, number: int) -> None:
    """Select the first so many tiles of the grid."""
    tiles = page.locator(TILES)
    limit = time.monotonic() + LIMIT_MS / 1000
    for place in range(number):
        while not _picked(page, tiles.nth(place)):
            assert time.monotonic() < limit, f"waited {LIMIT_MS} ms for tile {place} of {tiles.count()} to be selected"
    still(page, PANEL, looks=2)


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
    page.locator(PANEL).get_by_role("button", name=name, exact=True).click()
    form = page.locator(FORM)
    form.wait_for(timeout=LIMIT_MS)
    still(page, FORM)  # a dynamic form is drawn again when its first answer comes
    return form


def fill(page: Page, form: Locator, who: str, why: str, choices: Sequence[str] = ()) -> None:
    """Fill a form in and save it."""
    for place, choice in enumerate(choices):
        form.get_by_role("combobox").nth(place).click()
        page.get_by_role("option", name=choice, exact=True).click()
        still(page, FORM)
    for name, text in (("reviewer", who), ("reason", why)):
        form.locator(f"[data-cy=hpefair-{name}]").fill(text)
    still(page, FORM)
    with answered(page, DECIDES, "a form that is saved"):
        form.get_by_role("button", name="Save").click()
    form.wait_for(state="hidden", timeout=LIMIT_MS)
    still(page, GRID_AND_PANEL)


def click_bar(page: Page, place: int) -> None:
    """Click a bar of the panel's first plot; something else lies above it, so by its place on the screen."""
    bar = page.locator(".js-plotly-plot").nth(0).locator(".bars .point path").nth(place)
    with answered(page, SHOWS, f"a click on bar {place}"):
        _at(page, bar, page.mouse.click)
    still(page, GRID_AND_PANEL)
